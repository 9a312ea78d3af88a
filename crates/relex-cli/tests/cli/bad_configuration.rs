use crate::bench::Bench;

fn check(more: &[&str], parts: &[&str]) {
    let bench = Bench::with_split();
    bench.refuse(
        &[&["train", "--config", "tiny.toml", "--run", "new/run"], more].concat(),
        parts,
    );
}

#[test]
fn unknown_key_in_the_file() {
    let bench = Bench::with_split();
    bench.edit("tiny.toml", "batch_size", "bacth_size");
    bench.refuse(
        &["train", "--config", "tiny.toml", "--run", "new/run"],
        &[
            "tiny.toml",
            "line 13",
            "unknown field `bacth_size`",
            "did you mean `batch_size`?",
        ],
    );
}

#[test]
fn unknown_key_on_the_command_line() {
    check(
        &["--set", "training.epoch=3"],
        &[
            "--set training.epoch=3",
            "unknown field `epoch`",
            "did you mean `epochs`?",
        ],
    );
    check(
        &["--set", "trainin.epochs=3"],
        &["--set trainin.epochs=3", "did you mean `training`?"],
    );
    check(&["--set", "training.epochs"], &["--set training.epochs", "key=value"]);
}

#[test]
fn values_that_cannot_work() {
    check(
        &["--set", "training.epochs=many"],
        &["--set training.epochs=many", "training.epochs"],
    );
    check(
        &["--set", "training.batch_size=0"],
        &["training.batch_size = 0", "at least 1"],
    );
    check(
        &["--set", "optimizer.learning_rate=nan"],
        &["optimizer.learning_rate = NaN", "it must be"],
    );
    check(&["--set", "data.split="], &["data.split", "must be set"]);
    check(&["--set", "data.fold=5"], &["fold 5 does not exist"]);
}

#[test]
fn configuration_that_is_not_there() {
    let bench = Bench::with_split();
    bench.refuse(
        &["train", "--config", "nowhere.toml", "--run", "new/run"],
        &["nowhere.toml"],
    );
}

#[test]
fn unknown_device() {
    check(
        &["--device", "gpu"],
        &["\"gpu\"", "choose cpu, wgpu, wgpu:N, cuda or cuda:N"],
    );
    check(
        &["--set", "device=gpu"],
        &["\"gpu\"", "choose cpu, wgpu, wgpu:N, cuda or cuda:N"],
    );
}

#[test]
#[cfg(not(feature = "cuda"))]
fn cuda_in_a_program_built_without_it() {
    check(
        &["--device", "cuda"],
        &["\"cuda:0\"", "--features cuda", "use --device cpu"],
    );
    Bench::with_run().refuse(
        &["predict", "--run", "run", "--device", "cuda", "--out", "new/out.csv"],
        &["\"cuda:0\"", "--features cuda", "use --device cpu"],
    );
}

#[test]
#[cfg(not(feature = "wgpu"))]
fn wgpu_in_a_program_built_without_it() {
    check(
        &["--device", "wgpu"],
        &["\"wgpu\"", "--features wgpu", "use --device cpu"],
    );
}

#[test]
fn misspelt_commands_and_options() {
    let bench = Bench::new();
    bench.command(&["trian"]).assert().code(2);
    bench.command(&["train", "--confg", "tiny.toml"]).assert().code(2);
    bench.command(&[]).assert().code(2);
}

/// The loss overflows in the second step: what was written until then is taken away.
#[test]
fn training_that_diverges() {
    let bench = Bench::with_split();
    let arguments = [
        "train",
        "--config",
        "tiny.toml",
        "--set",
        "optimizer.learning_rate=1e30",
        "--run",
        "new/run",
        "-q",
    ];
    bench.refuse(
        &arguments,
        &[
            "step 2",
            "the batch holds the examples",
            "lower optimizer.learning_rate",
        ],
    );
}
