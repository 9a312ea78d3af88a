//! The single values of a layer, each with its full name and its place in the text.

use std::ops::Range;

use toml::{Table, Value, de::DeTable};

/// A value that is no table, or a table without keys.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    /// The parts of its name, at least one.
    pub(super) keys: Vec<String>,
    pub(super) value: Value,
    /// Where in the text each part of the name stands, then the value; empty if there is no text.
    spans: Vec<Range<usize>>,
}

/// The values of a file, in its order.
pub(super) fn leaves_of_file(text: &str) -> Result<Vec<Leaf>, toml::de::Error> {
    let table: Table = toml::from_str(text)?;
    let places = DeTable::parse(text)?;
    let mut leaves = Vec::new();
    collect(&mut leaves, &table, Some(places.get_ref()), &mut Vec::new());
    leaves.sort_by_key(|leaf| leaf.spans.last().map_or(0, |span| span.start));
    Ok(leaves)
}

/// The values of an `a.b=value`.
pub(super) fn leaves_of_set(set: &str) -> Result<Vec<Leaf>, &'static str> {
    let form = "not of the form key=value, such as training.epochs=5";
    let (key, value) = set.split_once('=').ok_or(form)?;
    let (key, value) = (key.trim(), value.trim());
    if key.split('.').any(str::is_empty) {
        return Err(form);
    }
    let as_toml = toml::from_str::<Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut table| table.remove("value"));
    let mut value = as_toml.unwrap_or_else(|| Value::String(value.into()));
    for part in key.rsplit('.') {
        value = Value::Table([(part.to_owned(), value)].into_iter().collect());
    }
    let mut leaves = Vec::new();
    if let Value::Table(table) = &value {
        collect(&mut leaves, table, None, &mut Vec::new());
    }
    Ok(leaves)
}

type Path = Vec<(String, Option<Range<usize>>)>;

fn collect(leaves: &mut Vec<Leaf>, table: &Table, places: Option<&DeTable<'_>>, path: &mut Path) {
    for (key, value) in table {
        let place = places.and_then(|places| places.iter().find(|(name, _)| name.get_ref() == key));
        path.push((key.clone(), place.map(|(name, _)| name.span())));
        match value {
            Value::Table(inner) if !inner.is_empty() => {
                let places = place.and_then(|(_, value)| value.get_ref().as_table());
                collect(leaves, inner, places, path);
            }
            value => leaves.push(Leaf {
                keys: path.iter().map(|(key, _)| key.clone()).collect(),
                value: value.clone(),
                spans: path
                    .iter()
                    .filter_map(|(_, span)| span.clone())
                    .chain(place.map(|(_, value)| value.span()))
                    .collect(),
            }),
        }
        path.pop();
    }
}

impl Leaf {
    /// The full name, such as `training.epochs`.
    pub(super) fn name(&self) -> String {
        self.keys.join(".")
    }

    /// The name of the table that it is in.
    pub(super) fn table(&self) -> String {
        self.keys[..self.keys.len() - 1].join(".")
    }

    /// The name of the table in which this part of its name stands; of the whole, if no part is called so.
    pub(super) fn table_of(&self, part: &str) -> String {
        match self.keys.iter().position(|key| key == part) {
            Some(index) => self.keys[..index].join("."),
            None => self.table(),
        }
    }

    /// Whether it says which kind of loss, optimiser or schedule its table is.
    pub(super) fn is_kind(&self) -> bool {
        self.keys.len() > 1 && self.keys.last().is_some_and(|key| key == "kind")
    }

    /// The line of its last key, from 1.
    pub(super) fn line(&self, text: &str) -> usize {
        let start = self.spans.iter().rev().nth(1).map_or(0, |span| span.start);
        line_and_column(text, start).0
    }

    /// A message under the line in which part of the name stands, with carets.
    pub(super) fn show_key(&self, text: &str, part: &str, message: &str) -> String {
        let index = self.keys.iter().position(|key| key == part);
        self.show(text, index.unwrap_or(self.keys.len() - 1), message)
    }

    /// A message under the line in which the value stands, with carets.
    pub(super) fn show_value(&self, text: &str, message: &str) -> String {
        self.show(text, self.keys.len(), message)
    }

    fn show(&self, text: &str, index: usize, message: &str) -> String {
        let Some(span) = self.spans.get(index) else {
            return message.to_owned();
        };
        let (number, column) = line_and_column(text, span.start);
        let line = text.lines().nth(number - 1).unwrap_or("");
        let width = text
            .get(span.clone())
            .map_or(1, |marked| marked.lines().next().unwrap_or("").chars().count().max(1));
        let gutter = " ".repeat(number.to_string().len());
        let (indent, carets) = (" ".repeat(column - 1), "^".repeat(width));
        format!("line {number}, column {column}\n{gutter} |\n{number} | {line}\n{gutter} | {indent}{carets}\n{message}")
    }
}

/// Line and column of a byte, from 1, the column in characters.
fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_table_gives_the_same_names() {
        let names = |text: &str| -> Vec<String> { leaves_of_file(text).unwrap().iter().map(Leaf::name).collect() };
        let expected = ["a.b.c", "a.b.d"];
        assert_eq!(names("[a.b]\nc = 1\nd = 2"), expected);
        assert_eq!(names("[a]\nb.c = 1\nb.d = 2"), expected);
        assert_eq!(names("a = { b = { c = 1, d = 2 } }"), expected);
        assert_eq!(names("z = 1\n[b]\n[a]\nx = []"), ["z", "b", "a.x"]);
    }

    #[test]
    fn places_are_shown_in_characters() {
        let text = "# 관계\n[a]\nb = \"가나\" # 둘\n";
        let leaf = &leaves_of_file(text).unwrap()[0];
        assert_eq!(leaf.line(text), 3);
        assert_eq!(
            leaf.show_value(text, "message"),
            "line 3, column 5\n  |\n3 | b = \"가나\" # 둘\n  |     ^^^^\nmessage"
        );
        assert_eq!(
            leaf.show_key(text, "a", "message"),
            "line 2, column 2\n  |\n2 | [a]\n  |  ^\nmessage"
        );
    }

    #[test]
    fn a_set_is_toml_or_a_string() {
        let value = |set: &str| leaves_of_set(set).map(|leaves| leaves[0].value.clone());
        assert_eq!(value("a.b=1"), Ok(Value::Integer(1)));
        assert_eq!(value("a = two words "), Ok(Value::String("two words".into())));
        assert_eq!(value("a=b=c"), Ok(Value::String("b=c".into())));
        assert!(value("a").is_err() && value("=1").is_err() && value("a..b=1").is_err());
    }
}
