//! Resampling rows in groups, as whole-number weights: fast, and the same on any number of threads.
//!
//! Rows that share a sentence are not independent, so it is groups (sentences) that are drawn with
//! replacement: a group drawn twice gives each of its rows the weight 2, one not drawn the weight 0.
//! A score that accepts weights is then computed [`LANES`] resamples at a time.

use rayon::prelude::*;

use crate::chance::stream;
use crate::error::EvalError;
use crate::groups::RowGroups;
use crate::interval::{Interval, check_level, percentile_interval};
use crate::metric::{Cells, RankedScores, check_labels, check_length};
use crate::text::thousands;

/// How many resamples are scored side by side.
pub const LANES: usize = 8;

/// How often one row was drawn in each of [`LANES`] resamples.
pub type RowWeights = [u32; LANES];

/// Resamples beyond each end of an interval without which the end is not known well enough.
const BEYOND_EACH_END: f64 = 25.0;

/// How many resamples an interval of a level wants: as many as leave 25 beyond each of its ends, which is 1,000 for 95 %.
///
/// The ends are quantiles of the resampled scores, and where bias and skew are corrected for, one of them is a rarer quantile still:
/// of 10 resamples they are the smallest and the largest, or nearly, whatever the level.
///
/// ```
/// assert_eq!(relex_eval::enough_resamples(0.95), 1_000);
/// assert_eq!(relex_eval::enough_resamples(0.99), 5_000);
/// ```
#[must_use]
pub fn enough_resamples(level: f64) -> usize {
    // One that rounding adds is none.
    (2.0 * BEYOND_EACH_END / (1.0 - level) - 1e-6).ceil() as usize
}

/// The warning that intervals of a level come from fewer resamples than that, if they do: a sentence without capital and stop.
pub(crate) fn too_few_resamples(resamples: usize, level: f64) -> Option<String> {
    let enough = enough_resamples(level);
    (resamples < enough).then(|| {
        format!(
            "{} resamples are too few for {:.0} % intervals: with fewer than {} where they end is a matter of chance",
            thousands(resamples),
            level * 100.0,
            thousands(enough)
        )
    })
}

/// How many resamples are drawn, from which random numbers, and how wide the interval is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapConfig {
    /// Number of resamples, at least 1. An interval wants as many as [`enough_resamples`] says.
    pub resamples: usize,
    /// Seed of the random numbers. The same seed gives the same numbers on every machine.
    pub seed: u64,
    /// Confidence level of the intervals, between 0 and 1.
    pub level: f64,
}

impl Default for BootstrapConfig {
    /// 1,000 resamples, seed 0, level 0.95.
    fn default() -> Self {
        Self {
            resamples: 1_000,
            seed: 0,
            level: 0.95,
        }
    }
}

/// The values that `SCORES` scores take on resampled groups, one list of
/// `config.resamples` values a score, in resample order.
///
/// `groups[row]` is the group of a row; any numbers do, rows with equal numbers belong together.
/// `score` gets the weights of every row (`[rows]`) in [`LANES`] resamples and returns each
/// score in each of them. Resample *i* uses a `ChaCha` stream of its own, numbered *i*: asking for
/// more resamples leaves the first ones as they were, and threads do not matter.
///
/// # Errors
/// [`EvalError::NoRows`] if `groups` is empty, [`EvalError::Setting`] if `config` is out of range.
pub fn bootstrap<const SCORES: usize>(
    groups: &[usize],
    config: &BootstrapConfig,
    score: impl Fn(&[RowWeights]) -> [[f64; LANES]; SCORES] + Sync,
) -> Result<[Vec<f64>; SCORES], EvalError> {
    let values = resample(&RowGroups::new(groups), config, SCORES, |weights, lanes| {
        lanes.copy_from_slice(&score(weights));
    })?;
    let mut values = values.into_iter();
    Ok(std::array::from_fn(|_| values.next().unwrap_or_default()))
}

/// [`bootstrap`] for a number of scores that is known only at run time. `score` gets the weights of
/// every row and writes each score in each lane.
pub(crate) fn resample(
    groups: &RowGroups,
    config: &BootstrapConfig,
    scores: usize,
    score: impl Fn(&[RowWeights], &mut [[f64; LANES]]) + Sync,
) -> Result<Vec<Vec<f64>>, EvalError> {
    check_level(config.level)?;
    if config.resamples == 0 {
        return Err(EvalError::Setting {
            name: "resamples",
            value: config.resamples.to_string(),
            allowed: "at least 1, and 1000 or more for a 95 % interval",
        });
    }
    if groups.count() == 0 {
        return Err(EvalError::NoRows);
    }
    let blocks: Vec<Vec<[f64; LANES]>> = (0..config.resamples.div_ceil(LANES))
        .into_par_iter()
        .map_init(
            || {
                (
                    vec![[0; LANES]; groups.count()],
                    vec![[0; LANES]; groups.of_rows().len()],
                )
            },
            |(group_weights, row_weights), block| {
                group_weights.fill([0; LANES]);
                for (lane, number) in (block * LANES..).take(LANES).enumerate() {
                    let mut stream = stream(config.seed, "relex-eval bootstrap", number);
                    groups.draw(&mut stream, |group| group_weights[group][lane] += 1);
                }
                for (weights, &group) in row_weights.iter_mut().zip(groups.of_rows()) {
                    *weights = group_weights[group as usize];
                }
                let mut lanes = vec![[0.0; LANES]; scores];
                score(row_weights, &mut lanes);
                lanes
            },
        )
        .collect();
    Ok(transpose(&blocks, scores, config.resamples))
}

