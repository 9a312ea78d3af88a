//! Laws of the scores and their intervals, on random predictions.

use proptest::prelude::*;
use relex_eval::{
    BootstrapConfig, EvaluationInput, Interval, auprc, auprc_interval, bootstrap, evaluate, micro_f1, micro_f1_interval,
};

#[derive(Debug, Clone)]
struct Scored {
    classes: usize,
    gold: Vec<usize>,
    probabilities: Vec<f64>,
    groups: Vec<usize>,
}

impl Scored {
    fn predicted(&self) -> Vec<usize> {
        self.probabilities
            .chunks(self.classes)
            .map(|row| {
                (0..self.classes)
                    .rev()
                    .max_by(|&a, &b| row[a].total_cmp(&row[b]))
                    .unwrap_or(0)
            })
            .collect()
    }
}

/// Up to `rows` rows of few enough distinct scores that many are tied.
fn scored(rows: usize) -> impl Strategy<Value = Scored> {
    (2_usize..6, 1..=rows).prop_flat_map(|(classes, rows)| {
        (
            prop::collection::vec(0..classes, rows),
            prop::collection::vec((0_u8..12).prop_map(|score| f64::from(score) / 11.0), rows * classes),
            prop::collection::vec(0..rows.div_ceil(2), rows),
        )
            .prop_map(move |(gold, probabilities, groups)| Scored {
                classes,
                gold,
                probabilities,
                groups,
            })
    })
}

/// scikit-learn's definition, threshold by threshold, without sorting.
fn area_by_definition(gold: &[bool], scores: &[f64]) -> f64 {
    let mut thresholds: Vec<f64> = scores.to_vec();
    thresholds.sort_by(|a, b| b.total_cmp(a));
    thresholds.dedup();
    let positives = gold.iter().filter(|&&gold| gold).count() as f64;
    let (mut recall, mut precision, mut area) = (0.0, 1.0, 0.0);
    for threshold in thresholds {
        let chosen: Vec<bool> = gold
            .iter()
            .zip(scores)
            .filter(|(_, score)| **score >= threshold)
            .map(|(gold, _)| *gold)
            .collect();
        let hits = chosen.iter().filter(|&&gold| gold).count() as f64;
        let (next_recall, next_precision) = (hits / positives, hits / chosen.len() as f64);
        area += (next_recall - recall) * (next_precision + precision) / 2.0;
        (recall, precision) = (next_recall, next_precision);
    }
    area * 100.0
}

/// A system that is right about seven times in ten, from a fixed stream of numbers.
fn synthetic(rows: usize, classes: usize) -> Scored {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut gold = Vec::new();
    let mut probabilities = Vec::new();
    for _ in 0..rows {
        let class = (uniform().powi(2) * classes as f64) as usize;
        gold.push(class);
        let mut row: Vec<f64> = (0..classes).map(|_| (3.0 * uniform()).exp()).collect();
        row[class] *= 12.0 * uniform() + 1.0;
        let sum: f64 = row.iter().sum();
        probabilities.extend(row.iter().map(|value| value / sum));
    }
    Scored {
        classes,
        gold,
        probabilities,
        groups: (0..rows).map(|row| row * 9 / 10).collect(),
    }
}

proptest! {
    #[test]
    fn area_follows_the_definition(case in scored(40)) {
        let area = auprc(&case.gold, &case.probabilities, case.classes).unwrap();
        for class in 0..case.classes {
            let gold: Vec<bool> = case.gold.iter().map(|&label| label == class).collect();
            let scores: Vec<f64> = case.probabilities.chunks(case.classes).map(|row| row[class]).collect();
            match area.per_class[class] {
                None => prop_assert!(!gold.contains(&true)),
                Some(found) => prop_assert!((found - area_by_definition(&gold, &scores)).abs() < 1e-9),
            }
        }
    }

    /// Weights are what they claim: a resample scores as its rows would if they were written out.
    #[test]
    fn resampled_scores_are_those_of_the_rows_written_out(case in scored(25), seed in any::<u64>()) {
        let config = BootstrapConfig { resamples: 3, seed, level: 0.5 };
        let predicted = case.predicted();
        let written_out = std::sync::Mutex::new(Vec::new());
        bootstrap(&case.groups, &config, |weights| {
            let resamples: [Vec<usize>; 3] = std::array::from_fn(|lane| {
                weights.iter().enumerate().flat_map(|(row, weight)| vec![row; weight[lane] as usize]).collect()
            });
            for rows in resamples {
                let gold: Vec<usize> = rows.iter().map(|&row| case.gold[row]).collect();
                let guess: Vec<usize> = rows.iter().map(|&row| predicted[row]).collect();
                let table: Vec<f64> = rows.iter().flat_map(|&row| case.probabilities[row * case.classes..][..case.classes].to_vec()).collect();
                let scores = (micro_f1(&gold, &guess, 0).unwrap(), auprc(&gold, &table, case.classes).unwrap().mean);
                written_out.lock().unwrap().push(scores);
            }
            [[0.0; relex_eval::LANES]]
        }).unwrap();
        let (mut f1, mut area): (Vec<f64>, Vec<f64>) = written_out.into_inner().unwrap().into_iter().unzip();
        f1.sort_by(f64::total_cmp);
        area.sort_by(f64::total_cmp);
        // The quartiles of three values are the means of neighbours.
        let check = |interval: Interval, sorted: &[f64]| {
            (interval.low - (sorted[0] + sorted[1]) / 2.0).abs() < 1e-9 && (interval.high - (sorted[1] + sorted[2]) / 2.0).abs() < 1e-9
        };
        prop_assert!(check(micro_f1_interval(&case.gold, &predicted, 0, &case.groups, &config).unwrap(), &f1));
        prop_assert!(check(auprc_interval(&case.gold, &case.probabilities, case.classes, &case.groups, &config).unwrap(), &area));
    }

    /// With a single group every resample is the data themselves, each row of weight 1.
    #[test]
    fn weights_of_one_reproduce_the_point_estimate(case in scored(40)) {
        let one_group = vec![3; case.gold.len()];
        let config = BootstrapConfig { resamples: 9, seed: 1, level: 0.95 };
        let labels: Vec<String> = (0..case.classes).map(|class| class.to_string()).collect();
        let found = evaluate(&EvaluationInput {
            labels: &labels, negative: 0, gold: &case.gold, probabilities: &case.probabilities, groups: &one_group, bootstrap: config,
        }).unwrap();
        for score in [found.micro_f1, found.auprc, found.accuracy] {
            prop_assert!((score.interval.low - score.value).abs() < 1e-9 && (score.interval.high - score.value).abs() < 1e-9);
        }
        prop_assert_eq!(found.confusion.counts.iter().flatten().sum::<usize>(), found.rows);
    }

    /// Only the ranking within a class matters to AUPRC, and no order of rows to any score.
    #[test]
    fn monotone_changes_and_row_order_do_not_matter(case in scored(30)) {
        let area = auprc(&case.gold, &case.probabilities, case.classes).unwrap();
        let cubed: Vec<f64> = case.probabilities.iter().map(|value| value.powi(3) * 7.0 - 2.0).collect();
        prop_assert_eq!(&auprc(&case.gold, &cubed, case.classes).unwrap(), &area);
        let gold: Vec<usize> = case.gold.iter().rev().copied().collect();
        let reversed: Vec<f64> = case.probabilities.chunks(case.classes).rev().flatten().copied().collect();
        prop_assert_eq!(&auprc(&gold, &reversed, case.classes).unwrap(), &area);
    }
}

