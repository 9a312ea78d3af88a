//! Labels flipped at random are found well above chance.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

mod common;

use common::{CLASSES, Chance, SOURCE, Sample, labels, out_of_fold, truth};
use relex_eval::{EvalError, NoiseRanking, Suspect, SuspectColumn, find_label_errors, render_suspects, write_suspects};

/// 4,000 rows, of which every tenth or so is given another label.
fn suspects(ranking: NoiseRanking) -> (Vec<Suspect>, Vec<bool>) {
    let mut chance = Chance::new(77);
    let sample = Sample::draw(4_000, &SOURCE, &mut chance);
    let mut given = sample.gold.clone();
    let mut flipped = vec![false; given.len()];
    for (label, flipped) in given.iter_mut().zip(&mut flipped) {
        if chance.uniform() < 0.1 {
            *label = (*label + 1 + chance.below(CLASSES - 1)) % CLASSES;
            *flipped = true;
        }
    }
    let predictions = out_of_fold("valid", sample.posterior(&SOURCE, 1.0));
    let groups = sample.rows();
    let (suspects, _) = find_label_errors(&predictions, &truth(&given, &groups), ranking).unwrap();
    let text = render_suspects(&suspects, &labels());
    assert!(text.contains("of 4,000 rows"), "{text}");
    (suspects, flipped)
}

/// The chance that a flipped row ranks above another.
fn area(suspects: &[Suspect], flipped: &[bool]) -> f64 {
    let (mut above, mut pairs, mut wrong) = (0.0, 0.0, 0.0);
    for suspect in suspects {
        if flipped[suspect.row] {
            wrong += 1.0;
        } else {
            above += wrong;
            pairs += 1.0;
        }
    }
    above / (pairs * wrong)
}

#[test]
fn flipped_labels_rank_first() {
    for ranking in [NoiseRanking::NormalisedMargin, NoiseRanking::SelfConfidence] {
        let (suspects, flipped) = suspects(ranking);
        let count = flipped.iter().filter(|&&flipped| flipped).count();
        let hits = suspects
            .iter()
            .take(count)
            .filter(|suspect| flipped[suspect.row])
            .count();
        let (precision, area) = (hits as f64 / count as f64, area(&suspects, &flipped));
        // The classes overlap, so that even the exact posterior cannot tell every flip.
        assert!(precision > 0.5, "{ranking:?}: {precision}");
        assert!(area > 0.9, "{ranking:?}: {area}");
        let confident: Vec<&Suspect> = suspects.iter().filter(|suspect| suspect.confident).collect();
        let right = confident.iter().filter(|suspect| flipped[suspect.row]).count();
        let share = right as f64 / confident.len() as f64;
        assert!(share > 0.35, "{share}");
        #[expect(
            clippy::print_stdout,
            reason = "`--nocapture` shows the figures that docs/evaluation.md records"
        )]
        {
            println!(
                "{ranking:?}: of {count} {:.1} %, area {area:.3}; of {} confident {:.1} %",
                precision * 100.0,
                confident.len(),
                share * 100.0
            );
        }
    }
}

#[test]
fn suspects_are_written_with_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.csv");
    let suspect = Suspect {
        row: 41,
        id: "a,b".into(),
        given: 1,
        likely: 0,
        predicted: 0,
        score: 0.75,
        confident: true,
    };
    let sentences: Vec<String> = (0..42).map(|row| format!("sentence {row}")).collect();
    let column = |values| SuspectColumn {
        name: "sentence",
        values,
    };
    let columns = [column(&sentences[..])];
    write_suspects(&path, std::slice::from_ref(&suspect), &labels(), &columns).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        text,
        "row,id,given,likely,score,confident,sentence\n42,\"a,b\",a,no_relation,0.750000,yes,sentence 41\n"
    );
    let too_few = [column(&sentences[..41])];
    let refused = write_suspects(&path, std::slice::from_ref(&suspect), &labels(), &too_few);
    assert!(matches!(
        refused,
        Err(EvalError::Length {
            expected: 42,
            found: 41,
            ..
        })
    ));
    assert!(write_suspects(&path, &[Suspect { given: 9, ..suspect }], &labels(), &[]).is_err());
}
