//! How long the scores of a full-size test set take with all their intervals.
//!
//! `cargo bench -p relex-eval` prints the fastest and the median of a few runs.
#![expect(clippy::print_stdout, reason = "a benchmark's output is its figures")]

use std::time::{Duration, Instant};

use relex_eval::{BootstrapConfig, EvaluationInput, evaluate};

const ROWS: usize = 7_765;
const CLASSES: usize = 30;

fn main() {
    // Multiplication by an odd constant scatters the rows well enough to rank.
    let noise = |index: usize| (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let gold: Vec<usize> = (0..ROWS)
        .map(|row| if row % 3 == 0 { 0 } else { noise(row) as usize % CLASSES })
        .collect();
    let probabilities: Vec<f64> = (0..ROWS * CLASSES)
        .map(|at| {
            noise(at + ROWS) as f64 / f64::from(1 << 24) + if gold[at / CLASSES] == at % CLASSES { 0.3 } else { 0.0 }
        })
        .collect();
    let groups: Vec<usize> = (0..ROWS).map(|row| row * 9 / 10).collect();
    let labels: Vec<String> = (0..CLASSES).map(|class| format!("label {class}")).collect();
    for resamples in [1_000, 10_000] {
        let mut times: Vec<Duration> = (0..7)
            .map(|seed| {
                let start = Instant::now();
                let evaluation = evaluate(&EvaluationInput {
                    labels: &labels,
                    negative: 0,
                    gold: &gold,
                    probabilities: &probabilities,
                    groups: &groups,
                    bootstrap: BootstrapConfig {
                        resamples,
                        seed,
                        level: 0.95,
                    },
                });
                assert!(evaluation.is_ok_and(|evaluation| evaluation.auprc_labels == CLASSES));
                start.elapsed()
            })
            .collect();
        times.sort_unstable();
        println!(
            "{ROWS} rows, {CLASSES} labels, {resamples} resamples: fastest {:.0?}, median {:.0?} ({} threads)",
            times[0],
            times[3],
            std::thread::available_parallelism().map_or(1, usize::from)
        );
    }
}
