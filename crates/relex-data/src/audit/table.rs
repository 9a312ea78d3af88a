//! Findings → a table for the terminal.

use super::{Advice, Audit, Comparison, Conflict, Count, Sides};
use crate::dedup::Tier;
use crate::error::clip;
use crate::terminal::{Align, Lines, SHOWN, number, one_line, percent, some_ids, width};

/// Width of the bar of a share of 1, in characters.
const BAR: f64 = 40.0;

pub(super) fn render(audit: &Audit) -> String {
    let mut out = Lines::default();
    if !audit.title.is_empty() {
        out.line(&one_line(&audit.title));
    }
    rows(audit, &mut out);
    out.title("labels");
    shares(&audit.labels, &mut out);
    if !audit.sources.is_empty() {
        out.title("sources");
        shares(&audit.sources, &mut out);
    }
    types(audit, &mut out);
    lengths(audit, &mut out);
    duplicates(audit, &mut out);
    conflicts(&audit.conflicts, &mut out);
    role_swapped(audit, &mut out);
    if let Some(comparison) = &audit.against {
        against(comparison, &mut out);
    }
    advice(&audit.advice(), &mut out);
    out.text
}

fn rows(audit: &Audit, out: &mut Lines) {
    out.title("rows");
    let ids = |what, ids: &[String]| (what, number(ids.len()), some_ids(ids));
    out.facts(&[
        ("rows", number(audit.rows), String::new()),
        ("unique sentences", number(audit.unique_sentences), String::new()),
        ("without label", number(audit.unlabelled), String::new()),
        ids("entity outside sentence", &audit.invalid_spans),
        ids("overlapping entities", &audit.overlapping),
        ids("marker-like text", &audit.marker_like),
    ]);
}

/// Names with their rows, shares and bars.
fn shares(counts: &[Count], out: &mut Lines) {
    let names = counts.iter().map(|count| width(&clip(&count.name))).max().unwrap_or(0);
    let values = counts.iter().map(|count| number(count.rows).len()).max().unwrap_or(0);
    for count in counts {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share times 40 lies in 0..=40"
        )]
        let bar = "█".repeat((count.share * BAR).ceil() as usize);
        let (name, rows) = (Align::Left.pad(&clip(&count.name), names), number(count.rows));
        out.line(&format!(
            "  {name}  {rows:>values$}  {:>7}  {bar}",
            percent(count.share)
        ));
    }
}

fn types(audit: &Audit, out: &mut Lines) {
    out.title("entity types (subject → object)");
    let subjects = audit.type_pairs.iter().map(|pair| width(&clip(&pair.subject))).max();
    let subjects = subjects.unwrap_or(0);
    let rows: Vec<Vec<String>> = audit
        .type_pairs
        .iter()
        .map(|pair| {
            let subject = Align::Left.pad(&clip(&pair.subject), subjects);
            let types = format!("{subject} → {}", clip(&pair.object));
            let most = audit.labels.iter().zip(&pair.label_rows).max_by_key(|(_, rows)| **rows);
            let most = most.filter(|(_, rows)| **rows > 0);
            let most = most.map(|(label, rows)| format!("{} {}", number(*rows), clip(&label.name)));
            vec![types, number(pair.rows), most.unwrap_or_default()]
        })
        .collect();
    out.table(
        &[
            ("types", Align::Left),
            ("rows", Align::Right),
            ("most frequent label", Align::Left),
        ],
        &rows,
    );
}

fn lengths(audit: &Audit, out: &mut Lines) {
    out.title("sentence length in characters");
    let lengths = audit.lengths;
    let head = ["least", "25 %", "median", "75 %", "95 %", "99 %", "greatest", "mean"];
    out.table(
        &head.map(|name| (name, Align::Right)),
        &[vec![
            number(lengths.least),
            number(lengths.quarter),
            number(lengths.median),
            number(lengths.three_quarters),
            number(lengths.p95),
            number(lengths.p99),
            number(lengths.greatest),
            format!("{:.1}", lengths.mean),
        ]],
    );
}

