//! Flags of `relex train` that stand for settings, usage lines, and names that keys have elsewhere.

use crate::bench::Bench;

#[test]
fn the_data_is_named_by_flags() {
    let bench = Bench::with_split();
    std::fs::create_dir(bench.path("datasets")).unwrap();
    std::fs::rename(bench.path("tiny"), bench.path("datasets/named")).unwrap();
    std::fs::create_dir(bench.path("files")).unwrap();
    std::fs::rename(bench.path("datasets/named/train.csv"), bench.path("files/train.csv")).unwrap();
    std::fs::rename(bench.path("split.json"), bench.path("frozen.json")).unwrap();
    let train = [
        "train",
        "--config",
        "tiny.toml",
        "--run",
        "run",
        "--dataset",
        "named",
        "--data-dir",
        "files",
        "--split",
        "frozen.json",
    ];
    bench.succeed(&train);
    let config = bench.text("run/config.toml");
    for line in [
        "dataset = \"datasets/named\"",
        "folder = \"files\"",
        "split = \"frozen.json\"",
    ] {
        assert!(config.contains(line), "{line} is not in {config}");
    }
    bench.succeed(&["predict", "--run", "run"]);
    bench.refuse(
        &["train", "--config", "tiny.toml", "--dataset", "nowhere", "--run", "new"],
        &["there is no data set \"nowhere\"", "named"],
    );
    bench.refuse(
        &["train", "--resume", "run", "--split", "frozen.json"],
        &["goes on with its own settings", "--split"],
    );
}

#[test]
fn keys_by_their_other_names() {
    let bench = Bench::with_split();
    let check = |set: &str, part: &str| {
        bench.refuse(
            &["train", "--config", "tiny.toml", "--run", "run", "--set", set],
            &[part],
        );
    };
    check("data.data_dir=files", "did you mean `folder`?");
    check("optimizer.lr=1e-4", "did you mean `learning_rate`?");
    check("model.max_length=128", "did you mean `max_tokens`?");
}

#[test]
fn lists_that_are_none() {
    let bench = Bench::with_split();
    let train = ["train", "--config", "tiny.toml", "--run", "run"];
    bench.refuse(
        &[&train[..], &["--seeds", "3-1"]].concat(),
        &["use numbers such as 1,2,3 or 1-3"],
    );
    bench.refuse(
        &[&train[..], &["--folds", "one"]].concat(),
        &["use all, or numbers such as 0,2 or 0-4"],
    );
}

/// What would do instead stands in the usage, too.
#[test]
fn usage_names_every_alternative() {
    let bench = Bench::new();
    bench.refuse(&["predict"], &["<--run <DIR>|--model <DIR>>"]);
    bench.refuse(&["evaluate"], &["<--run <DIR>|--predictions <FILE>>"]);
    bench.refuse(&["report"], &["<--run <DIR>|--predictions <FILE>>"]);
    bench.refuse(&["fetch"], &["<--dataset <NAME|DIR>|--encoder <NAME>>"]);
}

/// All rows at once, not one a run of the command.
#[test]
fn overlapping_entities_are_counted() {
    let bench = Bench::new();
    // Rows 1 and 4: the object is a part of the subject.
    bench.edit(
        "tiny/train.csv",
        "\"{'word': '대표', 'start_idx': 8, 'end_idx': 9, 'type': 'POH'}\"",
        "\"{'word': '서윤', 'start_idx': 13, 'end_idx': 14, 'type': 'POH'}\"",
    );
    bench.edit(
        "tiny/train.csv",
        "\"{'word': '첼리스트', 'start_idx': 0, 'end_idx': 3, 'type': 'POH'}\"",
        "\"{'word': '여', 'start_idx': 6, 'end_idx': 6, 'type': 'POH'}\"",
    );
    bench.succeed(&[
        "split",
        "create",
        "--dataset",
        "tiny",
        "--valid-fraction",
        "0.3",
        "--out",
        "split.json",
    ]);
    let train = ["train", "--config", "tiny.toml", "--run", "run"];
    bench.refuse(
        &train,
        &[
            "2 of 16 rows have entities that overlap",
            ": 1, 4;",
            "remove these rows",
            "model.markers = \"none\"",
        ],
    );
    bench.succeed(&[&train[..], &["--set", "model.markers=none", "--set", "model.head=cls"]].concat());
}

#[cfg(unix)]
#[test]
fn a_shell_completes_commands_and_options() {
    let bench = Bench::new();
    bench.write("relex.bash", bench.succeed(&["completions", "bash"]));
    let completed = |words: &str, count: usize, current: &str| {
        let script = format!(
            "source relex.bash; COMP_WORDS=(relex {words}); COMP_CWORD={count}; _relex relex '{current}' ''; echo ${{COMPREPLY[@]}}"
        );
        let output = std::process::Command::new("bash")
            .args(["-c", &script])
            .current_dir(bench.path("."))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(completed("pred", 1, "pred"), "predict\n");
    assert_eq!(completed("train --fol", 2, "--fol"), "--folds\n");
    bench.refuse(&["completions", "korn"], &["korn", "bash"]);
}
