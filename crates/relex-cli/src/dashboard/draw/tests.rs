//! Screens of all sizes, compared with those in `golden/`.

use std::time::Duration;

use ratatui::{Terminal, backend::TestBackend};

use super::{
    super::board::{Plan, Speed},
    *,
};

/// A run at 123 of 268 steps, 62 s after its beginning.
fn board() -> (Board, Instant) {
    let start = Instant::now();
    let now = start + Duration::from_secs(62);
    let mut board = Board::new(start);
    board.begin(Plan {
        run: "runs/klue-re-quickstart-3".into(),
        device: "cpu".into(),
        epochs: Some(4),
        rows_in_epoch: 1_073,
        valid_rows: 190,
    });
    for step in 1..=123_u32 {
        let falling = 3.4 * (-f64::from(step) / 60.0).exp() + 0.3 * f64::from(step % 7) / 7.0;
        let epoch = 1 + (step - 1) / 67;
        let line = format!(
            r#"{{"step":{step},"steps":268,"epoch":{epoch},"loss":{falling},"gradient_norm":{},"learning_rate":{},"rows":16}}"#,
            2.0 + f64::from(step % 5),
            3e-4 * (1.0 - f64::from(step) / 268.0)
        );
        board.line(line.as_bytes());
        if step == 67 {
            board.line(br#"{"step":67,"epoch":1,"micro_f1":41.25,"auprc":33.5,"rows":190,"valid_loss":1.875}"#);
            board.line(br#"{"step":67,"epoch":1,"micro_f1":39.5,"auprc":35.25,"rows":190,"valid_loss":1.75}"#);
        }
    }
    board.work_begins("train", 0, 4_292, start);
    board.working("train", 1_969, 4_292, now);
    board.speed = Speed {
        examples: 22.08,
        tokens: 1_530.4,
        padding_share: 0.034,
        data_share: 0.0004,
    };
    board.memory = Some([1_402.4, 1_499.0]);
    board.say("after epoch 1: micro-F1 41.25, AUPRC 33.50 on 190 validation rows");
    board.say("한국어 메시지도 자리를 지킨다");
    (board, now + Duration::from_secs(3))
}

fn screen(board: &Board, now: Instant, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, board, now)).unwrap();
    terminal.backend().to_string()
}

/// The screen as it is kept in `golden/`; with `RELEX_BLESS` in the environment it is kept anew.
fn check(name: &str, actual: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/dashboard/golden")
        .join(format!("{name}.txt"));
    if std::env::var_os("RELEX_BLESS").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == actual, "{} differs from\n{actual}", path.display());
}

#[test]
fn screens_of_usual_sizes() {
    let (mut board, now) = board();
    check("80x24", &screen(&board, now, 80, 24));
    check("60x16", &screen(&board, now, 60, 16));
    check("40x10", &screen(&board, now, 40, 10));
    check("20x3", &screen(&board, now, 20, 3));
    board.series = Some("run 2 of 6: seed 1, fold 1".into());
    board.aside = Some("scoring 64 of 190 rows".into());
    check("130x40", &screen(&board, now, 130, 40));
}

#[test]
fn stopping_and_help_are_shown() {
    let (mut board, now) = board();
    board.stops = true;
    board.help = true;
    check("80x24-stopping", &screen(&board, now, 80, 24));
    check("40x10-stopping", &screen(&board, now, 40, 10));
}

#[test]
fn an_empty_board_can_be_shown() {
    let now = Instant::now();
    check("80x24-empty", &screen(&Board::new(now), now, 80, 24));
}

/// Nothing is drawn outside, whatever the size, at any time.
#[test]
fn no_size_is_too_small() {
    let (mut board, now) = board();
    for help in [false, true] {
        board.help = help;
        for width in [0, 1, 2, 7, 19, 33, 57, 58, 70, 109, 110, 300] {
            for height in [0, 1, 2, 3, 5, 11, 15, 16, 19, 20, 21, 39, 40, 90] {
                for board in [&board, &Board::new(now)] {
                    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
                    terminal.draw(|frame| draw(frame, board, now)).unwrap();
                }
            }
        }
    }
}
