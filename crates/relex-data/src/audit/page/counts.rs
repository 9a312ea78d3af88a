//! Labels, types, lengths, sources, and rows whose text is odd.

use super::html::{Column, details, ids, name, table};
use super::plot;
use crate::audit::{Audit, Count};
use crate::terminal::{count, number, percent};

pub(super) fn labels(audit: &Audit) -> String {
    format!("<h2>Labels</h2>\n{}", shares("Labels", "Label", &audit.labels))
}

pub(super) fn sources(audit: &Audit) -> String {
    if audit.sources.is_empty() {
        return String::new();
    }
    format!("<h2>Sources</h2>\n{}", shares("Sources", "Source", &audit.sources))
}

fn shares(region: &str, thing: &str, counts: &[Count]) -> String {
    let greatest = counts.iter().map(|count| count.share).fold(f64::MIN_POSITIVE, f64::max);
    let rows: Vec<Vec<String>> = counts
        .iter()
        .map(|count| {
            vec![
                name(&count.name),
                plot::bars(&[(count.share / greatest, "bar")]),
                number(count.rows),
                percent(count.share),
            ]
        })
        .collect();
    table(
        region,
        &[
            (thing, Column::Text),
            ("<span class=\"unseen\">Bar</span>", Column::Plot),
            ("Rows", Column::Number),
            ("Share", Column::Number),
        ],
        &rows,
    )
}

pub(super) fn types(audit: &Audit) -> String {
    if audit.type_pairs.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = audit
        .type_pairs
        .iter()
        .map(|pair| {
            let types = format!("{} → {}", name(&pair.subject), name(&pair.object));
            let mut labels: Vec<(&Count, usize)> = audit
                .labels
                .iter()
                .zip(pair.label_rows.iter().copied())
                .filter(|(_, rows)| *rows > 0)
                .collect();
            labels.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
            let labels: Vec<String> = labels
                .iter()
                .map(|(label, rows)| format!("{} {}", name(&label.name), number(*rows)))
                .collect();
            vec![types, number(pair.rows), labels.join(", ")]
        })
        .collect();
    let columns = [
        ("Subject → object", Column::Text),
        ("Rows", Column::Number),
        ("Labels", Column::Text),
    ];
    let numbers = details(
        "The same as numbers",
        &table("Entity types", &columns, &rows).replace("<table>", "<table class=\"wide\">"),
    );
    if audit.rows == audit.unlabelled {
        return format!("<h2>Types</h2>\n{}", table("Entity types", &columns[..2], &rows));
    }
    format!(
        "<h2>Types × labels</h2>\n<p class=\"note\">Subject → object across, labels down; the shade is the share of the label's rows.</p>\n\
         <div class=\"scroll figure\" tabindex=\"0\" role=\"region\" aria-label=\"Heat map\">\n{}</div>\n{numbers}",
        plot::heat_map(audit)
    )
}

pub(super) fn lengths(audit: &Audit) -> String {
    let lengths = audit.lengths;
    let head = ["Least", "25 %", "Median", "75 %", "95 %", "99 %", "Greatest", "Mean"];
    let columns: Vec<(&str, Column)> = head.iter().map(|name| (*name, Column::Number)).collect();
    let cells = [
        lengths.least,
        lengths.quarter,
        lengths.median,
        lengths.three_quarters,
        lengths.p95,
        lengths.p99,
        lengths.greatest,
    ];
    let row: Vec<String> = cells
        .iter()
        .map(|length| number(*length))
        .chain([format!("{:.1}", lengths.mean)])
        .collect();
    let bins: Vec<Vec<String>> = audit
        .length_bins
        .iter()
        .map(|bin| {
            vec![
                format!("{} – {}", number(bin.from), number(bin.to - 1)),
                number(bin.rows),
            ]
        })
        .collect();
    let numbers = table(
        "Histogram",
        &[("Characters", Column::Text), ("Rows", Column::Number)],
        &bins,
    );
    format!(
        "<h2>Sentence lengths</h2>\n<p class=\"note\">Rows by characters of their sentence{}.</p>\n<div class=\"figure\">\n{}</div>\n{}{}",
        if ends_wider(audit) {
            "; the last bar reaches to the longest"
        } else {
            ""
        },
        plot::histogram(&audit.length_bins, &lengths),
        table("Quantiles of sentence lengths", &columns, &[row]),
        details("The histogram as numbers", &numbers)
    )
}

fn ends_wider(audit: &Audit) -> bool {
    match (audit.length_bins.first(), audit.length_bins.last()) {
        (Some(first), Some(last)) => last.to - last.from > first.to - first.from,
        _ => false,
    }
}

pub(super) fn text(audit: &Audit) -> String {
    let found = [
        ("An entity outside the sentence", &audit.invalid_spans),
        ("Subject and object overlap", &audit.overlapping),
        ("Text that looks like an entity marker", &audit.marker_like),
    ];
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|(what, rows)| vec![(*what).to_owned(), number(rows.len()), ids(rows)])
        .collect();
    let columns = [
        ("Rows with", Column::Text),
        ("Rows", Column::Number),
        ("Ids", Column::Text),
    ];
    let unlabelled = match audit.unlabelled {
        0 => String::new(),
        rows => format!("<p class=\"note\">{} without a label.</p>\n", count(rows, "row")),
    };
    format!(
        "<h2>Spans and marks</h2>\n{}{unlabelled}",
        table("Spans and marks", &columns, &rows)
    )
}
