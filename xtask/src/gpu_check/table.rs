//! The findings as Markdown.

use std::fmt::Write as _;

use serde_json::Value;

/// Everything that was found, as tables to be pasted into a document. What was not asked is not shown.
pub(super) fn markdown(findings: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(String::new, String::from);
    let sets: Vec<String> = findings["set"].as_array().into_iter().flatten().map(text).collect();
    let relex = findings["precisions"].as_array().into_iter().flatten();
    let relex = relex
        .map(|entry| &entry["train"])
        .find(|train| !train["version"].is_null());
    let mut out = format!(
        "{} ({}){}, `{}`{}\n",
        findings["name"].as_str().unwrap_or("a device without a name"),
        text(&findings["device"]),
        relex.map_or(String::new(), |train| {
            format!(", relex {} ({})", text(&train["version"]), text(&train["git_commit"]))
        }),
        text(&findings["config"]),
        sets.iter()
            .fold(String::new(), |all, set| format!("{all} `--set {set}`"))
    );
    let of = |part: &str| -> Vec<(&str, &Value)> {
        let all = findings["precisions"].as_array().into_iter().flatten();
        all.filter(|entry| !entry[part].is_null())
            .map(|entry| (entry["precision"].as_str().unwrap_or("?"), entry))
            .collect()
    };
    parity(&mut out, &of("parity"));
    training(&mut out, &of("train"));
    yardstick(&mut out, &of("yardstick"));
    out
}

fn parity(out: &mut String, entries: &[(&str, &Value)]) {
    if entries.is_empty() {
        return;
    }
    let head = "\nAgainst the CPU in f32, without dropout; differences of the first step are shares of the CPU's largest logit and \
                of its gradients' norm.\n\n| precision | logits | gradients | loss, CPU → device: first step | last step | verdict |\n\
                |---|---|---|---|---|---|\n";
    out.push_str(head);
    for (precision, entry) in entries {
        let steps = &entry["parity"]["steps"];
        let last = steps.as_array().map_or(0, Vec::len).saturating_sub(1);
        let losses = |step: usize| {
            let loss = &steps[step]["loss"];
            format!("{} → {}", number(&loss[0], 5), number(&loss[1], 5))
        };
        let verdict = if entry["parity"]["agrees"] == true {
            "agrees"
        } else {
            "**differs**"
        };
        row(
            out,
            &[
                (*precision).to_owned(),
                small(&steps[0]["logits"]),
                small(&steps[0]["gradients"]),
                losses(0),
                format!("{} (step {})", losses(last), last + 1),
                verdict.to_owned(),
            ],
        );
    }
}

fn training(out: &mut String, entries: &[(&str, &Value)]) {
    if entries.is_empty() {
        return;
    }
    let head = "\nTraining, scored on the validation rows; examples/s over all steps, and over the second half of them; memory in use \
                on the device at most, sampled.\n\n| precision | micro-F1 | AUPRC | examples/s | second half | share of the peak | \
                memory | padding | data work | skipped |\n|---|---|---|---|---|---|---|---|---|---|\n";
    out.push_str(head);
    for (precision, entry) in entries {
        let train = &entry["train"];
        let score = |name: &str| {
            let score = &train[name];
            let [low, high] = ["low", "high"].map(|end| number(&score["interval"][end], 2));
            format!("{} ({low} – {high})", number(&score["value"], 2))
        };
        let data = train["data_seconds"].as_f64().zip(train["train_seconds"].as_f64());
        let data = data.map(|(data, all)| 100.0 * data / all);
        row(
            out,
            &[
                (*precision).to_owned(),
                score("micro_f1"),
                score("auprc"),
                number(&train["examples_per_second"], 1),
                number(&train["steady_examples_per_second"], 1),
                percent(train["share_of_peak"].as_f64().map(|share| 100.0 * share)),
                memory(train),
                percent(train["padding_share"].as_f64().map(|share| 100.0 * share)),
                data.map_or("–".into(), |share| format!("{share:.2} %")),
                train["skipped"].to_string(),
            ],
        );
    }
}

