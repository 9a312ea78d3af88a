//! The first weights of a head.

use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Device, Tensor, TensorData},
};
use rand::{Rng, RngExt};

use super::{Head, HeadConfig};

/// What Burn calls the module of one of an LSTM's directions.
const LSTM_DIRECTION: &str = "Struct:LstmDirection";

impl Head {
    /// A new head. Weights and biases are uniform on ±1/√inputs, PyTorch's default for linear
    /// layers: with the narrower normal distribution that transformers uses (deviation 0.02, biases
    /// 0) a small encoder learns more slowly. Those of an LSTM are uniform on ±1/√units, PyTorch's
    /// default too. The same generator state gives the same head on every device.
    pub fn drawn(config: &HeadConfig, random: &mut impl Rng, device: &Device) -> Self {
        Self::new(config, device).map(&mut DrawUniform {
            random,
            bound: 0.0,
            lstm_directions: 0,
            device,
        })
    }
}

struct DrawUniform<'a, R> {
    random: &'a mut R,
    /// Of the layer being visited: its weight `[inputs, outputs]` comes before its bias.
    bound: f32,
    /// How many of an LSTM's directions enclose the layer.
    lstm_directions: usize,
    device: &'a Device,
}

impl<R: Rng> ModuleMapper for DrawUniform<'_, R> {
    fn enter_module(&mut self, _name: &str, container_type: &str) {
        self.lstm_directions += usize::from(container_type == LSTM_DIRECTION);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.lstm_directions -= usize::from(container_type == LSTM_DIRECTION);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.lazy_shape();
        if D == 2 {
            // Both layers of an LSTM's direction have four gates for each of its units.
            let inputs = if self.lstm_directions > 0 {
                shape[1] / 4
            } else {
                shape[0]
            };
            self.bound = 1.0 / (inputs as f32).sqrt();
        }
        let values: Vec<f32> = (0..shape.num_elements())
            .map(|_| self.random.random_range(-self.bound..=self.bound))
            .collect();
        let tensor = Tensor::from_data(TensorData::new(values, shape), self.device);
        let id = param.id;
        param.transform_for_load(tensor, id)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::head::HeadKind;

    fn draw(kind: &str, seed: u64) -> Vec<(String, Vec<f32>)> {
        let device = Device::flex();
        let config = HeadConfig {
            kind: serde_json::from_str(kind).unwrap(),
            hidden_size: 100,
            labels: 40,
            dropout: 0.1,
            cosine_scale: None,
        };
        let mut collected = crate::load::Collect::with_prefix("");
        Head::drawn(&config, &mut ChaCha8Rng::seed_from_u64(seed), &device).visit(&mut collected);
        let tensors = collected.tensors.into_iter();
        tensors
            .map(|tensor| (tensor.name().to_owned(), tensor.fetch().unwrap()))
            .collect()
    }

    /// Each tensor's largest value is just below its bound.
    #[track_caller]
    fn check(kind: &str, bound: impl Fn(&str) -> f32, expected_tensors: usize) {
        let tensors = draw(kind, 1);
        assert_eq!(tensors.len(), expected_tensors, "{kind}");
        for (name, values) in &tensors {
            let largest = values.iter().fold(0f32, |largest, x| largest.max(x.abs()));
            let bound = bound(name);
            assert!((0.89 * bound..=bound).contains(&largest), "{kind}: {name}: {largest}");
        }
        assert!(draw(kind, 1) == tensors && draw(kind, 2) != tensors);
    }

    #[test]
    fn heads_are_drawn_within_their_bounds_and_repeat() {
        // 100 inputs each: uniform on ±1/10
        check("\"cls\"", |_| 0.1, 4);
        check("\"attention\"", |_| 0.1, 7);
        let bound = |name: &str| match name {
            "dense.weight" | "dense.bias" => 0.1,
            _ => 200f32.sqrt().recip(),
        };
        check(r#"{"kind": "cls", "width": 2, "depth": 2}"#, bound, 6);
        // all of an LSTM by its 25 units, whatever a layer's inputs; then 50 features
        let bound = |name: &str| {
            if name.starts_with("lstm") {
                0.2
            } else {
                50f32.sqrt().recip()
            }
        };
        check(r#"{"kind": "bilstm", "layers": 2, "units": 25}"#, bound, 2 * 2 * 4 + 2);
    }

    #[test]
    fn every_kind_has_a_head() {
        for name in HeadKind::NAMES {
            assert!(!draw(&format!("{name:?}"), 1).is_empty());
        }
    }
}
