use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Device, Tensor, TensorData},
};
use rand_distr::{Distribution, Normal};

use crate::{
    BatchTensors, Encoder, EncoderConfig, Head, HeadConfig,
    ops::Pass,
};

/// An encoder with a head on it.
#[derive(Module, Debug)]
pub struct Classifier {
    /// Tokens to hidden states.
    pub encoder: Encoder,
    /// Hidden states to logits.
    pub head: Head,
}

impl Classifier {
    /// Puts a freshly drawn head on a pre-trained encoder. Weights are normal with deviation
    /// `initializer_range`, biases 0, as in transformers; the same generator state gives the same
    /// head on every device.
    pub fn with_new_head(
        encoder: Encoder,
        config: &EncoderConfig,
        head: &HeadConfig,
        random: &mut impl rand::Rng,
        device: &Device,
    ) -> Self {
        let mut draw = DrawWeights { random, deviation: config.initializer_range, device };
        Self {
            encoder,
            head: Head::new(head, device).map(&mut draw),
        }
    }

    /// Logits `[batch, labels]`.
    pub fn forward(&self, batch: BatchTensors, pass: &mut Pass<'_>) -> Tensor<2> {
        let hidden = self
            .encoder
            .forward(batch.input_ids, None, batch.attention_mask, pass);
        self.head.forward(hidden, batch.entity_starts, pass)
    }
}

struct DrawWeights<'a, R> {
    random: &'a mut R,
    deviation: f64,
    device: &'a Device,
}

impl<R: rand::Rng> ModuleMapper for DrawWeights<'_, R> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.lazy_shape();
        let Ok(normal) = Normal::new(0.0, self.deviation) else {
            return param;
        };
        if D < 2 {
            return param;
        }
        let values: Vec<f32> = (0..shape.num_elements())
            .map(|_| normal.sample(self.random) as f32)
            .collect();
        let tensor = Tensor::from_data(TensorData::new(values, shape), self.device);
        let id = param.id;
        param.transform_for_load(tensor, id)
    }
}
