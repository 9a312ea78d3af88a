//! A made-up report of any number of systems, with texts that would like to be more than text.

use relex_eval::{
    Arm, BootstrapConfig, BrowsedRows, Comparison, ComparisonInput, EvaluationInput, Member, Metric, NoiseRanking,
    OutOfFold, ProbabilityTable, Report, ReportRow, ReportSystem, Slicing, Suspect, TrainingEvaluation,
    TrainingHistory, TrainingStep, Truth, compare, evaluate, evaluate_slices, find_label_errors,
};

/// The second is hostile, the fourth Korean, the last has no row.
pub(crate) const LABELS: [&str; 5] = ["no_relation", HOSTILE_LABEL, "per:title", "인물:직함", "per:never"];
pub(crate) const HOSTILE_LABEL: &str = "org:<b>&\"x\"'</option>";
pub(crate) const HOSTILE_SENTENCE: &str = "</script><script>fail()</script><!-- <img src=x onerror=fail()> \u{2028}끝";
pub(crate) const HOSTILE_ID: &str = "\"><svg onload=fail()>";
pub(crate) const ROWS: usize = 160;

/// The row whose texts are hostile.
pub(crate) const HOSTILE_ROW: usize = 3;

/// xorshift64*.
struct Chance(u64);

impl Chance {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Gold labels by turns, the negative one twice as often, none of the last.
fn gold() -> Vec<usize> {
    (0..ROWS).map(|row| [0, 1, 0, 2, 3][row % 5]).collect()
}

/// Right in about two rows of three.
fn probabilities(seed: u64) -> Vec<f64> {
    let mut chance = Chance(seed);
    gold()
        .into_iter()
        .flat_map(|gold| {
            let scores: Vec<f64> = (0..LABELS.len())
                .map(|label| (3.2 * chance.uniform() + if label == gold { 1.6 } else { 0.0 }).exp())
                .collect();
            let sum: f64 = scores.iter().sum();
            scores.into_iter().map(move |score| score / sum)
        })
        .collect()
}

fn row(row: usize, gold: usize) -> ReportRow {
    let (id, sentence) = if row == HOSTILE_ROW {
        (HOSTILE_ID.to_owned(), HOSTILE_SENTENCE.to_owned())
    } else {
        (
            row.to_string(),
            format!("이순신은 조선의 장군으로 {row}번 싸웠다{}", ".".repeat(row % 7)),
        )
    };
    ReportRow {
        id,
        sentence,
        subject: (0, 3),
        object: (5, 7),
        subject_type: "PER".to_owned(),
        object_type: ["ORG", "LOC"][row % 2].to_owned(),
        gold,
    }
}

/// A report of systems by these names.
pub(crate) fn report(names: &[&str]) -> Report {
    let labels = LABELS.map(String::from).to_vec();
    let gold = gold();
    let groups: Vec<usize> = (0..ROWS).map(|row| row / 2).collect();
    let bootstrap = BootstrapConfig {
        resamples: 200,
        seed: 1,
        level: 0.95,
    };
    let slicings = vec![Slicing {
        name: "object <i>".to_owned(),
        keys: (0..ROWS)
            .map(|row| (row > 9).then(|| ["an ORG", "a LOC"][row % 2].to_owned()))
            .collect(),
    }];
    let systems: Vec<ReportSystem> = names
        .iter()
        .zip(11..)
        .map(|(name, seed)| {
            let probabilities = probabilities(seed);
            let input = EvaluationInput {
                labels: &labels,
                negative: 0,
                gold: &gold,
                probabilities: &probabilities,
                groups: &groups,
                bootstrap,
            };
            let mut evaluation = evaluate(&input).unwrap();
            evaluation.slices = evaluate_slices(&input, &slicings).unwrap();
            ReportSystem {
                name: (*name).to_owned(),
                evaluation,
                suspects: Some(suspects(&labels, &gold, &groups, &probabilities)),
                probabilities,
                history: Some(history()),
                provenance: vec![("seed <1>".to_owned(), seed.to_string())],
            }
        })
        .collect();
    let comparisons = if systems.len() > 1 {
        vec![comparison(&labels, &gold, &groups, &systems, bootstrap)]
    } else {
        Vec::new()
    };
    Report {
        title: "런 <script>".to_owned(),
        negative: 0,
        rows: gold.iter().enumerate().map(|(at, &gold)| row(at, gold)).collect(),
        labels,
        slicings,
        systems,
        comparisons,
        browsed: BrowsedRows::All,
    }
}

/// Rows by how likely their label is wrong.
fn suspects(labels: &[String], gold: &[usize], groups: &[usize], probabilities: &[f64]) -> Vec<Suspect> {
    let member = Member {
        name: "made".to_owned(),
        path: "made.csv".into(),
        ids: (0..gold.len()).map(|row| row.to_string()).collect(),
        labels: labels.to_vec(),
        table: ProbabilityTable::new(probabilities.to_vec(), labels.len()).unwrap(),
        meta: None,
        notes: Vec::new(),
    };
    let truth = Truth {
        gold,
        negative: 0,
        groups,
    };
    find_label_errors(&OutOfFold::vouched(member), &truth, NoiseRanking::default())
        .unwrap()
        .0
}

fn comparison(
    labels: &[String],
    gold: &[usize],
    groups: &[usize],
    systems: &[ReportSystem],
    bootstrap: BootstrapConfig,
) -> Comparison {
    let arms: Vec<Arm<'_>> = systems
        .iter()
        .map(|system| Arm {
            name: system.name.clone(),
            runs: vec![&system.probabilities],
        })
        .collect();
    compare(&ComparisonInput {
        labels,
        negative: 0,
        gold,
        groups,
        arms: &arms,
        metric: Metric::MicroF1,
        baseline: Some(0),
        bootstrap,
    })
    .unwrap()
}

fn history() -> TrainingHistory {
    TrainingHistory {
        steps: (1..=300)
            .map(|step| TrainingStep {
                step,
                loss: 3.0 / (1.0 + step as f64 / 50.0),
                learning_rate: Some(2e-5 * (1.0 - step as f64 / 300.0)),
            })
            .collect(),
        evaluations: [100, 200, 300]
            .map(|step| TrainingEvaluation {
                step,
                micro_f1: 40.0 + step as f64 / 10.0,
                auprc: Some(30.0),
            })
            .to_vec(),
    }
}

/// A report of KLUE-RE's size: as many rows as its test file, 30 labels, sentences of 97 characters, two systems.
pub(crate) fn large_report() -> Report {
    const ROWS: usize = 7_765;
    const CLASSES: usize = 30;
    let labels: Vec<String> = (0..CLASSES)
        .map(|label| format!("organisation:relation_{label}"))
        .collect();
    let gold: Vec<usize> = (0..ROWS).map(|row| row * row % CLASSES).collect();
    let groups: Vec<usize> = (0..ROWS).collect();
    let system = |name: &str, seed: u64| {
        let mut chance = Chance(seed);
        let probabilities: Vec<f64> = gold
            .iter()
            .flat_map(|&gold| {
                let scores: Vec<f64> = (0..CLASSES)
                    .map(|label| (4.0 * chance.uniform() + if label == gold { 2.5 } else { 0.0 }).exp())
                    .collect();
                let sum: f64 = scores.iter().sum();
                scores.into_iter().map(move |score| score / sum)
            })
            .collect();
        let evaluation = evaluate(&EvaluationInput {
            labels: &labels,
            negative: 0,
            gold: &gold,
            probabilities: &probabilities,
            groups: &groups,
            bootstrap: BootstrapConfig {
                resamples: 20,
                ..BootstrapConfig::default()
            },
        })
        .unwrap();
        ReportSystem {
            name: name.to_owned(),
            evaluation,
            suspects: Some(suspects(&labels, &gold, &groups, &probabilities)),
            probabilities,
            history: Some(history()),
            provenance: Vec::new(),
        }
    };
    let systems = vec![system("large", 5), system("other", 6)];
    let words = "조선의 장군 이순신은 임진왜란 때 한산도에서 크게 이겼고 그 뒤로도 바다를 지켰다 ";
    let slicings = ["length", "source", "distance", "types"].map(|name| Slicing {
        name: name.to_owned(),
        keys: (0..ROWS).map(|row| Some(format!("{} and more", row % 8))).collect(),
    });
    Report {
        rows: gold
            .iter()
            .enumerate()
            .map(|(at, &gold)| ReportRow {
                sentence: words.chars().cycle().skip(at % 40).take(97).collect(),
                id: at.to_string(),
                ..row(0, gold)
            })
            .collect(),
        labels,
        slicings: slicings.to_vec(),
        systems,
        ..report(&["one"])
    }
}

/// Indices of rows that a system got wrong.
pub(crate) fn wrong(report: &Report, system: usize) -> Vec<usize> {
    let classes = report.labels.len();
    let predicted =
        |row: usize| relex_eval::argmax(&report.systems[system].probabilities[row * classes..(row + 1) * classes]);
    (0..report.rows.len())
        .filter(|&row| predicted(row) != report.rows[row].gold)
        .collect()
}
