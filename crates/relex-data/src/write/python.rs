//! An entity as Python's `str(dict)` writes it.

use super::Mention;

pub(super) fn dict(mention: &Mention<'_>) -> String {
    format!(
        "{{'word': {}, 'start_idx': {}, 'end_idx': {}, 'type': {}}}",
        literal(mention.word),
        mention.start_idx,
        mention.end_idx,
        literal(mention.entity_type)
    )
}

/// A string literal (The Python Language Reference, 2.4.1). As `repr` it prefers single quotes, unless the text holds
/// only such; unlike `repr` it escapes no more than it must.
fn literal(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push(quote);
    for character in text.chars() {
        match character {
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            _ if character == quote => literal.extend(['\\', quote]),
            // All control characters are below U+0100.
            _ if character.is_control() => literal.push_str(&format!("\\x{:02x}", u32::from(character))),
            _ => literal.push(character),
        }
    }
    literal.push(quote);
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_repr_quotes_them() {
        // `print(repr(text))` of Python 3.11.
        let check = |text: &str, expected: &str| assert_eq!(literal(text), expected);
        check("가나", "'가나'");
        check("it's", "\"it's\"");
        check("\"\"\"", "'\"\"\"'");
        check("it's \"so\"", "'it\\'s \"so\"'");
        check("a\\b\n\r\t\u{7}\u{0}\u{85}", "'a\\\\b\\n\\r\\t\\x07\\x00\\x85'");
        // Here `repr` would escape the joiners.
        check("👩\u{200d}👧", "'👩\u{200d}👧'");
    }
}
