//! How the systems fare on parts of the rows.

use super::escape::escape;
use super::link::Links;
use super::number;
use super::plot::{colour, key};
use super::scores::scale;
use super::view::View;
use crate::evaluation::{SliceRow, SliceTable};
use crate::interval::Score;
use crate::text::thousands;

pub(super) fn render(view: &View<'_>, links: &Links<'_>) -> String {
    let tables: String = view.systems[0]
        .system
        .evaluation
        .slices
        .iter()
        .filter(|table| !table.slices.is_empty())
        .map(|slices| table(view, slices, links))
        .collect();
    if tables.is_empty() {
        return String::new();
    }
    format!(
        "<section id=\"slices\" aria-labelledby=\"slices-title\">\n<h2 id=\"slices-title\">Slices</h2>\n\
         <p class=\"lead\">Parts of the rows, each scored by its own rows alone.</p>\n{}<div class=\"slices\">\n{tables}</div>\n</section>\n",
        key(&view.names())
    )
}

fn table(view: &View<'_>, slices: &SliceTable, links: &Links<'_>) -> String {
    let rows: String = slices
        .slices
        .iter()
        .map(|slice| row(view, &slices.name, slice, links))
        .collect();
    let name = capital(&slices.name);
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{name}\"><table class=\"plain sliced\"><caption>{name}</caption>\n\
         <thead><tr><th scope=\"col\">Slice</th><th scope=\"col\" class=\"n\">Rows</th><th scope=\"col\">Micro-F1, interval</th>\
         <th scope=\"col\" class=\"n\">Accuracy</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

fn row(view: &View<'_>, name: &str, slice: &SliceRow, links: &Links<'_>) -> String {
    // The same slice of each system: all have the same rows.
    let systems: Vec<Option<&SliceRow>> = view
        .systems
        .iter()
        .map(|system| {
            let table = system
                .system
                .evaluation
                .slices
                .iter()
                .find(|table| table.name == name)?;
            table.slices.iter().find(|other| other.key == slice.key)
        })
        .collect();
    let lines = |content: &dyn Fn(&SliceRow) -> String| -> String {
        let line = |(at, found): (usize, &Option<&SliceRow>)| {
            format!(
                "<div class=\"s{}\">{}</div>",
                colour(at),
                found.map_or_else(|| "–".to_owned(), content)
            )
        };
        systems.iter().enumerate().map(line).collect()
    };
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"bar\">{}</td><td class=\"n\">{}</td></tr>\n",
        links.slice(name, &slice.key, &escape(&slice.key)),
        thousands(slice.rows),
        lines(&|slice| slice.micro_f1.as_ref().map_or_else(|| "–".to_owned(), bar)),
        lines(&|slice| format!("{:.1}", slice.accuracy.value))
    )
}

fn bar(Score { value, interval }: &Score) -> String {
    format!(
        "{}<b>{value:.1}</b><small>{}</small>",
        scale(*value, interval.low, interval.high),
        number::interval(interval, 1)
    )
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    escape(&format!("{first}{}", rest.as_str()))
}
