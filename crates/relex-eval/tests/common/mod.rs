//! A model that knows the truth, for simulations: classes are normal clouds, and its probabilities are the
//! exact posterior, so that it is calibrated by construction.

#![allow(dead_code, reason = "every test uses a part of it")]

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use relex_eval::{BootstrapConfig, Member, OutOfFold, PriorScope, ProbabilityTable, ShiftInput, ShiftLimits, Truth};

pub(crate) const CLASSES: usize = 5;
/// The mix that the model learnt; class 0 is the negative one.
pub(crate) const SOURCE: [f64; CLASSES] = [0.30, 0.25, 0.20, 0.15, 0.10];
/// Twice the negative label, the others in proportion.
pub(crate) const SHIFTED: [f64; CLASSES] = [0.60, 1.0 / 7.0, 0.8 / 7.0, 0.6 / 7.0, 0.4 / 7.0];

pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.uniform() * count as f64) as usize
    }

    /// Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    pub(crate) fn label(&mut self, mix: &[f64]) -> usize {
        let mut left = self.uniform();
        mix.iter()
            .position(|share| {
                left -= share;
                left < 0.0
            })
            .unwrap_or(mix.len() - 1)
    }
}

/// Rows with their true labels.
pub(crate) struct Sample {
    pub(crate) gold: Vec<usize>,
    pub(crate) points: Vec<[f64; 3]>,
}

/// Where the cloud of a class lies.
fn centre(class: usize) -> [f64; 3] {
    const CENTRES: [[f64; 3]; CLASSES] = [
        [0.0, 0.0, 0.0],
        [2.2, 0.0, 0.3],
        [0.0, 2.2, -0.3],
        [-1.6, -1.6, 0.8],
        [0.3, 0.3, 2.4],
    ];
    CENTRES[class]
}

impl Sample {
    pub(crate) fn draw(rows: usize, mix: &[f64], chance: &mut Chance) -> Self {
        let gold: Vec<usize> = (0..rows).map(|_| chance.label(mix)).collect();
        let points = gold
            .iter()
            .map(|&class| centre(class).map(|middle| middle + chance.normal()))
            .collect();
        Self { gold, points }
    }

    /// The exact posterior where the classes are mixed by `mix`, every logit multiplied by `sharpness`.
    pub(crate) fn posterior(&self, mix: &[f64], sharpness: f64) -> ProbabilityTable {
        let logits = self.points.iter().flat_map(|point| {
            (0..CLASSES).map(move |class| {
                let distance: f64 = centre(class).iter().zip(point).map(|(a, b)| (a - b).powi(2)).sum();
                sharpness * (mix[class].ln() - distance / 2.0)
            })
        });
        ProbabilityTable::from_logits(logits.collect(), CLASSES).unwrap()
    }

    pub(crate) fn rows(&self) -> Vec<usize> {
        (0..self.gold.len()).collect()
    }
}

pub(crate) fn labels() -> Vec<String> {
    ["no_relation", "a", "b", "c", "d"].map(String::from).to_vec()
}

pub(crate) fn truth<'a>(gold: &'a [usize], groups: &'a [usize]) -> Truth<'a> {
    Truth {
        gold,
        negative: 0,
        groups,
    }
}

pub(crate) fn bootstrap(resamples: usize, seed: u64) -> BootstrapConfig {
    BootstrapConfig {
        resamples,
        seed,
        ..BootstrapConfig::default()
    }
}

pub(crate) fn out_of_fold(name: &str, table: ProbabilityTable) -> OutOfFold {
    OutOfFold::vouched(Member {
        name: name.to_owned(),
        path: format!("{name}.csv").into(),
        ids: (0..table.len()).map(|row| row.to_string()).collect(),
        labels: (0..table.classes()).map(|class| class.to_string()).collect(),
        table,
        meta: None,
        notes: vec![],
    })
}

pub(crate) fn shift_input<'a>(
    labels: &'a [String],
    valid: &'a ProbabilityTable,
    truth: Truth<'a>,
    target: &'a ProbabilityTable,
    target_groups: &'a [usize],
    bootstrap: BootstrapConfig,
) -> ShiftInput<'a> {
    ShiftInput {
        labels,
        valid,
        truth,
        target,
        target_groups,
        scope: PriorScope::NegativeAgainstRest,
        bootstrap,
        limits: ShiftLimits::default(),
    }
}