/// The values of each score in order, from blocks of [`LANES`] of them; the last block may be cut.
pub(crate) fn transpose(blocks: &[Vec<[f64; LANES]>], scores: usize, count: usize) -> Vec<Vec<f64>> {
    (0..scores)
        .map(|score| blocks.iter().flat_map(|block| block[score]).take(count).collect())
        .collect()
}

/// Percentile interval of [`micro_f1`](crate::micro_f1), in percent, over resampled groups.
///
/// All slices have one value a row.
///
/// # Errors
/// As [`micro_f1`](crate::micro_f1) and [`bootstrap`].
pub fn micro_f1_interval(
    gold: &[usize],
    predicted: &[usize],
    negative: usize,
    groups: &[usize],
    config: &BootstrapConfig,
) -> Result<Interval, EvalError> {
    check_length("predicted", gold.len(), predicted.len())?;
    check_length("groups", gold.len(), groups.len())?;
    let classes = gold.iter().chain(predicted).max().map_or(0, |&label| label + 1);
    let cells = Cells::new(gold, predicted, classes, negative);
    let [values] = bootstrap(groups, config, |weights| [cells.count(weights).micro_f1()])?;
    percentile_interval(&values, config.level)
}

/// Percentile interval of the mean of [`auprc`](crate::auprc), in percent, over resampled groups.
///
/// `probabilities` is row-major `[rows, classes]`. In each resample the mean is over the classes
/// that have a gold row in it.
///
/// # Errors
/// As [`auprc`](crate::auprc) and [`bootstrap`].
pub fn auprc_interval(
    gold: &[usize],
    probabilities: &[f64],
    classes: usize,
    groups: &[usize],
    config: &BootstrapConfig,
) -> Result<Interval, EvalError> {
    check_length("groups", gold.len(), groups.len())?;
    check_labels("gold", gold, classes)?;
    let ranked = RankedScores::new(gold, probabilities, classes)?;
    let [values] = bootstrap(groups, config, |weights| [ranked.weighted_mean(weights)])?;
    percentile_interval(&values, config.level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights_of(groups: &[usize], config: &BootstrapConfig) -> Vec<Vec<u32>> {
        let drawn = std::sync::Mutex::new(Vec::new());
        let total = |weights: &[RowWeights]| {
            let lanes: [Vec<u32>; LANES] = std::array::from_fn(|lane| weights.iter().map(|row| row[lane]).collect());
            drawn.lock().unwrap().extend(lanes);
            [[0.0; LANES]]
        };
        let _ = bootstrap(groups, config, total).unwrap();
        drawn.into_inner().unwrap()
    }

    #[test]
    fn draws_as_many_groups_as_there_are_and_keeps_them_whole() {
        let groups = [7, 7, 900, 3, 3, 3];
        for weights in weights_of(
            &groups,
            &BootstrapConfig {
                resamples: 64,
                ..BootstrapConfig::default()
            },
        ) {
            assert_eq!(weights[0] + weights[2] + weights[3], 3, "{weights:?}");
            assert_eq!(weights[0], weights[1]);
            assert_eq!((weights[3], weights[3]), (weights[4], weights[5]));
        }
    }

    #[test]
    fn every_group_is_drawn_once_on_average() {
        let groups: Vec<usize> = (0..10).collect();
        let drawn = weights_of(
            &groups,
            &BootstrapConfig {
                resamples: 8_000,
                ..BootstrapConfig::default()
            },
        );
        for group in 0..10 {
            let mean = drawn.iter().map(|weights| f64::from(weights[group])).sum::<f64>() / drawn.len() as f64;
            // The standard error is sqrt(0.9 / 8000) = 0.011; five of them.
            approx::assert_abs_diff_eq!(mean, 1.0, epsilon = 0.053);
        }
    }

    #[test]
    fn threads_and_the_number_of_resamples_do_not_change_the_numbers() {
        let groups: Vec<usize> = (0..50).map(|row| row / 2).collect();
        let score = |weights: &[RowWeights]| {
            [std::array::from_fn(|lane| {
                weights
                    .iter()
                    .enumerate()
                    .map(|(row, weight)| row as f64 * f64::from(weight[lane]))
                    .sum()
            })]
        };
        let run = |threads: usize, resamples: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let config = BootstrapConfig {
                resamples,
                seed: 5,
                level: 0.95,
            };
            let [values] = pool.install(|| bootstrap(&groups, &config, score)).unwrap();
            values
        };
        let one = run(1, 37);
        assert_eq!(one.len(), 37);
        assert_eq!(one, run(3, 37));
        assert_eq!(one[..], run(2, 101)[..37]);
    }

    #[test]
    fn few_resamples_are_warned_of() {
        assert_eq!(too_few_resamples(1_000, 0.95), None);
        assert_eq!(
            too_few_resamples(10, 0.95).as_deref(),
            Some(
                "10 resamples are too few for 95 % intervals: with fewer than 1,000 where they end is a matter of chance"
            )
        );
        assert!(too_few_resamples(1_000, 0.99).is_some());
        assert!(too_few_resamples(500, 0.9).is_none());
    }

    #[test]
    fn refuses_empty_input_and_settings_out_of_range() {
        let score = |_: &[RowWeights]| [[0.0; LANES]];
        let config = BootstrapConfig::default();
        assert!(matches!(bootstrap(&[], &config, score), Err(EvalError::NoRows)));
        let none = BootstrapConfig { resamples: 0, ..config };
        assert!(matches!(
            bootstrap(&[0], &none, score),
            Err(EvalError::Setting { name: "resamples", .. })
        ));
        let wide = BootstrapConfig { level: 1.0, ..config };
        assert!(matches!(
            bootstrap(&[0], &wide, score),
            Err(EvalError::Setting { name: "level", .. })
        ));
    }
}
