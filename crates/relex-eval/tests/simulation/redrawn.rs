//! Other ways to decide between arms of several runs: sentences and runs both drawn again, literally.

use relex_eval::{BootstrapConfig, LANES, RowWeights, bootstrap};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::{Chance, World};

/// What micro-F1 does when sentences and runs are drawn again.
pub(crate) struct Redrawn {
    difference: f64,
    /// The difference of the arms' means in each resample of sentences, all runs taken. `[resamples]`
    sentences: Vec<f64>,
    /// The same with the runs of each arm drawn with replacement. `[resamples]`
    both: Vec<f64>,
    /// The same with each arm's runs moved from their mean by √(k / (k − 1)), which k runs drawn from k fall short by.
    /// `[resamples]`
    widened: Vec<f64>,
    /// The variance of the arms' means that is in the ups and downs of single runs over sentences.
    pub(crate) interaction: f64,
}

/// A way to decide at the 5 % level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Runs averaged; sentences drawn again; normal quantiles.
    SpreadIgnored,
    /// Both drawn again; the percentile interval.
    BothDrawn,
    /// Both drawn again, the runs moved apart for their number; normal quantiles.
    BothWidened,
    /// The same with Student's t.
    BothWidenedStudent,
}

impl Rule {
    pub(crate) const ALL: [Self; 4] = [
        Self::SpreadIgnored,
        Self::BothDrawn,
        Self::BothWidened,
        Self::BothWidenedStudent,
    ];
}

impl Redrawn {
    pub(crate) fn draw(world: &World, arms: &[Vec<Vec<f64>>], resamples: usize, seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0x5eed);
        let mut redrawn = Self {
            difference: 0.0,
            sentences: vec![0.0; resamples],
            both: vec![0.0; resamples],
            widened: vec![0.0; resamples],
            interaction: 0.0,
        };
        for (arm, sign) in arms.iter().zip([-1.0, 1.0]) {
            let count = arm.len() as f64;
            let all = vec![[1; LANES]; world.gold.len()];
            let values = arm.iter().map(|run| world.micro_f1(run, &all)[0]);
            redrawn.difference += sign * values.sum::<f64>() / count;
            let config = BootstrapConfig {
                resamples,
                seed,
                level: 0.95,
            };
            // One seed, so that every run meets the same sentences.
            let scores = arm.iter().map(|run| {
                let [scores] = bootstrap(&world.groups, &config, |weights| [world.micro_f1(run, weights)])
                    .expect("a simulated world can be resampled");
                scores
            });
            let scores: Vec<Vec<f64>> = scores.collect();
            let means: Vec<f64> = (0..resamples)
                .map(|resample| scores.iter().map(|run| run[resample]).sum::<f64>() / count)
                .collect();
            for run in &scores {
                let own: Vec<f64> = run.iter().zip(&means).map(|(own, mean)| own - mean).collect();
                redrawn.interaction += variance(&own) / (count - 1.0) / count;
            }
            for (resample, mean) in means.iter().enumerate() {
                let drawn = (0..arm.len()).map(|_| scores[(chance.uniform() * count) as usize][resample]);
                let drawn = drawn.sum::<f64>() / count;
                redrawn.sentences[resample] += sign * mean;
                redrawn.both[resample] += sign * drawn;
                redrawn.widened[resample] += sign * (mean + (drawn - mean) * (count / (count - 1.0)).sqrt());
            }
        }
        redrawn
    }

    /// Whether a difference is claimed; `freedom` is that of Student's t.
    pub(crate) fn claims(&self, rule: Rule, freedom: f64) -> bool {
        let quantile = match rule {
            Rule::BothWidenedStudent => StudentsT::new(0.0, 1.0, freedom).map_or(1.96, |t| t.inverse_cdf(0.975)),
            _ => Normal::standard().inverse_cdf(0.975),
        };
        let beyond = |resampled: &[f64]| self.difference.abs() > quantile * variance(resampled).sqrt();
        match rule {
            Rule::SpreadIgnored => beyond(&self.sentences),
            Rule::BothWidened | Rule::BothWidenedStudent => beyond(&self.widened),
            Rule::BothDrawn => {
                let mut sorted = self.both.clone();
                sorted.sort_by(f64::total_cmp);
                let at = |share: f64| sorted[(share * (sorted.len() - 1) as f64).round() as usize];
                at(0.025) > 0.0 || at(0.975) < 0.0
            }
        }
    }

    /// The variance of the difference when both are drawn again and the runs moved apart.
    pub(crate) fn widened_variance(&self) -> f64 {
        variance(&self.widened)
    }
}

impl World {
    /// Micro-F1 of a run on rows of these weights.
    fn micro_f1(&self, probabilities: &[f64], weights: &[RowWeights]) -> [f64; LANES] {
        let (mut hits, mut relations) = ([0.0; LANES], [0.0; LANES]);
        let rows = probabilities.chunks(self.labels.len());
        for ((row, &gold), weights) in rows.zip(&self.gold).zip(weights) {
            let predicted = relex_eval::argmax(row);
            let hit = f64::from(u8::from(predicted == gold && gold != 0));
            let either = f64::from(u8::from(predicted != 0) + u8::from(gold != 0));
            for lane in 0..LANES {
                hits[lane] += hit * f64::from(weights[lane]);
                relations[lane] += either * f64::from(weights[lane]);
            }
        }
        std::array::from_fn(|lane| {
            if relations[lane] > 0.0 {
                200.0 * hits[lane] / relations[lane]
            } else {
                0.0
            }
        })
    }
}

fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
}
