use crate::bench::Bench;

#[test]
fn show_tells_where_values_are_from() {
    let bench = Bench::with_split();
    let shown = bench.succeed(&["config", "show", "--config", "tiny.toml", "--set", "seed=7"]);
    let line = |key: &str| {
        let found = shown.lines().find(|line| line.starts_with(&format!("{key} = ")));
        found.unwrap_or_else(|| panic!("{key} is not in {shown}"))
    };
    assert!(line("seed").ends_with("# --set"), "{}", line("seed"));
    assert!(line("batch_size").contains("# tiny.toml:"), "{}", line("batch_size"));
    assert!(line("beta_2").ends_with("# default"), "{}", line("beta_2"));
    // What is shown is a configuration.
    bench.write("shown.toml", &shown);
    bench.succeed(&["config", "show", "--config", "shown.toml"]);
}

#[test]
fn reference_has_every_table() {
    let bench = Bench::with_split();
    let page = bench.succeed(&["config", "reference"]);
    for table in ["data", "model", "loss", "optimizer", "schedule", "training"] {
        assert!(page.contains(&format!("## `[{table}]`")), "{table}");
    }
}
