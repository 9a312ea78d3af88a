//! How many children each label gets.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{DataError, clip};
use crate::labels::LabelId;

/// How many children are made of which labels. By default one of every row by every recipe, none for the negative label.
///
/// A child counts for its own label, which after a role swap is not its parent's. Rows are never taken away.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Balance {
    /// The rule for labels without one of their own.
    pub amount: Amount,
    /// Labels that get children until they have so many rows, children included; the negative label, too, if it is here.
    pub per_label: BTreeMap<LabelId, usize>,
    /// Whether the rule holds for the negative label.
    pub negative: NegativeRows,
}

/// How many children a label gets. Written `each-row=1` and so on, as [`FromStr`] reads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// Every recipe makes so many children of every row.
    EachRow(usize),
    /// Children are made until the label has at least so many rows, children included.
    AtLeast(usize),
    /// Children are made until the label has so many times its rows; at least 1.
    Factor(f64),
    /// Every recipe makes one child of every row, but of no label beyond so many rows, children included.
    AtMost(usize),
}

/// Whether rows of the negative label are augmented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NegativeRows {
    /// They are not: most data has too many already.
    #[default]
    Excluded,
    /// They are, like all others.
    Included,
}

/// What is asked of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Demand {
    /// The number of children wanted; `None` is as many as the rounds give.
    pub(super) children: Option<usize>,
    /// How many children at most each recipe makes of one row.
    pub(super) rounds: usize,
}

impl Balance {
    /// What is asked of a label with so many rows.
    pub(super) fn demand(&self, label: LabelId, rows: usize, negative: LabelId) -> Demand {
        let up_to = |target: usize, rounds| Demand {
            children: Some(target.saturating_sub(rows)),
            rounds,
        };
        if let Some(target) = self.per_label.get(&label) {
            return up_to(*target, usize::MAX);
        }
        if label == negative && self.negative == NegativeRows::Excluded {
            return up_to(0, 0);
        }
        match self.amount {
            Amount::EachRow(rounds) => Demand { children: None, rounds },
            Amount::AtLeast(target) => up_to(target, usize::MAX),
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a number of rows, and a factor of at least 1"
            )]
            Amount::Factor(factor) => up_to((rows as f64 * factor).round() as usize, usize::MAX),
            Amount::AtMost(target) => up_to(target, 1),
        }
    }
}

impl Default for Amount {
    fn default() -> Self {
        Self::EachRow(1)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EachRow(count) => write!(out, "each-row={count}"),
            Self::AtLeast(count) => write!(out, "at-least={count}"),
            Self::Factor(factor) => write!(out, "factor={factor}"),
            Self::AtMost(count) => write!(out, "at-most={count}"),
        }
    }
}

impl FromStr for Amount {
    type Err = DataError;

    /// Reads `each-row=N`, `at-least=N`, `factor=F` or `at-most=N`.
    ///
    /// # Errors
    /// [`DataError::Augment`] for anything else, a factor below 1, or no child a row.
    fn from_str(text: &str) -> Result<Self, DataError> {
        let refuse = || DataError::Augment {
            message: format!(
                "`{}` is no balance; give each-row=N or at-least=N or at-most=N with a whole number from 1, or factor=F with a \
                 number from 1",
                clip(text)
            ),
        };
        let (name, value) = text.split_once('=').ok_or_else(refuse)?;
        if name == "factor" {
            let factor: f64 = value.parse().map_err(|_| refuse())?;
            return match (1.0..=1e6).contains(&factor) {
                true => Ok(Self::Factor(factor)),
                false => Err(refuse()),
            };
        }
        let count: usize = value.parse().ok().filter(|count| *count > 0).ok_or_else(refuse)?;
        match name {
            "each-row" => Ok(Self::EachRow(count)),
            "at-least" => Ok(Self::AtLeast(count)),
            "at-most" => Ok(Self::AtMost(count)),
            _ => Err(refuse()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::LabelSet;

    #[test]
    fn amounts_read_what_they_write() {
        for text in ["each-row=3", "at-least=200", "factor=1.5", "factor=2", "at-most=1"] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "each-row",
            "each-row=0",
            "at-least=-1",
            "factor=0.5",
            "factor=inf",
            "factor=NaN",
            "most=2",
        ] {
            let error = text.parse::<Amount>().unwrap_err().to_string();
            assert!(error.contains("give each-row=N"), "{error}");
        }
    }

    #[test]
    fn the_demand_of_a_label() {
        let labels = LabelSet::new(["none", "a"], "none").unwrap();
        let (negative, label) = (labels.negative(), labels.at(1).unwrap());
        let check = |balance: &Balance, label, rows, children, rounds| {
            assert_eq!(balance.demand(label, rows, negative), Demand { children, rounds });
        };
        let of = |amount| Balance {
            amount,
            ..Balance::default()
        };
        check(&Balance::default(), label, 40, None, 1);
        check(&Balance::default(), negative, 40, Some(0), 0);
        check(&of(Amount::AtLeast(200)), label, 40, Some(160), usize::MAX);
        check(&of(Amount::AtLeast(30)), label, 40, Some(0), usize::MAX);
        check(&of(Amount::Factor(2.5)), label, 41, Some(62), usize::MAX); // 41 · 2.5 = 102.5 → 103, 103 − 41
        check(&of(Amount::AtMost(50)), label, 40, Some(10), 1);
        let included = Balance {
            negative: NegativeRows::Included,
            ..of(Amount::EachRow(2))
        };
        check(&included, negative, 40, None, 2);
        let named = Balance {
            per_label: [(negative, 50), (label, 41)].into(),
            ..of(Amount::EachRow(9))
        };
        check(&named, negative, 40, Some(10), usize::MAX);
        check(&named, label, 40, Some(1), usize::MAX);
    }
}
