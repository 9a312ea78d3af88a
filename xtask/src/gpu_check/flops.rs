//! How much of what a device can do is done.

use serde_json::{Value, json};

/// Dense products without sparsity, in TFLOP/s, from the makers' data sheets: part of the name, `f32` outside the tensor
/// cores, `bf16` and `fp16` in them.
const KNOWN: [(&str, f64, f64); 6] = [
    ("H200", 67.0, 989.0),
    ("H100 80GB HBM3", 67.0, 989.0),
    ("A100", 19.5, 312.0),
    ("L40S", 91.6, 362.0),
    ("L4", 30.3, 121.0),
    ("RTX 4090", 82.6, 165.2),
];

/// A peak that the user gives.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Peak {
    precision: String,
    tflops: f64,
}

pub(super) fn parse_peak(text: &str) -> Result<Peak, String> {
    let parsed = text.split_once('=').and_then(|(precision, tflops)| {
        let tflops: f64 = tflops.parse().ok()?;
        (tflops > 0.0).then(|| Peak {
            precision: precision.to_owned(),
            tflops,
        })
    });
    parsed.ok_or_else(|| "use the form bf16=989".into())
}

/// Floating-point operations of the products in training steps of a classifier: for each layer and token four projections
/// and two products of the feed-forward part, `2 · (4 h² + 2 h i)`, and scores and sums of attention, `4 · length · h`; the
/// backward pass takes twice as many (Kaplan et al. 2020, "Scaling Laws for Neural Language Models", appendix). Padding is
/// computed too. In the last layer the tokens that the head does not read are projected to keys and values alone. Embeddings,
/// norms and the head are left out, so that shares are on the low side.
pub(super) fn of_steps(encoder: &Value, classifier: &Value, metrics: &str) -> Option<f64> {
    let size = |key: &str| encoder.get(key).and_then(Value::as_f64);
    let (hidden, inner, layers) = (
        size("hidden_size")?,
        size("intermediate_size")?,
        size("num_hidden_layers")?,
    );
    let mut total = 0.0;
    for line in metrics.lines() {
        let line: Value = serde_json::from_str(line).ok()?;
        let (Some(rows), Some(tokens)) = (line["rows"].as_f64(), line["padded_tokens"].as_f64()) else {
            continue;
        };
        let read = tokens_read(&classifier["head"]["kind"]).map_or(tokens, |of_row| of_row * rows);
        let keys_and_values = 4.0 * hidden * hidden;
        let the_rest = 4.0 * hidden * hidden + 4.0 * hidden * inner + 4.0 * tokens / rows * hidden;
        total += 3.0 * (layers * keys_and_values * tokens + (layers - 1.0) * the_rest * tokens + the_rest * read);
    }
    Some(total)
}

/// How many tokens of a row a head reads, if not all.
fn tokens_read(head: &Value) -> Option<f64> {
    match head.as_str()? {
        "cls" => Some(1.0),
        "entity-start" => Some(2.0),
        "entity-span+cls" => Some(5.0),
        _ => None,
    }
}

/// Adds to each training run what share of the device's peak its steps came to.
pub(super) fn add_shares(findings: &mut Value, given: &[Peak]) {
    let name = findings["name"].as_str().unwrap_or_default().to_owned();
    let Some(precisions) = findings["precisions"].as_array_mut() else {
        return;
    };
    for entry in precisions {
        let precision = entry["precision"].as_str().unwrap_or_default().to_owned();
        let Some(peak) = peak(&name, &precision, given) else {
            continue;
        };
        let train = &mut entry["train"];
        let flops_an_example = train["flops"].as_f64().zip(train["rows"].as_f64());
        if let (Some((flops, rows)), Some(rate)) = (flops_an_example, train["steady_examples_per_second"].as_f64()) {
            train["peak_tflops"] = json!(peak);
            train["share_of_peak"] = json!(flops / rows * rate / (peak * 1e12));
        }
    }
}

fn peak(name: &str, precision: &str, given: &[Peak]) -> Option<f64> {
    // Whole words: an L40 is no L4.
    let has_word = |word| name.split(|it: char| !it.is_alphanumeric()).any(|part| part == word);
    let known = KNOWN.iter().find(|(known, ..)| known.split(' ').all(has_word));
    let known = known.map(|(_, f32, low)| if precision == "f32" { *f32 } else { *low });
    let given = given.iter().find(|peak| peak.precision == precision);
    given.map(|peak| peak.tflops).or(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_those_of_the_products() {
        let encoder = json!({"hidden_size": 4, "intermediate_size": 8, "num_hidden_layers": 2});
        let metrics = concat!(
            "{\"step\":1,\"rows\":2,\"padded_tokens\":6,\"learning_rate\":0.1}\n",
            "{\"step\":1,\"micro_f1\":50.0,\"rows\":2}\n",
        );
        let of_head = |kind: &str| of_steps(&encoder, &json!({"head": {"kind": kind}}), metrics);
        // Of a token: 2 · (4 · 16 + 2 · 32) + 4 · 3 · 4 = 304; six of them, two layers, three times.
        assert_eq!(of_head("mean"), Some(304.0 * 6.0 * 2.0 * 3.0));
        // In the last layer 2 · 2 · 16 = 64 for keys and values of six, the other 240 for two rows' two.
        assert_eq!(
            of_head("entity-start"),
            Some((304.0 * 6.0 + 64.0 * 6.0 + 240.0 * 4.0) * 3.0)
        );
        assert_eq!(of_steps(&json!({}), &json!({}), metrics), None);
    }

    #[test]
    fn a_given_peak_goes_before_a_known_one() {
        let given = [parse_peak("bf16=500").unwrap()];
        assert_eq!(peak("NVIDIA H200, 560.35", "bf16", &given), Some(500.0));
        assert_eq!(peak("NVIDIA H200, 560.35", "fp16", &given), Some(989.0));
        assert_eq!(peak("NVIDIA H200, 560.35", "f32", &[]), Some(67.0));
        assert_eq!(peak("NVIDIA A100-SXM4-80GB, 560.35", "f32", &[]), Some(19.5));
        assert_eq!(peak("NVIDIA L40, 560.35", "f32", &[]), None);
        assert_eq!(peak("", "f32", &[]), None);
        for wrong in ["bf16", "bf16=x", "bf16=0", "=-1"] {
            assert!(parse_peak(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_are_of_the_peak() {
        let mut findings = json!({"name": "NVIDIA H200, 1", "precisions": [
            {"precision": "bf16", "train": {"flops": 2e12, "rows": 10, "steady_examples_per_second": 989.0}},
            {"precision": "f32", "train": null},
        ]});
        add_shares(&mut findings, &[]);
        // 2e11 an example, 989 a second, of 989e12.
        assert_eq!(findings["precisions"][0]["train"]["share_of_peak"], json!(0.2));
        assert!(findings["precisions"][1]["train"].is_null());
    }
}
