//! Worlds in which the truth is known: sentences of several rows, and systems of a given skill that predict on them.

mod redrawn;

pub(crate) use redrawn::{Redrawn, Rule};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use relex_eval::{Arm, BootstrapConfig, Comparison, ComparisonInput, Metric, compare};

/// Random numbers of one simulated comparison.
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// Rows of a data set: one to four a sentence, hard or easy together.
pub(crate) struct World {
    pub(crate) labels: Vec<String>,
    pub(crate) gold: Vec<usize>,
    pub(crate) groups: Vec<usize>,
    /// How much easier than usual each sentence is.
    ease: Vec<f64>,
}

impl World {
    /// Label 0 is the negative one and half of the rows; relation *r* of the others is as frequent as 1 / *r*.
    pub(crate) fn new(sentences: usize, classes: usize, chance: &mut Chance) -> Self {
        let weights: Vec<f64> = (1..classes).map(|relation| 1.0 / relation as f64).collect();
        let total: f64 = weights.iter().sum();
        let (mut gold, mut groups) = (Vec::new(), Vec::new());
        for sentence in 0..sentences {
            for _ in 0..1 + (chance.uniform() * 4.0) as usize {
                let mut left = chance.uniform() * total;
                let passed = weights.iter().take_while(|weight| {
                    left -= **weight;
                    left >= 0.0
                });
                let relation = 1 + passed.count().min(classes - 2);
                gold.push(if chance.uniform() < 0.5 { 0 } else { relation });
                groups.push(sentence);
            }
        }
        Self {
            labels: (0..classes).map(|class| format!("label {class}")).collect(),
            gold,
            groups,
            ease: (0..sentences).map(|_| 0.7 * chance.normal()).collect(),
        }
    }

    /// Probabilities of a system: the gold label's logit is `skill` above the others', and more where the sentence is easy, to
    /// all systems or to this one.
    pub(crate) fn predict(&self, skill: f64, chance: &mut Chance) -> Vec<f64> {
        let own: Vec<f64> = self.ease.iter().map(|ease| ease + 0.5 * chance.normal()).collect();
        let classes = self.labels.len();
        let mut probabilities = Vec::with_capacity(self.gold.len() * classes);
        for (&gold, &sentence) in self.gold.iter().zip(&self.groups) {
            let odds: Vec<f64> = (0..classes)
                .map(|class| {
                    let lift = if class == gold { skill + own[sentence] } else { 0.0 };
                    (lift + chance.normal()).exp()
                })
                .collect();
            let sum: f64 = odds.iter().sum();
            probabilities.extend(odds.iter().map(|odds| odds / sum));
        }
        probabilities
    }

    pub(crate) fn compare(&self, metric: Metric, arms: &[Vec<Vec<f64>>], resamples: usize, seed: u64) -> Comparison {
        let arms: Vec<Arm<'_>> = (0..)
            .zip(arms)
            .map(|(index, runs)| Arm {
                name: format!("arm {index}"),
                runs: runs.iter().map(Vec::as_slice).collect(),
            })
            .collect();
        compare(&ComparisonInput {
            labels: &self.labels,
            negative: 0,
            gold: &self.gold,
            groups: &self.groups,
            arms: &arms,
            metric,
            baseline: None,
            bootstrap: BootstrapConfig {
                resamples,
                seed,
                level: 0.95,
            },
        })
        .expect("a simulated world can be compared")
    }
}

/// Two arms of the same or of different skill.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) metric: Metric,
    pub(crate) sentences: usize,
    /// Runs of each arm.
    pub(crate) runs: [usize; 2],
    /// How far the skill of runs of one arm spreads.
    pub(crate) seed_spread: f64,
    /// How much more skill the second arm has.
    pub(crate) lead: f64,
    pub(crate) resamples: usize,
}

impl Setting {
    /// One simulated comparison.
    pub(crate) fn simulate(&self, number: u64) -> Comparison {
        let (world, arms) = self.draw(number);
        world.compare(self.metric, &arms, self.resamples, number)
    }

    /// One simulated comparison, and what drawing sentences and runs again makes of it; the metric must be micro-F1.
    pub(crate) fn simulate_redrawn(&self, number: u64) -> (Comparison, Redrawn) {
        let (world, arms) = self.draw(number);
        let redrawn = Redrawn::draw(&world, &arms, self.resamples, number);
        (world.compare(self.metric, &arms, self.resamples, number), redrawn)
    }

    fn draw(&self, number: u64) -> (World, Vec<Vec<Vec<f64>>>) {
        let mut chance = Chance::new(number);
        let world = World::new(self.sentences, 5, &mut chance);
        let arms: Vec<Vec<Vec<f64>>> = [0.0, self.lead]
            .into_iter()
            .zip(self.runs)
            .map(|(lead, runs)| {
                (0..runs)
                    .map(|_| {
                        let skill = 2.0 + lead + self.seed_spread * chance.normal();
                        world.predict(skill, &mut chance)
                    })
                    .collect()
            })
            .collect();
        (world, arms)
    }

    /// `count` independent comparisons.
    pub(crate) fn simulate_many(&self, count: u64) -> Vec<Comparison> {
        (0..count).into_par_iter().map(|number| self.simulate(number)).collect()
    }
}

/// The share of comparisons in which the better arm is named, whichever it is.
pub(crate) fn claimed(comparisons: &[Comparison]) -> f64 {
    use relex_eval::Verdict::{FirstBetter, SecondBetter};
    let claims = |comparison: &&Comparison| matches!(comparison.pairs[0].verdict, FirstBetter | SecondBetter);
    comparisons.iter().filter(claims).count() as f64 / comparisons.len() as f64
}
