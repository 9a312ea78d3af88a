//! Which rows, or labels, two runs have in common.

use std::collections::HashMap;

/// How many names a message shows.
const NAMED: usize = 5;

/// Names that stand on one side only: how many, and some of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unmatched {
    pub(crate) only_present: String,
    pub(crate) only_wanted: String,
}

/// Where each of `wanted` stands in `present`, if both hold the same names, all different.
pub(crate) fn positions(present: &[String], wanted: &[String]) -> Result<Vec<usize>, Unmatched> {
    let index = |names: &[String]| -> HashMap<String, usize> { names.iter().cloned().zip(0..).collect() };
    let (places, known) = (index(present), index(wanted));
    let only = |names: &[String], others: &HashMap<String, usize>| -> Vec<String> {
        names
            .iter()
            .filter(|name| !others.contains_key(*name))
            .cloned()
            .collect()
    };
    let (only_present, only_wanted) = (only(present, &known), only(wanted, &places));
    if only_present.is_empty() && only_wanted.is_empty() {
        Ok(wanted.iter().map(|name| places[name]).collect())
    } else {
        Err(Unmatched {
            only_present: some_of(&only_present),
            only_wanted: some_of(&only_wanted),
        })
    }
}

/// The count, and the first few.
pub(crate) fn some_of(items: &[String]) -> String {
    let shown = items[..items.len().min(NAMED)].join(", ");
    match items.len() {
        0 => "none".to_owned(),
        count if count > NAMED => format!("{count} ({shown}, …)"),
        count => format!("{count} ({shown})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn names_are_found_or_counted() {
        assert_eq!(positions(&names("a b c"), &names("c a b")), Ok(vec![2, 0, 1]));
        let check = |present: &str, wanted: &str, only_present: &str, only_wanted: &str| {
            let found = positions(&names(present), &names(wanted)).unwrap_err();
            assert_eq!(
                (found.only_present.as_str(), found.only_wanted.as_str()),
                (only_present, only_wanted)
            );
        };
        check("a b", "a", "1 (b)", "none");
        check("a", "a g f e d c b", "none", "6 (g, f, e, d, c, …)");
    }
}
