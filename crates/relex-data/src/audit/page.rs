//! Findings → one HTML file: no network, no script, no other file.
//!
//! Plots are inline SVG drawn from the findings' numbers; every plot has the same numbers beside it as a table.

mod against;
mod counts;
mod html;
mod plot;
mod repeats;

use super::{Advice, Audit};
use crate::dedup::Tier;
use crate::terminal::{count, number, percent};
use crate::text::escape_html as escape;

/// A part of the page: the target of a link, its name, and its content.
struct Section {
    id: &'static str,
    name: &'static str,
    content: String,
}

pub(super) fn render(audit: &Audit) -> String {
    let title = if audit.title.is_empty() {
        "Data audit".to_owned()
    } else {
        escape(&audit.title)
    };
    let subtitle = format!(
        "{} · {} · {}",
        count(audit.rows, "row"),
        count(audit.unique_sentences, "distinct sentence"),
        count(audit.labels.len(), "label")
    );
    let section = |id, name, content| Section { id, name, content };
    let sections = [
        section("advice", "What to mind", advice(&audit.advice())),
        section("labels", "Labels", counts::labels(audit)),
        section("types", "Types", counts::types(audit)),
        section("lengths", "Lengths", counts::lengths(audit)),
        section("sources", "Sources", counts::sources(audit)),
        section("duplicates", "Duplicates", repeats::duplicates(audit)),
        section("conflicts", "Conflicts", repeats::conflicts(audit)),
        section("roles", "Role swaps", repeats::role_swapped(audit)),
        section("text", "Spans and marks", counts::text(audit)),
        section("against", "Other file", against::render(audit)),
    ];
    let sections = || sections.iter().filter(|section| !section.content.is_empty());
    let links: String = sections()
        .map(|section| format!("<a href=\"#{}\">{}</a>", section.id, section.name))
        .collect();
    let body: String = sections()
        .map(|section| format!("<section id=\"{}\">\n{}</section>\n", section.id, section.content))
        .collect();
    let style = include_str!("assets/audit.css");
    format!(
        r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header class="page">
<p class="kind">Data audit</p>
<h1>{title}</h1>
<p class="subtitle">{subtitle}</p>
<nav aria-label="Sections">{links}</nav>
</header>
<main>
{cards}{body}</main>
</body>
</html>
"##,
        cards = cards(audit)
    )
}

/// The four numbers that matter most.
fn cards(audit: &Audit) -> String {
    let near = audit.duplicates.iter().find(|count| count.tier == Tier::NearDuplicate);
    let leak = audit.against.as_ref().map(|comparison| {
        let near = comparison.leaks.iter().find(|leak| leak.tier == Tier::NearDuplicate);
        near.map_or(0, |leak| leak.rows.here)
    });
    let conflicts: usize = audit.conflicts.iter().map(|conflict| conflict.ids.len()).sum();
    let mut cards = vec![
        (
            "Rows",
            number(audit.rows),
            format!("{} sentences", number(audit.unique_sentences)),
        ),
        (
            "Repeated",
            number(near.map_or(0, |count| count.repeated_rows)),
            "rows with a near-duplicate".to_owned(),
        ),
        (
            "Exposed",
            percent(near.map_or(0.0, |count| count.exposed)),
            "of validation rows, in a random split".to_owned(),
        ),
        (
            "Contradicting",
            number(conflicts),
            "rows: one question, several labels".to_owned(),
        ),
    ];
    if let Some(leak) = leak {
        cards.push((
            "Leaking",
            number(leak),
            "rows whose sentence is nearly in the other file".to_owned(),
        ));
    }
    let cards: String = cards
        .iter()
        .map(|(name, value, detail)| {
            format!("<div class=\"card\"><h2>{name}</h2><p class=\"value\">{value}</p><p class=\"detail\">{detail}</p></div>\n")
        })
        .collect();
    format!("<div class=\"cards\">\n{cards}</div>\n")
}

