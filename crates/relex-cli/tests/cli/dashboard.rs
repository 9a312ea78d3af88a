//! `relex train --tui`.

use crate::bench::Bench;

#[test]
fn without_a_terminal_it_is_refused() {
    let bench = Bench::with_split();
    for more in [&[][..], &["--seeds", "1,2"]] {
        let arguments = [&["train", "--config", "tiny.toml", "--run", "run", "--tui"], more].concat();
        bench.refuse(&arguments, &["--tui: standard output is no terminal"]);
    }
}

/// On a pseudo-terminal, which `script` makes, where it is there.
#[cfg(target_os = "linux")]
mod on_a_terminal {
    use std::{
        io::Write,
        process::{Child, Command, Stdio},
        time::{Duration, Instant},
    };

    use crate::bench::Bench;

    const LEAVES_THE_SCREEN: &str = "\x1b[?1049l";

    /// `relex` with these arguments; none without `script`.
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    fn spawn(bench: &Bench, arguments: &str) -> Option<Child> {
        let relex = env!("CARGO_BIN_EXE_relex");
        let child = Command::new("script")
            .args([
                "-qefc",
                &format!("stty cols 80 rows 24; exec {relex} {arguments}"),
                "/dev/null",
            ])
            .current_dir(bench.path(""))
            .env("TERM", "xterm-256color")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        if child.is_err() {
            eprintln!("skipped: there is no `script` to make a terminal");
        }
        child.ok()
    }

    fn wait_for_a_step(bench: &Bench) {
        let start = Instant::now();
        let metrics = bench.path("run/metrics.jsonl");
        while !std::fs::read_to_string(&metrics).is_ok_and(|text| text.contains('\n')) {
            assert!(start.elapsed() < Duration::from_secs(120), "no step was taken");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn q_stops_and_saves_and_the_terminal_is_given_back() {
        let bench = Bench::with_split();
        let endless = "train --config tiny.toml --run run --set training.epochs=10000 --tui";
        let Some(mut child) = spawn(&bench, endless) else {
            return;
        };
        wait_for_a_step(&bench);
        let mut keys = child.stdin.take().unwrap();
        keys.write_all(b"q").unwrap();
        let output = child.wait_with_output().unwrap();
        let screen = String::from_utf8_lossy(&output.stdout);
        assert!(screen.contains("q stop and save"), "{screen}");
        let after = screen.split(LEAVES_THE_SCREEN).last().unwrap();
        assert!(after.contains("`relex train --resume run`"), "{after}");
        assert_eq!(output.status.code(), Some(130), "{after}");
    }

    #[test]
    fn an_error_gives_the_terminal_back_and_is_told_after_it() {
        let bench = Bench::with_split();
        let diverging = "train --config tiny.toml --run run --set optimizer.learning_rate=1e30 --set optimizer.max_gradient_norm=0 --tui";
        let Some(child) = spawn(&bench, diverging) else {
            return;
        };
        let output = child.wait_with_output().unwrap();
        let screen = String::from_utf8_lossy(&output.stdout);
        let after = screen.split(LEAVES_THE_SCREEN).last().unwrap();
        assert!(
            screen.contains(LEAVES_THE_SCREEN) && after.contains("error: "),
            "{screen}"
        );
        assert_eq!(output.status.code(), Some(2), "{after}");
    }
}
