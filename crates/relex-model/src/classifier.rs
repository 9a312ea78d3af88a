use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Device, Tensor, TensorData},
};
use rand::{Rng, RngExt};

use crate::{BatchTensors, Encoder, Head, HeadConfig, ops::Pass};

/// An encoder with a head on it.
#[derive(Module, Debug)]
pub struct Classifier {
    /// Tokens to hidden states.
    pub encoder: Encoder,
    /// Hidden states to logits.
    pub head: Head,
}

impl Classifier {
    /// Puts a freshly drawn head on a pre-trained encoder. Weights and biases are uniform on
    /// ±1/√inputs, PyTorch's default for linear layers: with the narrower normal distribution that
    /// transformers uses (deviation 0.02, biases 0) a small encoder learns more slowly.
    /// The same generator state gives the same head on every device.
    pub fn with_new_head(encoder: Encoder, head: &HeadConfig, random: &mut impl Rng, device: &Device) -> Self {
        let mut draw = DrawUniform {
            random,
            bound: 0.0,
            device,
        };
        let head = Head::new(head, device).of_family(encoder.architecture()).map(&mut draw);
        Self { encoder, head }
    }

    /// Logits `[batch, labels]`.
    pub fn forward(&self, batch: BatchTensors, pass: &mut Pass<'_>) -> Tensor<2> {
        let hidden = self
            .encoder
            .forward(batch.input_ids, batch.token_types, batch.attention_mask, pass);
        self.head.forward(hidden, batch.entity_starts, pass)
    }
}

struct DrawUniform<'a, R> {
    random: &'a mut R,
    /// Of the layer being visited: its weight `[inputs, outputs]` comes before its bias.
    bound: f32,
    device: &'a Device,
}

impl<R: Rng> ModuleMapper for DrawUniform<'_, R> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.lazy_shape();
        if D == 2 {
            self.bound = 1.0 / (shape[0] as f32).sqrt();
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
    use crate::{Head, HeadKind};

    #[test]
    fn heads_are_drawn_within_their_bounds_and_repeat() {
        let device = Device::flex();
        let config = HeadConfig {
            kind: HeadKind::Cls,
            hidden_size: 100,
            labels: 40,
            dropout: 0.1,
            cosine_scale: None,
        };
        let draw = |seed| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut draw = DrawUniform {
                random: &mut random,
                bound: 0.0,
                device: &device,
            };
            let mut collected = crate::load::Collect::with_prefix("");
            Head::new(&config, &device).map(&mut draw).visit(&mut collected);
            collected.tensors
        };
        let tensors = draw(1);
        assert_eq!(tensors.len(), 4);
        for (name, tensor) in &tensors {
            let largest = tensor.values.iter().fold(0f32, |largest, x| largest.max(x.abs()));
            // 100 inputs each: uniform on ±1/10
            assert!((0.09..=0.1).contains(&largest), "{name}: {largest}");
        }
        assert!(draw(1) == tensors && draw(2) != tensors);
    }
}