fn advice(advice: &[Advice]) -> String {
    if advice.is_empty() {
        return "<h2>What to mind</h2>\n<p class=\"note\">Nothing was found that would mislead a model or its score.</p>\n".to_owned();
    }
    let items: String = advice
        .iter()
        .map(|advice| {
            let severity = advice.severity.name();
            format!(
                "<li class=\"is-{severity}\"><p class=\"finding\"><span class=\"severity\">{severity}</span> {}</p><p>{}</p><p class=\"remedy\">{}</p></li>\n",
                html::sentence_case(&advice.finding),
                html::sentence_case(&advice.consequence),
                html::sentence_case(&advice.remedy)
            )
        })
        .collect();
    format!("<h2>What to mind</h2>\n<ul class=\"advice\">\n{items}</ul>\n")
}

#[cfg(test)]
mod tests {
    use crate::audit::{audit, compare};
    use crate::example::{Entity, Example, Span};
    use crate::labels::LabelSet;

    const HOSTILE: &str = "</script></title><img src=x onerror=alert(1)> \" ' & <!-- \u{202e}한국어 [E1]";

    /// Every text of the data is hostile, and every section of the page has something to show.
    fn hostile_page() -> String {
        let labels = LabelSet::new(["none", "<b>bold</b>", "a\"b"], "none").unwrap();
        let entity = |start, kind: &str| Entity {
            span: Span::new(start, start + 2).unwrap(),
            entity_type: kind.to_owned(),
        };
        let row = |id: usize, subject: usize, object: usize, label: &str| Example {
            id: format!("<i>{id}</i>"),
            sentence: HOSTILE.to_owned(),
            subject: entity(subject, "<PER>"),
            object: entity(object, "O&RG"),
            label: labels.id(label),
            source: Some("<u>wiki</u>".to_owned()),
        };
        let here = [
            row(0, 0, 4, "none"),
            row(1, 0, 4, "<b>bold</b>"),
            row(2, 4, 0, "a\"b"),
            row(3, 4, 5, "none"),
            row(4, 4, 500, "none"),
        ];
        let comparison = compare(&here, &labels, &here[1..3], &labels).titled("<other>");
        let mut found = audit(&here, &labels).titled(HOSTILE);
        found.against = Some(comparison);
        found.render_html()
    }

    #[test]
    fn no_text_of_the_data_becomes_markup() {
        let page = hostile_page();
        for part in [
            "<img", "<b>bold", "<i>", "<u>wiki", "<PER>", "<other>", "a\"b", "O&RG", "<!--", "\u{202e}", "</script",
        ] {
            assert!(!page.contains(part), "{part} is in the page");
        }

        for part in [
            "&lt;i&gt;0&lt;/i&gt;",
            "&lt;b&gt;bold&lt;/b&gt;",
            "&lt;u&gt;wiki&lt;/u&gt;",
            "한국어",
        ] {
            assert!(page.contains(part), "{part} is not in the page");
        }
    }

    #[test]
    fn nothing_is_loaded_and_every_link_has_its_target() {
        let page = hostile_page();
        assert!(!page.contains("src=\"") && !page.contains("url(") && !page.contains("<script"));
        let links: Vec<&str> = page
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(links.len(), 11, "{links:?}");
        for link in links {
            let is_there = link == "data:," || page.contains(&format!("id=\"{}\"", &link[1..]));
            assert!(is_there, "{link} leads nowhere");
        }
    }

    #[test]
    fn tags_are_closed() {
        let page = hostile_page();
        for tag in [
            "section", "table", "thead", "tbody", "tr", "th", "td", "svg", "title", "ul", "ol", "li", "details", "p",
            "div", "text",
        ] {
            let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "<{tag}>");
        }
    }

    #[test]
    fn an_empty_data_set_has_a_page() {
        let labels = LabelSet::new(["none"], "none").unwrap();
        let page = audit(&[], &labels).render_html();
        assert!(page.contains("<h1>Data audit</h1>") && page.contains("0 rows"));
        assert!(!page.contains("NaN") && !page.contains("inf"));
    }
}