fn yardstick(out: &mut String, entries: &[(&str, &Value)]) {
    if entries.is_empty() {
        return;
    }
    let head = "\nAgainst PyTorch on the same rows and batches: examples/s, and relex's second half as a multiple.\n\n\
                | precision | relex | PyTorch | relex / PyTorch | compiled | relex / compiled | memory: relex | PyTorch | compiled |\n\
                |---|---|---|---|---|---|---|---|---|\n";
    out.push_str(head);
    for (precision, entry) in entries {
        let [plain, compiled] = ["yardstick", "yardstick_compiled"].map(|name| &entry[name]);
        let own = &entry["train"]["steady_examples_per_second"];
        let times = |other: &Value| {
            let both = own.as_f64().zip(other["examples_per_second"].as_f64());
            both.map_or("–".into(), |(own, other)| format!("{:.2} ×", own / other))
        };
        row(
            out,
            &[
                (*precision).to_owned(),
                number(own, 1),
                number(&plain["examples_per_second"], 1),
                times(plain),
                number(&compiled["examples_per_second"], 1),
                times(compiled),
                memory(&entry["train"]),
                memory(plain),
                memory(compiled),
            ],
        );
    }
}

fn row(out: &mut String, cells: &[String]) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

fn number(value: &Value, digits: usize) -> String {
    value.as_f64().map_or("–".into(), |value| format!("{value:.digits$}"))
}

/// A difference that is not finite has no number in JSON.
fn small(value: &Value) -> String {
    value
        .as_f64()
        .map_or("not finite".into(), |value| format!("{value:.1e}"))
}

fn percent(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| format!("{value:.1} %"))
}

/// On the device where that was seen, else of the process.
fn memory(finding: &Value) -> String {
    match (&finding["device_memory_mib"], &finding["peak_memory_mib"]) {
        (Value::Number(mib), _) => format!("{mib} MiB"),
        (_, process) => process
            .as_f64()
            .map_or("–".into(), |mib| format!("{mib:.0} MiB (process)")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_part_has_its_table() {
        let findings = json!({
            "device": "cuda:0", "name": "NVIDIA H200, 560", "config": "recipe.toml", "set": ["training.epochs=1"],
            "precisions": [{
                "precision": "bf16",
                "parity": {"agrees": true, "steps": [
                    {"step": 1, "loss": [3.5, 3.25], "logits": 0.004, "gradients": 0.01},
                    {"step": 2, "loss": [3.0, 2.75], "logits": 0.005, "gradients": null},
                ]},
                "train": {
                    "version": "0.1.0", "git_commit": "abc",
                    "micro_f1": {"value": 66.5, "interval": {"low": 64.0, "high": 68.25}},
                    "auprc": {"value": 38.0, "interval": {"low": 36.0, "high": 40.0}},
                    "examples_per_second": 1000.0, "steady_examples_per_second": 1500.0, "share_of_peak": 0.25,
                    "device_memory_mib": 9000, "padding_share": 0.034, "data_seconds": 1.0, "train_seconds": 100.0, "skipped": 0,
                },
                "yardstick": {"examples_per_second": 1000.0, "peak_memory_mib": 8000},
                "yardstick_compiled": null,
            }],
        });
        let text = markdown(&findings);
        assert!(
            text.starts_with("NVIDIA H200, 560 (cuda:0), relex 0.1.0 (abc), `recipe.toml` `--set training.epochs=1`\n"),
            "{text}"
        );
        for line in [
            "| bf16 | 4.0e-3 | 1.0e-2 | 3.50000 → 3.25000 | 3.00000 → 2.75000 (step 2) | agrees |",
            "| bf16 | 66.50 (64.00 – 68.25) | 38.00 (36.00 – 40.00) | 1000.0 | 1500.0 | 25.0 % | 9000 MiB | 3.4 % | 1.00 % | 0 |",
            "| bf16 | 1500.0 | 1000.0 | 1.50 × | – | – | 9000 MiB | 8000 MiB (process) | – |",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }

    #[test]
    fn what_was_not_asked_is_not_shown() {
        let findings =
            json!({"device": "cpu", "config": "c", "set": [], "precisions": [{"precision": "f32", "parity": null}]});
        assert_eq!(markdown(&findings), "a device without a name (cpu), `c`\n");
    }
}
