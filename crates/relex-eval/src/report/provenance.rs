//! What the predictions came from, systems beside each other.

use super::escape::escape;
use super::view::View;

pub(super) fn render(view: &View<'_>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in view.systems.iter().flat_map(|system| &system.system.provenance) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let body = if names.is_empty() {
        "<p class=\"note\">Nothing was recorded.</p>\n".to_owned()
    } else {
        table(view, &names)
    };
    format!(
        "<section id=\"provenance\" aria-labelledby=\"provenance-title\">\n<h2 id=\"provenance-title\">Provenance</h2>\n{body}</section>\n"
    )
}

fn table(view: &View<'_>, names: &[&str]) -> String {
    let heads: String = view
        .names()
        .iter()
        .map(|name| format!("<th scope=\"col\">{}</th>", escape(name)))
        .collect();
    let rows: String = names
        .iter()
        .map(|name| {
            let values: Vec<Option<&str>> = view
                .systems
                .iter()
                .map(|system| {
                    let mut found = system.system.provenance.iter().filter(|(known, _)| known == name);
                    found.next().map(|(_, value)| value.as_str())
                })
                .collect();
            let differs = values.iter().any(|value| value != &values[0]);
            let cells: String = values
                .iter()
                .map(|value| format!("<td>{}</td>", value.map_or_else(|| "–".to_owned(), escape)))
                .collect();
            let class = if differs { " class=\"differs\"" } else { "" };
            format!("<tr{class}><th scope=\"row\">{}</th>{cells}</tr>\n", escape(name))
        })
        .collect();
    let (caption, head) = if view.is_comparison() {
        (
            "What the predictions came from; a mark stands where systems differ",
            format!("<thead><tr><th scope=\"col\">Fact</th>{heads}</tr></thead>\n"),
        )
    } else {
        ("What the predictions came from", String::new())
    };
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Provenance\"><table class=\"plain provenance\">\
         <caption>{caption}</caption>\n{head}<tbody>\n{rows}</tbody></table></div>\n"
    )
}
