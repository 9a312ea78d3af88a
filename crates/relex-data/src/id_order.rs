//! The order of ids, for everything that must not depend on the order of rows.

use std::cmp::Ordering;

/// Ids that are numbers by value, before all others; those by their characters.
pub(crate) fn compare_ids(left: &str, right: &str) -> Ordering {
    let number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    match (number(left), number(right)) {
        (true, true) => {
            let (a, b) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
            a.len().cmp(&b.len()).then(a.cmp(b)).then(left.cmp(right))
        }
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use super::compare_ids;

    #[test]
    fn numbers_come_by_value_and_before_names() {
        let mut ids = ["b", "10", "a2", "2", "007", "a10", "", "7"];
        ids.sort_by(|left, right| compare_ids(left, right));
        assert_eq!(ids, ["2", "007", "7", "10", "", "a10", "a2", "b"]);
    }
}