fn duplicates(audit: &Audit, out: &mut Lines) {
    out.title("duplicates");
    let rows: Vec<Vec<String>> = audit
        .duplicates
        .iter()
        .map(|tier| {
            vec![
                meaning(tier.tier).to_owned(),
                number(tier.repeated_groups),
                number(tier.repeated_rows),
                number(tier.largest),
                number(tier.groups),
                percent(tier.exposed),
            ]
        })
        .collect();
    let right = |name| (name, Align::Right);
    out.table(
        &[
            ("tier", Align::Left),
            right("repeated groups"),
            right("rows in them"),
            right("largest"),
            right("all groups"),
            right("exposed"),
        ],
        &rows,
    );
    out.line("  exposed: validation rows with a copy in training, if a tenth of the rows were drawn at random");
    out.line("");
    let swapped: usize = audit.role_swapped_labels.iter().map(|labels| labels.pairs).sum();
    out.pairs(&[
        (
            "sentences with several labels",
            number(audit.sentences_with_several_labels),
        ),
        ("same pair, different labels", number(audit.conflicts.len())),
        ("role-swapped pairs of rows", number(swapped)),
    ]);
}

fn conflicts(conflicts: &[Conflict], out: &mut Lines) {
    if conflicts.is_empty() {
        return;
    }
    out.title("same sentence, subject and object, but different labels");
    for conflict in conflicts.iter().take(SHOWN) {
        let answers = conflict.ids.iter().zip(&conflict.labels);
        let rows: Vec<String> = answers
            .take(SHOWN)
            .map(|(id, label)| format!("{} {}", clip(id), clip(label)))
            .collect();
        out.line(&format!("  {}", rows.join("  |  ")));
        out.line(&format!("    {} → {}", clip(&conflict.subject), clip(&conflict.object)));
    }
    out.more(conflicts.len());
}

fn role_swapped(audit: &Audit, out: &mut Lines) {
    if audit.role_swapped_labels.is_empty() {
        return;
    }
    out.title("labels of rows in which subject and object have traded places");
    let pairs: Vec<(String, String)> = audit
        .role_swapped_labels
        .iter()
        .take(SHOWN)
        .map(|pair| {
            (
                format!("{} | {}", clip(&pair.labels[0]), clip(&pair.labels[1])),
                number(pair.pairs),
            )
        })
        .collect();
    out.pairs(&pairs);
    out.more(audit.role_swapped_labels.len());
}

fn against(comparison: &Comparison, out: &mut Lines) {
    out.title(&format!("in both files: this one and {}", other(comparison)));
    let sides = |sides: Sides| [number(sides.here), number(sides.there)];
    let rows: Vec<Vec<String>> = comparison
        .leaks
        .iter()
        .map(|leak| {
            let counts = [sides(leak.sentences), sides(leak.rows)].concat();
            [vec![meaning(leak.tier).to_owned(), number(leak.groups)], counts].concat()
        })
        .collect();
    let right = |name| (name, Align::Right);
    out.table(
        &[
            ("tier", Align::Left),
            right("groups"),
            right("sentences here"),
            right("there"),
            right("rows here"),
            right("there"),
        ],
        &rows,
    );
    let shown = comparison.leaks.iter().find(|leak| leak.tier == Tier::NearDuplicate);
    for (side, ids) in shown
        .into_iter()
        .flat_map(|leak| [("here", &leak.ids_here), ("there", &leak.ids_there)])
    {
        if !ids.is_empty() {
            out.line(&format!("  ids {side}: {}", some_ids(ids)));
        }
    }
    let Some(mix) = &comparison.label_mix else {
        out.line("  one of the two files has no labels, so their label mixes cannot be compared");
        return;
    };
    out.title("label mix here and there");
    let rows: Vec<Vec<String>> = mix
        .labels
        .iter()
        .map(|label| {
            let difference = (label.share_there - label.share_here) * 100.0;
            vec![
                clip(&label.label),
                percent(label.share_here),
                percent(label.share_there),
                format!("{difference:+.1}"),
            ]
        })
        .collect();
    out.table(
        &[("label", Align::Left), right("here"), right("there"), right("points")],
        &rows,
    );
    out.line(&format!("  total variation distance {:.3}", mix.total_variation));
}

fn other(comparison: &Comparison) -> String {
    if comparison.title.is_empty() {
        "the other".to_owned()
    } else {
        one_line(&comparison.title)
    }
}

fn advice(advice: &[Advice], out: &mut Lines) {
    if advice.is_empty() {
        return;
    }
    out.title("what to mind");
    for advice in advice {
        out.wrapped(&format!("{}: {}", advice.severity.name(), advice.finding), "  ", "    ");
        out.wrapped(&advice.consequence, "    ", "    ");
        out.wrapped(&format!("→ {}", advice.remedy), "    ", "      ");
    }
}

pub(super) fn meaning(tier: Tier) -> &'static str {
    match tier {
        Tier::Identical => "identical sentence",
        Tier::Folded => "… after folding case, space, punctuation",
        Tier::NearDuplicate => "… or near-duplicate (Jaccard ≥ 0.8)",
        Tier::SamePair => "identical sentence, subject and object",
    }
}
