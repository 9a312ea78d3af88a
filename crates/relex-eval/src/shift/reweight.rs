//! Probabilities for another mix of labels.

use super::prior::Prior;
use crate::error::EvalError;
use crate::metric::check_length;
use crate::probabilities::ProbabilityTable;

/// The probabilities `p(y | x)` that the model would give had it learnt the shares `target` rather than
/// `source`: proportional to `p(y | x) · target(y) / source(y)` (Saerens et al. 2002, equation 2.4).
///
/// A row of which the target's shares leave nothing becomes the target's shares. A label that neither has a
/// share of keeps its probability's proportion.
///
/// # Errors
/// [`EvalError::Length`] if the shares are for other labels, [`EvalError::Setting`] if the target has a
/// share of a label that the source has none of: what the model says of it means nothing.
///
/// ```
/// use relex_eval::{Prior, ProbabilityTable, reweight};
///
/// let table = ProbabilityTable::new(vec![0.5, 0.5], 2)?;
/// let (even, skewed) = (Prior::new(vec![0.5, 0.5])?, Prior::new(vec![0.8, 0.2])?);
/// assert!((reweight(&table, &even, &skewed)?.values()[0] - 0.8).abs() < 1e-12);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn reweight(table: &ProbabilityTable, source: &Prior, target: &Prior) -> Result<ProbabilityTable, EvalError> {
    check_length("source shares", table.classes(), source.shares().len())?;
    check_length("target shares", table.classes(), target.shares().len())?;
    let ratios: Vec<f64> = source
        .shares()
        .iter()
        .zip(target.shares())
        .map(|(&source, &target)| match (source > 0.0, target > 0.0) {
            (true, _) => Ok(target / source),
            (false, false) => Ok(1.0),
            (false, true) => Err(EvalError::Setting {
                name: "target share of a label that the source has no row of",
                value: target.to_string(),
                allowed: "0",
            }),
        })
        .collect::<Result<_, _>>()?;
    Ok(table.rewritten(|_, shares| {
        shares
            .iter_mut()
            .zip(&ratios)
            .for_each(|(share, ratio)| *share *= ratio);
        if shares.iter().sum::<f64>() <= 0.0 {
            shares.copy_from_slice(target.shares());
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_are_survived() {
        let table = ProbabilityTable::new(vec![1.0, 0.0, 0.0, 1.0], 2).unwrap();
        let even = Prior::new(vec![0.5, 0.5]).unwrap();
        let none = Prior::new(vec![0.0, 1.0]).unwrap();
        assert_eq!(reweight(&table, &even, &none).unwrap().values(), [0.0, 1.0, 0.0, 1.0]);
        assert!(matches!(reweight(&table, &none, &even), Err(EvalError::Setting { .. })));
        let three = Prior::new(vec![1.0; 3]).unwrap();
        assert!(matches!(reweight(&table, &even, &three), Err(EvalError::Length { .. })));
    }
}
