//! Warnings of rows whose sentence a model was trained on before.

use crate::pretrain::{bench, pretrain, provenance};

#[test]
fn who_measures_on_sentences_that_a_model_has_read_is_warned() {
    let bench = bench();
    let step = ["--set", "training.steps=1"];
    bench.succeed(&pretrain("p", &step));
    bench.succeed(&pretrain("all", &[&step[..], &["--include", "validation"]].concat()));
    let train = |run: &str, encoder: &str| {
        let encoder = format!("model.encoder={encoder}");
        let arguments = ["train", "--config", "tiny.toml", "--set", &encoder, "--run", run, "-q"];
        let output = bench.command(&arguments).assert().success().get_output().clone();
        let read = provenance(&bench, run)["valid_rows_read_before"].as_u64().unwrap();
        (String::from_utf8(output.stderr).unwrap(), read)
    };
    assert_eq!(train("unread", "p/encoder"), (String::new(), 0));
    let warning = "warning: the encoder was trained on the sentences of 5 of the 5 rows to measure on";
    let (told, read) = train("read", "all/encoder");
    assert!(told.starts_with(warning) && read == 5, "{told}");
    // A classifier knows what it was trained on, and what its encoder was.
    let (told, read) = train("from-best", "read/best");
    assert!(told.starts_with(warning) && read == 5, "{told}");
    assert_eq!(train("from-unread-best", "unread/best"), (String::new(), 0));
    let predict = |run: &str, count: usize| {
        let arguments = [
            "predict",
            "--run",
            run,
            "--input",
            "tiny/train.csv",
            "--out",
            "p.csv",
            "-q",
        ];
        let told = format!("warning: the classifier was trained on the sentences of {count} of the 16 rows to predict");
        let output = bench.command(&arguments).assert().success();
        output.stderr(predicates::str::starts_with(told));
    };
    predict("unread", 11);
    predict("read", 16);
}

#[test]
fn further_training_passes_the_list_on_and_a_damaged_one_is_refused() {
    let bench = bench();
    let step = ["--set", "training.steps=1"];
    bench.succeed(&pretrain("all", &[&step[..], &["--include", "validation"]].concat()));
    let from_all = [&step[..], &["--set", "model.encoder=all/encoder"]].concat();
    let output = bench.command(&pretrain("further", &from_all)).assert().success();
    output.stderr(predicates::str::starts_with(
        "warning: the encoder was trained on the sentences of 3 of the 3 rows",
    ));
    assert_eq!(provenance(&bench, "further")["held_out_sentences_read_before"], 3);
    let list = |run: &str| bench.text(&format!("{run}/encoder/sentences-read.json"));
    assert_eq!(list("further"), list("all"));

    bench.write("all/encoder/sentences-read.json", &list("all")[..20]);
    let encoder = ["--set", "model.encoder=all/encoder"];
    bench.refuse(
        &[&["train", "--config", "tiny.toml", "--run", "run"], &encoder[..]].concat(),
        &["all/encoder/sentences-read.json", "take the file away"],
    );
    assert!(!bench.path("run").exists());
}
