//! Python list literals of numbers, as `pandas` writes them into a CSV field.

/// Reads `[0.1, 2e-3, 1]`; a trailing comma is allowed, as in Python.
///
/// The error says what is wrong and shows the offending part. Numbers must be finite.
pub(crate) fn parse_list(text: &str) -> Result<Vec<f64>, (&'static str, &str)> {
    let trimmed = text.trim();
    let inner = trimmed
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .ok_or(("not a list in square brackets", trimmed))?
        .trim();
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    let inner = inner.strip_suffix(',').unwrap_or(inner);
    inner.split(',').map(parse_number).collect()
}

fn parse_number(text: &str) -> Result<f64, (&'static str, &str)> {
    let text = text.trim();
    let value: f64 = text.parse().map_err(|_| ("an item is not a number", text))?;
    if value.is_finite() {
        Ok(value)
    } else {
        Err(("an item is not a finite number", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_python_writes() {
        assert_eq!(parse_list("[0.1, 1e-07, 1]"), Ok(vec![0.1, 1e-7, 1.0]));
        assert_eq!(parse_list(" [0.5,0.25,] "), Ok(vec![0.5, 0.25]));
        assert_eq!(parse_list("[]"), Ok(vec![]));
    }

    #[test]
    fn shows_the_part_that_is_wrong() {
        assert_eq!(
            parse_list("0.1, 0.2"),
            Err(("not a list in square brackets", "0.1, 0.2"))
        );
        assert_eq!(parse_list("[0.1 0.2]"), Err(("an item is not a number", "0.1 0.2")));
        assert_eq!(parse_list("[0.1,,0.2]"), Err(("an item is not a number", "")));
        assert_eq!(parse_list("[0.1, nan]"), Err(("an item is not a finite number", "nan")));
        assert_eq!(parse_list("[1e999]"), Err(("an item is not a finite number", "1e999")));
        assert_eq!(parse_list("["), Err(("not a list in square brackets", "[")));
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = parse_list(&text);
        }
    }
}
