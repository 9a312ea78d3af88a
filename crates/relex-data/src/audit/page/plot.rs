//! Numbers → inline SVG. Widths are shares of the page's, so that a plot fits a phone and its text stays legible.

use crate::audit::{Audit, LengthBin, Lengths};
use crate::terminal::{count, number, percent};
use crate::text::escape_html as escape;

/// Height of the length histogram, of the space under it for the axis, and of the space above for marks, in pixels.
const HISTOGRAM: f64 = 190.0;
const AXIS: f64 = 24.0;
const MARKS: f64 = 22.0;
/// Side of a cell of the heat map, and width of a character of its text, in pixels.
const CELL: usize = 26;
const CHARACTER: usize = 7;
/// Longer names are cut in the heat map; the table beside it has them whole.
const NAME: usize = 34;

/// Bars one below the other, each `share` of the whole width with a class for its colour. The numbers stand beside
/// them in the page, so the bars themselves are silent to a screen reader.
pub(super) fn bars(bars: &[(f64, &str)]) -> String {
    let rectangles: String = bars
        .iter()
        .enumerate()
        .map(|(at, (share, class))| {
            let (top, width) = (at * 9, share.clamp(0.0, 1.0) * 100.0);
            format!("<rect class=\"track\" y=\"{top}\" width=\"100%\" height=\"8\" rx=\"3\"/><rect class=\"{class}\" y=\"{top}\" width=\"{width:.2}%\" height=\"8\" rx=\"3\"/>")
        })
        .collect();
    let height = (bars.len() * 9).saturating_sub(1);
    format!("<svg class=\"bars\" width=\"100%\" height=\"{height}\" aria-hidden=\"true\">{rectangles}</svg>")
}

/// Bars over lengths, with marks at the median and the 95th per cent.
#[expect(clippy::cast_precision_loss, reason = "row counts and lengths lie far below 2^52")]
pub(super) fn histogram(bins: &[LengthBin], lengths: &Lengths) -> String {
    let Some(last) = bins.last() else {
        return String::new();
    };
    let width = bins[0].to - bins[0].from;
    // The last bin is drawn as wide as the others, however far it reaches.
    let drawn = last.from + width;
    let across = |length: usize| length.min(drawn) as f64 / drawn as f64 * 100.0;
    let highest = bins.iter().map(|bin| bin.rows).max().unwrap_or(0).max(1);
    let base = MARKS + HISTOGRAM;
    let bar = |bin: &LengthBin| {
        let height = bin.rows as f64 / highest as f64 * HISTOGRAM;
        format!(
            "<rect class=\"bar\" x=\"{:.3}%\" y=\"{:.1}\" width=\"{:.3}%\" height=\"{height:.1}\"><title>{} to {} characters: {}</title></rect>\n",
            across(bin.from),
            base - height,
            // A hair of space between bars.
            across(bin.from + width) - across(bin.from) - 0.25,
            number(bin.from),
            number(bin.to - 1),
            count(bin.rows, "row")
        )
    };
    let rectangles: String = bins.iter().map(bar).collect();
    let step = bins.len().div_ceil(7).max(1);
    let tick = |bin: &LengthBin| {
        let anchor = if bin.from == 0 { "start" } else { "middle" };
        format!(
            "<text x=\"{:.3}%\" y=\"{:.0}\" text-anchor=\"{anchor}\">{}</text>",
            across(bin.from),
            base + AXIS - 7.0,
            number(bin.from)
        )
    };
    let ticks: String = bins.iter().step_by(step).map(tick).collect();
    let mark = |name: &str, length: usize| {
        let at = across(length);
        let anchor = if at > 70.0 { "end" } else { "start" };
        let shift = if at > 70.0 { -5 } else { 5 };
        format!(
            "<line class=\"mark\" x1=\"{at:.3}%\" x2=\"{at:.3}%\" y1=\"2\" y2=\"{base}\"/>\
             <text class=\"mark\" x=\"{at:.3}%\" dx=\"{shift}\" y=\"13\" text-anchor=\"{anchor}\">{name} {}</text>",
            number(length)
        )
    };
    format!(
        "<svg class=\"histogram\" width=\"100%\" height=\"{:.0}\" role=\"img\" aria-label=\"Histogram of sentence lengths: median {}, 95 % up to {}, longest {} characters\">\n\
         {rectangles}<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"{base}\" y2=\"{base}\"/>{ticks}{}{}</svg>\n",
        base + AXIS,
        number(lengths.median),
        number(lengths.p95),
        number(lengths.greatest),
        mark("median", lengths.median),
        mark("95 %", lengths.p95),
    )
}

/// Labels down, type pairs across; the darker, the larger the share of the label's rows.
pub(super) fn heat_map(audit: &Audit) -> String {
    let labels: Vec<usize> = (0..audit.labels.len())
        .filter(|label| audit.labels[*label].rows > 0)
        .collect();
    let columns: Vec<String> = audit
        .type_pairs
        .iter()
        .map(|pair| cut(&format!("{} → {}", pair.subject, pair.object)))
        .collect();
    let names: Vec<String> = labels.iter().map(|label| cut(&audit.labels[*label].name)).collect();
    let longest = |names: &[String]| names.iter().map(|name| crate::terminal::width(name)).max().unwrap_or(0);
    let (left, top) = (longest(&names) * CHARACTER + 12, longest(&columns) * CHARACTER + 12);
    let (width, height) = (left + columns.len() * CELL + 2, top + names.len() * CELL + 2);
    let heads: String = columns
        .iter()
        .enumerate()
        .map(|(column, name)| {
            let (x, y) = (left + column * CELL + CELL / 2 + 4, top - 6);
            format!(
                "<text transform=\"translate({x} {y}) rotate(-90)\">{}</text>",
                escape(name)
            )
        })
        .collect();
    let mut rows = String::new();
    for (row, (label, name)) in labels.iter().zip(&names).enumerate() {
        let y = top + row * CELL;
        rows.push_str(&format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            left - 6,
            y + CELL / 2 + 4,
            escape(name)
        ));
        for (column, pair) in audit.type_pairs.iter().enumerate() {
            let x = left + column * CELL;
            rows.push_str(&cell(
                (x, y),
                pair.label_rows[*label],
                &audit.labels[*label],
                &columns[column],
            ));
        }
        rows.push('\n');
    }
    format!(
        "<svg class=\"heat\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"Heat map of labels by entity types; the table after it has the numbers\">\n{heads}\n{rows}</svg>\n"
    )
}

#[expect(clippy::cast_precision_loss, reason = "row counts lie far below 2^52")]
fn cell((x, y): (usize, usize), rows: usize, label: &crate::audit::Count, types: &str) -> String {
    let share = rows as f64 / label.rows.max(1) as f64;
    // The square root lifts small shares out of the background.
    let opacity = if rows == 0 { 0.0 } else { 0.08 + 0.92 * share.sqrt() };
    let side = CELL - 1;
    format!(
        "<rect class=\"cell\" x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\"/><rect class=\"heat\" x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\" fill-opacity=\"{opacity:.2}\"><title>{}, {}: {}, {} of the label</title></rect>",
        escape(&label.name),
        escape(types),
        count(rows, "row"),
        percent(share)
    )
}

fn cut(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    name.chars().take(NAME - 1).chain(['…']).collect()
}
