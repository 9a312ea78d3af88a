//! Labels that are likely wrong: how many, which are taken for which, and the most suspect rows.

use super::escape::escape;
use super::link::Links;
use super::plot::colour;
use super::view::View;
use crate::noise::{Suspect, suspect_pairs, uninformed};
use crate::text::thousands;

/// Pairs of labels, and rows, that a system's panel shows.
const SHOWN: usize = 10;

/// Characters of a sentence that the table shows.
const EXCERPT: usize = 90;

pub(super) fn render(view: &View<'_>, links: &Links<'_>) -> String {
    if view.systems.iter().all(|system| system.system.suspects.is_none()) {
        return String::new();
    }
    let panels: String = (0..view.systems.len()).map(|at| panel(view, at, links)).collect();
    let tables: String = (0..view.systems.len()).map(|at| most_suspect(view, at)).collect();
    format!(
        "<section id=\"noise\" aria-labelledby=\"noise-title\">\n<h2 id=\"noise-title\">Label noise</h2>\n\
         <p class=\"lead\">Rows whose given label is likely wrong, by a system that did not learn from them. A row is suspect if the system is confident \
         of another label: predicts another one, and gives one at least the probability that its own rows have on average. That is a reason to look at a row, not a verdict; \
         a system that is often wrong suspects many right labels.</p>\n<div class=\"panels noise\">\n{panels}</div>\n{tables}</section>\n"
    )
}

fn panel(view: &View<'_>, at: usize, links: &Links<'_>) -> String {
    let system = &view.systems[at];
    let heading = if view.is_comparison() {
        format!(
            "<h3 class=\"s{}\"><i></i>{}</h3>\n",
            colour(at),
            escape(&system.system.name)
        )
    } else {
        String::new()
    };
    let body = match &system.system.suspects {
        None => "<p class=\"note\">Not looked for: its predictions are not known to be for rows that it did not learn from.</p>\n".to_owned(),
        Some(suspects) => found(view, at, suspects, links),
    };
    format!("<div class=\"panel\">\n{heading}{body}</div>\n")
}

fn found(view: &View<'_>, at: usize, suspects: &[Suspect], links: &Links<'_>) -> String {
    let rows = view.gold.len();
    let confident: Vec<&Suspect> = suspects.iter().filter(|suspect| suspect.confident).collect();
    let count = format!("<b>{} suspect rows</b>", thousands(confident.len()));
    let warning = uninformed(suspects, &view.report.labels).map_or_else(String::new, |warning| {
        format!("<p class=\"note\"><b>Warning:</b> {}.</p>\n", escape(&warning))
    });
    format!(
        "{warning}<div class=\"measure\"><p class=\"headline\">{} <span class=\"interval\">{:.1} % of {}</span></p></div>\n{}",
        links.suspects(at, None, &count),
        confident.len() as f64 / rows as f64 * 100.0,
        thousands(rows),
        pairs(view, at, &confident, links)
    )
}

/// How often a given label looks like another one.
fn pairs(view: &View<'_>, at: usize, suspects: &[&Suspect], links: &Links<'_>) -> String {
    let counts = suspect_pairs(suspects.iter().copied());
    let Some(largest) = counts.first().map(|(_, count)| *count) else {
        return String::new();
    };
    let support = |label: usize| view.gold.iter().filter(|&&gold| gold == label).count();
    let labels = &view.report.labels;
    let rows: String = counts
        .iter()
        .take(SHOWN)
        .map(|&((given, likely), count)| {
            let names = format!(
                "<span class=\"gold\">{}</span> <span class=\"predicted\"><span class=\"arrow\">→ </span>{}</span>",
                escape(&labels[given]),
                escape(&labels[likely])
            );
            format!(
                "<tr><th scope=\"row\">{}</th><td class=\"bar\"><span class=\"track\"><span class=\"fill\" style=\"width:{:.2}%\"></span></span></td>\
                 <td class=\"n\"><b>{}</b></td><td class=\"n\">{:.1}</td></tr>\n",
                links.suspects(at, Some((given, likely)), &names),
                count as f64 / largest as f64 * 100.0,
                thousands(count),
                count as f64 / support(given) as f64 * 100.0
            )
        })
        .collect();
    format!(
        "<table class=\"plain pairs\"><caption>Most frequent</caption>\n<thead><tr><th scope=\"col\">Given → likely</th><td class=\"bar\"></td>\
         <th scope=\"col\" class=\"n\">Rows</th><th scope=\"col\" class=\"n\">% of given</th></tr></thead>\n<tbody>\n{rows}</tbody></table>\n"
    )
}

/// The head of a system's ranking.
fn most_suspect(view: &View<'_>, at: usize) -> String {
    let system = &view.systems[at];
    let suspects = system.system.suspects.iter().flatten();
    let suspects: Vec<&Suspect> = suspects.filter(|suspect| suspect.confident).take(SHOWN).collect();
    if suspects.is_empty() {
        return String::new();
    }
    let name = if view.is_comparison() {
        format!(" by {}", escape(&system.system.name))
    } else {
        String::new()
    };
    let labels = &view.report.labels;
    let rows: String = suspects
        .iter()
        .map(|suspect| {
            let row = &view.report.rows[suspect.row];
            let percent = |label: usize| system.probabilities(suspect.row)[label] * 100.0;
            format!(
                "<tr><td class=\"n\">{:.1}</td><td><span class=\"gold\">{}</span> <small>{:.1}</small></td>\
                 <td><span class=\"predicted\">{}</span> <small>{:.1}</small></td><td class=\"excerpt\" title=\"id {}\">{}</td></tr>\n",
                suspect.score * 100.0,
                escape(&labels[suspect.given]),
                percent(suspect.given),
                escape(&labels[suspect.likely]),
                percent(suspect.likely),
                escape(&row.id),
                escape(&excerpt(&row.sentence))
            )
        })
        .collect();
    format!(
        "<details><summary>The most suspect rows{name}</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"The most suspect rows{name}\">\
         <table class=\"plain suspects\"><caption>By how likely the given label is wrong, with the system’s probabilities, in percent</caption>\n\
         <thead><tr><th scope=\"col\" class=\"n\">Wrong</th><th scope=\"col\">Given</th><th scope=\"col\">Likely</th>\
         <th scope=\"col\">Sentence</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div></details>\n"
    )
}

/// The beginning of a sentence.
fn excerpt(sentence: &str) -> String {
    match sentence.char_indices().nth(EXCERPT) {
        Some((cut, _)) => format!("{}…", &sentence[..cut]),
        None => sentence.to_owned(),
    }
}
