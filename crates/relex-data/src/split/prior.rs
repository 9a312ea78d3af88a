//! A wanted mix of labels → rows of every label.

use std::collections::BTreeMap;

use super::refuse;
use crate::error::{DataError, clip};
use crate::labels::{LabelSet, did_you_mean};

/// How many rows of every label a validation set of `fraction` of all rows should hold; `available` are the rows there are.
///
/// # Errors
/// [`DataError::Split`] when the mix names an unknown label, is no mix, or wants so many rows of a label that none would
/// be left to learn from.
pub(super) fn wanted_rows(
    prior: &BTreeMap<String, f64>,
    fraction: f64,
    labels: &LabelSet,
    available: &[usize],
) -> Result<Vec<f64>, DataError> {
    let shares = shares(prior, labels)?;
    let rows = available.iter().sum::<usize>() as f64;
    let wanted: Vec<f64> = shares.iter().map(|share| share * fraction * rows).collect();

    // Less than half a row is none, and one row of the label must be left to learn from.
    let most = |label: usize| (available[label] as f64 - 1.0).max(0.49);
    let short: Vec<usize> = (0..labels.len())
        .filter(|label| wanted[*label] > most(*label))
        .collect();
    if short.is_empty() {
        return Ok(wanted);
    }
    let named: Vec<String> = short
        .iter()
        .take(5)
        .map(|label| {
            let name = &labels.names()[*label];
            format!(
                "`{name}` has {} but {:.0} are wanted",
                available[*label],
                wanted[*label].max(1.0)
            )
        })
        .collect();
    let feasible = short
        .iter()
        .map(|label| most(*label) / (shares[*label] * rows))
        .fold(f64::INFINITY, f64::min);
    refuse(format!(
        "{} of {} labels have too few rows for a validation set of {fraction} with this mix and one row left to learn \
         from: {}{}; ask for a valid_fraction of at most {}, or for a smaller share of these labels",
        short.len(),
        labels.len(),
        named.join(", "),
        if short.len() > named.len() { " …" } else { "" },
        // Rounded down, so that it works.
        (feasible * 1e6).floor() / 1e6,
    ))
}

/// The mix in label order, summing to 1.
fn shares(prior: &BTreeMap<String, f64>, labels: &LabelSet) -> Result<Vec<f64>, DataError> {
    let mut shares = vec![0.0; labels.len()];
    for (name, share) in prior {
        let Some(id) = labels.id(name) else {
            let hint = did_you_mean(name, labels.names().iter().map(String::as_str));
            return refuse(format!(
                "the wanted mix names `{}`, which is no label of the data set{hint}; correct or remove it",
                clip(name)
            ));
        };
        if !(share.is_finite() && *share >= 0.0) {
            return refuse(format!(
                "the wanted mix gives `{name}` the share {share}; shares are numbers of 0 or more"
            ));
        }
        shares[id.index()] = *share;
    }
    let sum: f64 = shares.iter().sum();
    if !(sum.is_finite() && sum > 0.0) {
        return refuse("the wanted mix has no share above 0; name the labels that validation should hold".to_owned());
    }
    Ok(shares.into_iter().map(|share| share / sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> LabelSet {
        LabelSet::new(["no_relation", "per:title", "org:founded"], "no_relation").unwrap()
    }

    fn wanted(prior: &[(&str, f64)], fraction: f64, available: [usize; 3]) -> Result<Vec<f64>, String> {
        let prior = prior.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect();
        wanted_rows(&prior, fraction, &labels(), &available).map_err(|error| error.to_string())
    }

    #[test]
    fn shares_may_be_counts() {
        // A quarter of 100 rows is 25: four fifths and one fifth of them.
        let expected = Ok(vec![20.0, 5.0, 0.0]);
        assert_eq!(
            wanted(&[("no_relation", 0.8), ("per:title", 0.2)], 0.25, [50, 40, 10]),
            expected
        );
        assert_eq!(
            wanted(&[("no_relation", 40.0), ("per:title", 10.0)], 0.25, [50, 40, 10]),
            expected
        );
    }

    #[test]
    fn labels_with_too_few_rows_are_named_with_a_share_that_works() {
        let even = [("no_relation", 1.0), ("per:title", 1.0), ("org:founded", 2.0)];
        let message = wanted(&even, 0.5, [50, 40, 10]).unwrap_err();
        // Half of 50 rows are 25; at most 9 of 10 may go, and 9 / (0.5 · 100) = 0.18.
        assert!(message.contains("1 of 3 labels"), "{message}");
        assert!(message.contains("`org:founded` has 10 but 25 are wanted"), "{message}");
        assert!(message.contains("at most 0.18,"), "{message}");
        assert!(wanted(&even, 0.18, [50, 40, 10]).is_ok());
        let message = wanted(&even, 0.5, [60, 40, 0]).unwrap_err();
        assert!(message.contains("`org:founded` has 0 but"), "{message}");
        // A hundredth of 20 rows is a fifth of a row: none.
        assert!(wanted(&[("no_relation", 99.0), ("org:founded", 1.0)], 0.2, [60, 40, 0]).is_ok());
    }

    #[test]
    fn what_is_no_mix_is_refused() {
        let check = |prior: &[(&str, f64)], part: &str| {
            let message = wanted(prior, 0.1, [50, 40, 10]).unwrap_err();
            assert!(message.contains(part), "{message}");
        };
        check(&[("per:titel", 1.0)], "did you mean `per:title`?");
        check(&[("per:title", -0.5)], "the share -0.5");
        check(&[("per:title", f64::NAN)], "the share NaN");
        check(&[], "no share above 0");
        check(&[("per:title", 0.0)], "no share above 0");
    }
}
