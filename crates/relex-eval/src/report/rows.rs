//! The rows as data in the page, and the controls that search them.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::BrowsedRows;
use super::escape::{escape, script_json};
use super::link::slice_name;
use super::view::{SystemView, View};

/// What the script needs, as JSON. Each row is an array (names would be most of its length): id, sentence, spans of subject and
/// object, their types, gold label, slices, and for each system the predicted label, its probability and that of the gold label; then,
/// if some system suspects the gold label, for each system the likely label and its probability, or 0.
/// Labels, types and slices are positions in lists; probabilities count ten-thousandths.
pub(super) fn data(view: &View<'_>) -> String {
    let mut types = Positions::default();
    let mut slices: Vec<Positions<'_>> = view.report.slicings.iter().map(|_| Positions::default()).collect();
    let likely: Vec<HashMap<usize, usize>> = view
        .systems
        .iter()
        .map(|system| {
            let suspects = system.system.suspects.iter().flatten();
            suspects
                .filter(|suspect| suspect.confident)
                .map(|suspect| (suspect.row, suspect.likely))
                .collect()
        })
        .collect();
    let rows: Vec<Value> = view
        .browsed()
        .into_iter()
        .map(|at| {
            let row = &view.report.rows[at];
            let keys: Vec<Value> = view
                .report
                .slicings
                .iter()
                .zip(&mut slices)
                .map(|(slicing, known)| {
                    slicing.keys[at]
                        .as_deref()
                        .map_or(json!(-1), |key| json!(known.of(key)))
                })
                .collect();
            let systems: Vec<Value> = view
                .systems
                .iter()
                .flat_map(|system| {
                    let (predicted, probabilities) = (system.predicted[at], system.probabilities(at));
                    [
                        json!(predicted),
                        parts(probabilities[predicted]),
                        parts(probabilities[view.gold[at]]),
                    ]
                })
                .collect();
            let mut row = vec![
                json!(row.id),
                json!(row.sentence),
                json!([row.subject.0, row.subject.1, row.object.0, row.object.1]),
                json!(types.of(&row.subject_type)),
                json!(types.of(&row.object_type)),
                json!(row.gold),
                json!(keys),
                json!(systems),
            ];
            if likely.iter().any(|likely| likely.contains_key(&at)) {
                let of_system = |(system, likely): (&SystemView<'_>, &HashMap<usize, usize>)| {
                    likely.get(&at).map_or(json!(0), |&label| {
                        json!([label, parts(system.probabilities(at)[label])])
                    })
                };
                row.push(view.systems.iter().zip(&likely).map(of_system).collect());
            }
            Value::Array(row)
        })
        .collect();
    let slices: Vec<Value> = view
        .report
        .slicings
        .iter()
        .zip(slices)
        .map(|(slicing, known)| {
            let names: Vec<String> = known.names.iter().map(|key| slice_name(&slicing.name, key)).collect();
            json!({ "name": slicing.name, "keys": known.names, "names": names })
        })
        .collect();
    script_json(&json!({
        "labels": view.report.labels,
        "systems": view.names(),
        "types": types.names,
        "slicings": slices,
        "rows": rows,
    }))
}

/// Texts numbered by first appearance.
#[derive(Default)]
struct Positions<'a> {
    names: Vec<&'a str>,
    known: HashMap<&'a str, usize>,
}

impl<'a> Positions<'a> {
    fn of(&mut self, name: &'a str) -> usize {
        *self.known.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() - 1
        })
    }
}

/// A probability in ten-thousandths, which is finer than the page shows; logits are as they are, times that.
fn parts(probability: f64) -> Value {
    json!((probability * 10_000.0).round() as i64)
}

pub(super) fn render(view: &View<'_>) -> String {
    let (heading, note) = match view.report.browsed {
        BrowsedRows::All => ("Rows", ""),
        BrowsedRows::Wrong if view.is_comparison() => {
            ("Wrong predictions", " Rows that every system got right are left out.")
        }
        BrowsedRows::Wrong => ("Wrong predictions", " Rows that were predicted right are left out."),
    };
    let browser = if view.browsed().is_empty() {
        "<p class=\"note\">There are no rows to show.</p>\n".to_owned()
    } else {
        browser(view, note)
    };
    format!(
        "<section id=\"rows\" aria-labelledby=\"rows-title\">\n<h2 id=\"rows-title\">{heading}</h2>\n{browser}</section>\n"
    )
}

