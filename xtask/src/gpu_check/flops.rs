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

/// Floating-point operations of the products in training steps of an encoder: for each layer and token four projections
/// and two products of the feed-forward part, `2 · (4 h² + 2 h i)`, and scores and sums of attention, `4 · length · h`; the
/// backward pass takes twice as many (Kaplan et al. 2020, "Scaling Laws for Neural Language Models", appendix). Padding is
/// computed too. Embeddings, norms and the head are left out, so that shares are on the low side.
pub(super) fn of_steps(encoder: &Value, metrics: &str) -> Option<f64> {
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
        let length = tokens / rows;
        let a_token = 2.0 * (4.0 * hidden * hidden + 2.0 * hidden * inner) + 4.0 * length * hidden;
        total += 3.0 * layers * a_token * tokens;
    }
    Some(total)
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
    let known = KNOWN.iter().find(|(known, ..)| name.contains(known));
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
        // Of a token: 2 · (4 · 16 + 2 · 32) + 4 · 3 · 4 = 304; six of them, two layers, three times.
        assert_eq!(of_steps(&encoder, metrics), Some(304.0 * 6.0 * 2.0 * 3.0));
        assert_eq!(of_steps(&json!({}), metrics), None);
    }

    #[test]
    fn a_given_peak_goes_before_a_known_one() {
        let given = [parse_peak("bf16=500").unwrap()];
        assert_eq!(peak("NVIDIA H200, 560.35", "bf16", &given), Some(500.0));
        assert_eq!(peak("NVIDIA H200, 560.35", "fp16", &given), Some(989.0));
        assert_eq!(peak("NVIDIA H200, 560.35", "f32", &[]), Some(67.0));
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