#[test]
fn the_same_seed_gives_the_same_interval_and_another_seed_another() {
    let case = synthetic(300, 6);
    let predicted = case.predicted();
    let run = |seed| {
        let config = BootstrapConfig {
            resamples: 200,
            seed,
            level: 0.95,
        };
        micro_f1_interval(&case.gold, &predicted, 0, &case.groups, &config).unwrap()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn intervals_hold_the_score_and_narrow_as_rows_grow() {
    let width = |rows: usize| {
        let case = synthetic(rows, 6);
        let labels: Vec<String> = (0..6).map(|class| class.to_string()).collect();
        let found = evaluate(&EvaluationInput {
            labels: &labels,
            negative: 0,
            gold: &case.gold,
            probabilities: &case.probabilities,
            groups: &case.groups,
            bootstrap: BootstrapConfig {
                resamples: 400,
                ..BootstrapConfig::default()
            },
        })
        .unwrap();
        for score in [found.micro_f1, found.auprc, found.accuracy] {
            assert!(
                score.interval.low < score.value && score.value < score.interval.high,
                "{score:?}"
            );
        }
        [
            found.micro_f1.interval.width(),
            found.auprc.interval.width(),
            found.accuracy.interval.width(),
        ]
    };
    let (few, many) = (width(250), width(4_000));
    for (few, many) in few.iter().zip(many) {
        // Sixteen times the rows: a quarter of the width.
        assert!((3.0..5.5).contains(&(few / many)), "{few} against {many}");
    }
}

#[test]
fn groups_that_move_together_widen_the_interval() {
    let case = synthetic(400, 6);
    // Each row ten times over: ten times the rows, but no more knowledge.
    let repeated = |values: &[usize]| -> Vec<usize> { values.iter().flat_map(|&value| [value; 10]).collect() };
    let (gold, predicted) = (repeated(&case.gold), repeated(&case.predicted()));
    let config = BootstrapConfig::default();
    let rows: Vec<usize> = (0..gold.len()).collect();
    let sentences: Vec<usize> = rows.iter().map(|row| row / 10).collect();
    let by_row = micro_f1_interval(&gold, &predicted, 0, &rows, &config).unwrap().width();
    let by_sentence = micro_f1_interval(&gold, &predicted, 0, &sentences, &config)
        .unwrap()
        .width();
    // sqrt(10) = 3.16 times as wide.
    assert!(
        (2.7..3.7).contains(&(by_sentence / by_row)),
        "{by_sentence} against {by_row}"
    );
}

/// Over many data sets, a 95 % interval holds the true score about 95 times in 100.
#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    let case = synthetic(100_000, 6);
    let predicted = case.predicted();
    let truth = micro_f1(&case.gold, &predicted, 0).unwrap();
    let rows = 200;
    let groups: Vec<usize> = (0..rows).collect();
    let covered = case
        .gold
        .chunks_exact(rows)
        .zip(predicted.chunks_exact(rows))
        .zip(0..)
        .filter(|((gold, predicted), seed)| {
            let config = BootstrapConfig {
                resamples: 200,
                seed: *seed,
                level: 0.95,
            };
            let interval = micro_f1_interval(gold, predicted, 0, &groups, &config).unwrap();
            interval.low <= truth && truth <= interval.high
        })
        .count();
    // So few resamples of so few rows cover 0.94. With 500 data sets the standard error is
    // sqrt(0.94 * 0.06 / 500) = 0.0106; four of them.
    let share = covered as f64 / 500.0;
    assert!((share - 0.94).abs() < 4.0 * 0.0106, "{share}");
}
