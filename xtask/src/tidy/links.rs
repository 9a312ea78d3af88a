//! Links in Markdown that point at files of the project.

use std::path::Path;

use super::files::TextFile;

/// Relative links whose file is not there.
pub(super) fn check(root: &Path, files: &[TextFile]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = root
            .join(&file.path)
            .parent()
            .map_or_else(|| root.to_path_buf(), Path::to_path_buf);
        for (line, target) in links(&file.text) {
            if target.starts_with('/') {
                findings.push(format!(
                    "{}:{line}: link {target}: make it relative to this file",
                    file.path
                ));
            } else if !folder.join(target).exists() {
                findings.push(format!("{}:{line}: link {target}: there is no such file", file.path));
            }
        }
    }
    findings
}

/// The files that a page links to, without fragments, each with its line; addresses are left out.
fn links(page: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut is_code = false;
    for (index, line) in page.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            // Every other piece between back-quotes is code.
            let prose = line.split('`').step_by(2);
            let inline = prose
                .flat_map(|text| text.split("](").skip(1))
                .filter_map(|rest| rest.split(')').next());
            let definition = line
                .starts_with('[')
                .then(|| line.split_once("]: "))
                .flatten()
                .map(|(_, target)| target);
            let targets = inline.chain(definition).filter_map(file_of);
            found.extend(targets.map(|target| (index + 1, target)));
        }
    }
    found
}

fn file_of(target: &str) -> Option<&str> {
    let target = target.split_whitespace().next()?.trim_matches(['<', '>']);
    let is_address = target.contains("://") || target.starts_with("mailto:");
    let file = target.split('#').next()?;
    (!is_address && !file.is_empty()).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_where_markdown_has_them() {
        let check = |page: &str, expected: &[(usize, &str)]| assert_eq!(links(page), expected, "{page:?}");
        check(
            "see [a](docs/a.md) and ![b](b.png \"title\")",
            &[(1, "docs/a.md"), (1, "b.png")],
        );
        check("\n[a](a.md#part)", &[(2, "a.md")]);
        check("[a](#part) [b](https://example.org/x) [c](mailto:x@example.org)", &[]);
        check("[`a`](a.rs)", &[(1, "a.rs")]);
        check("`[a](a.md)`\n```\n[b](b.md)\n```\n[c](c.md)", &[(5, "c.md")]);
        check("[name]: docs/a.md", &[(1, "docs/a.md")]);
        check("[a](<a.md>)", &[(1, "a.md")]);
    }

    #[test]
    fn a_link_to_nothing_is_named_with_its_line() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let page = |text: &str| {
            [TextFile {
                path: "src/page.md".into(),
                text: text.into(),
            }]
        };
        assert_eq!(check(root, &page("[a](main.rs) [b](../Cargo.toml) [c](tidy)")), [""; 0]);
        assert_eq!(
            check(root, &page("\n[a](none.md)")),
            ["src/page.md:2: link none.md: there is no such file"]
        );
    }
}