fn browser(view: &View<'_>, note: &str) -> String {
    let likely = if has_suspects(view) {
        "<label>Likely label<select name=\"likely\"><option value=\"\">any</option></select></label>\n"
    } else {
        ""
    };
    let slices = if view.report.slicings.is_empty() {
        ""
    } else {
        "<label>Slice<select name=\"slice\"><option value=\"\">all rows</option></select></label>\n"
    };
    format!(
        r##"<p class="lead">The percentage after a label is the probability that the system gave it.{note}</p>
<noscript><p class="note">The rows are shown by a script in this file; it is switched off.</p></noscript>
<form class="filters scripted" id="filters" role="search" aria-label="Filter the rows" autocomplete="off">
{}{}<label>Gold label<select name="gold"><option value="">any</option></select></label>
<label>Predicted label<select name="predicted"><option value="">any</option></select></label>
{likely}<label>Subject type<select name="subject"><option value="">any</option></select></label>
<label>Object type<select name="object"><option value="">any</option></select></label>
{slices}<fieldset class="range"><legend>Confidence, %</legend><input name="least" type="number" min="0" max="100" step="any" inputmode="decimal" placeholder="0" aria-label="Lowest confidence in percent"><span aria-hidden="true">–</span><input name="most" type="number" min="0" max="100" step="any" inputmode="decimal" placeholder="100" aria-label="Highest confidence in percent"></fieldset>
<label>Order<select name="order"><option value="">most confident first</option><option value="unsure">least confident first</option><option value="suspect">most suspect gold label first</option><option value="short">shortest sentence first</option><option value="long">longest sentence first</option><option value="file">as in the file</option></select></label>
<label class="search">Search<input name="search" type="search" placeholder="words of the sentence, an entity type, a label, an id" spellcheck="false"></label>
<button type="reset">Clear</button>
</form>
<p class="printed" id="printed"></p>
<p class="count scripted"><span id="count" role="status" aria-live="polite"></span> <span class="marks"><mark class="s">subject</mark> <mark class="o">object</mark></span></p>
<ol class="rows" id="list"></ol>
<p class="onward"><button type="button" id="more" hidden>Show more</button> <button type="button" id="all" hidden>Show all</button></p>
"##,
        systems(view),
        show(view)
    )
}

/// Which system the filters are about.
fn systems(view: &View<'_>) -> String {
    if !view.is_comparison() {
        return String::new();
    }
    let options: String = view
        .names()
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let value = if at == 0 { String::new() } else { escape(name) };
            format!("<option value=\"{value}\">{}</option>", escape(name))
        })
        .collect();
    format!("<label>System<select name=\"system\">{options}</select></label>\n")
}

/// Whether some system looked for wrong labels.
fn has_suspects(view: &View<'_>) -> bool {
    view.systems.iter().any(|system| system.system.suspects.is_some())
}

/// Which outcomes are shown, where there is a choice.
fn show(view: &View<'_>) -> String {
    let mut options = vec![("", "wrong")];
    if view.report.browsed == BrowsedRows::All {
        options.push(("right", "right"));
    }
    if view.is_comparison() {
        options.push(("alone-wrong", "wrong, and another is right"));
        options.push(("alone-right", "right, and another is wrong"));
        options.push(("all-wrong", "wrong in every system"));
        options.push(("disagree", "systems disagree"));
    }
    if has_suspects(view) {
        options.push(("suspect", "suspect gold label"));
    }
    if options.len() > 1 {
        options.push(("all", "all"));
    }
    if options.len() == 1 {
        return String::new();
    }
    let options: String = options
        .iter()
        .map(|(value, text)| format!("<option value=\"{value}\">{text}</option>"))
        .collect();
    format!("<label>Show<select name=\"show\">{options}</select></label>\n")
}
