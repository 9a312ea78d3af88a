//! One number that makes a model less, or more, sure of itself.

use serde::{Deserialize, Serialize};

use super::tilt::maximise_likelihood;
use crate::error::EvalError;
use crate::probabilities::{ProbabilityTable, floored_ln, softmax};

/// The range in which a temperature is looked for.
const RANGE: (f64, f64) = (0.05, 20.0);

/// What logits are divided by before the softmax: above 1 the model was too sure of itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Temperature {
    /// The temperature, above 0.
    pub value: f64,
    /// Whether the likelihood would have grown beyond the range of 0.05 to 20: then the rows do not
    /// tell the temperature, as where every prediction is right.
    pub at_bound: bool,
}

/// The temperature under which the gold labels are most likely (Guo, Pleiss, Sun & Weinberger 2017,
/// section 4.2). `gold` is `[rows]`. Zeros count as [`PROBABILITY_FLOOR`](crate::PROBABILITY_FLOOR).
///
/// The rows should be ones that the model did not learn from: on its training rows it is always too
/// sure of itself.
///
/// # Errors
/// [`EvalError::Length`] or [`EvalError::LabelIndex`] if `gold` does not fit.
///
/// ```
/// use relex_eval::{ProbabilityTable, fit_temperature};
///
/// // Always 0.9 sure of the first label, but right in three rows of four only.
/// let table = ProbabilityTable::new([0.9, 0.1].repeat(4), 2)?;
/// let temperature = fit_temperature(&table, &[0, 0, 1, 0])?;
/// assert!((temperature.value - 9_f64.ln() / 3_f64.ln()).abs() < 1e-9);
/// assert!((temperature.apply(&table).values()[0] - 3.0 / 4.0).abs() < 1e-9);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn fit_temperature(table: &ProbabilityTable, gold: &[usize]) -> Result<Temperature, EvalError> {
    table.check_gold(gold)?;
    let logits: Vec<f64> = table.values().iter().copied().map(floored_ln).collect();
    let base = vec![0.0; logits.len()];
    // The problem is convex in the inverse of the temperature.
    let inverse = maximise_likelihood(&base, &logits, gold, table.classes(), (1.0 / RANGE.1, 1.0 / RANGE.0));
    Ok(Temperature {
        value: 1.0 / inverse.at,
        at_bound: inverse.at_bound,
    })
}

impl Temperature {
    /// The probabilities at this temperature. No row's most probable label changes.
    pub fn apply(&self, table: &ProbabilityTable) -> ProbabilityTable {
        table.rewritten(|_, shares| {
            shares
                .iter_mut()
                .for_each(|share| *share = floored_ln(*share) / self.value);
            softmax(shares);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_ones_are_survived() {
        let table = ProbabilityTable::new([1.0, 0.0].repeat(10), 2).unwrap();
        let right = fit_temperature(&table, &[0; 10]).unwrap();
        assert!(right.at_bound && right.value < 0.051, "{right:?}");
        let mostly = fit_temperature(&table, &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap();
        // Odds of 1e12 become odds of 9.
        approx::assert_abs_diff_eq!(mostly.value, 1e12_f64.ln() / 9_f64.ln(), epsilon = 1e-4);
        let wrong = fit_temperature(&table, &[1; 10]).unwrap();
        assert!(wrong.at_bound && wrong.value > 19.9, "{wrong:?}");
        assert!(ProbabilityTable::new(wrong.apply(&table).into_values(), 2).is_ok());
    }
}
