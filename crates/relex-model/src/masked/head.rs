use burn::{
    module::{Module, Param},
    nn::{LayerNorm, LayerNormConfig, Linear},
    tensor::{Device, Tensor, TensorData},
};
use rand::{Rng, RngExt};

use crate::{
    Architecture, EncoderConfig,
    head::linear,
    ops::{self, Activation, Precision},
};

/// The head of a masked language model: a dense layer to the embeddings' width, an activation, a layer norm, and the product with
/// the word embeddings, plus a bias for each token. BERT's `cls.predictions`, RoBERTa's `lm_head`, and of ELECTRA's generator
/// `generator_predictions` with `generator_lm_head`: the same but for names and activation.
#[derive(Module, Debug)]
pub struct MaskedHead {
    dense: Linear,
    layer_norm: LayerNorm,
    bias: Param<Tensor<1>>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    epsilon: f64,
    #[module(skip)]
    precision: Precision,
}

impl MaskedHead {
    /// A head whose weights are to be drawn or loaded: until then they are zeros and ones.
    pub(super) fn new(config: &EncoderConfig, device: &Device) -> Self {
        Self {
            dense: linear(config.hidden_size, config.embedding_size, device),
            layer_norm: LayerNormConfig::new(config.embedding_size)
                .with_epsilon(config.layer_norm_eps)
                .init(device),
            bias: Param::from_tensor(Tensor::zeros([config.vocab_size], device)),
            activation: match config.architecture {
                Architecture::Bert => config.hidden_act,
                Architecture::Roberta | Architecture::XlmRoberta | Architecture::Electra => Activation::Gelu,
            },
            epsilon: config.layer_norm_eps,
            precision: Precision::F32,
        }
    }

    /// A new head: the dense layer's weights and biases are uniform on ±1/√inputs as those of [`crate::Head::drawn`], the norm
    /// leaves everything as it is, and no token is preferred. The same generator state gives the same head on every device.
    pub(super) fn drawn(config: &EncoderConfig, random: &mut impl Rng, device: &Device) -> Self {
        let bound = 1.0 / (config.hidden_size as f32).sqrt();
        let mut draw = |count: usize| -> Vec<f32> { (0..count).map(|_| random.random_range(-bound..=bound)).collect() };
        let size = [config.hidden_size, config.embedding_size];
        let weight = TensorData::new(draw(size[0] * size[1]), size);
        let bias = TensorData::new(draw(size[1]), [size[1]]);
        let mut head = Self::new(config, device);
        let id = head.dense.weight.id;
        head.dense.weight = head
            .dense
            .weight
            .transform_for_load(Tensor::from_data(weight, device), id);
        head.dense.bias = head.dense.bias.map(|param| {
            let id = param.id;
            param.transform_for_load(Tensor::from_data(bias, device), id)
        });
        head
    }

    /// The same head for a vocabulary of another size; tokens that it did not know have a bias of 0.
    pub(super) fn with_vocabulary(mut self, size: usize) -> Self {
        let bias = self.bias.val();
        let known = bias.dims()[0];
        if size == known {
            return self;
        }
        let device = bias.device();
        let grown = if size < known {
            bias.narrow(0, 0, size)
        } else {
            Tensor::cat(vec![bias, Tensor::zeros([size - known], &device)], 0)
        };
        let id = self.bias.id;
        self.bias = self.bias.transform_for_load(grown.detach(), id);
        self
    }

    pub(super) fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Logits `[places, vocabulary]` of `hidden`, `[places, hidden]`; `embeddings` is `[vocabulary, embedding]`.
    pub(super) fn forward(&self, hidden: Tensor<2>, embeddings: Tensor<2>) -> Tensor<2> {
        let precision = self.precision;
        let inner = precision.raise(precision.linear(&self.dense, precision.lower(hidden)));
        let inner = ops::activate(inner.unsqueeze_dim(0), self.activation);
        let inner: Tensor<2> = ops::layer_norm(inner, &self.layer_norm, self.epsilon).squeeze_dim(0);
        let logits = precision.lower(inner).matmul(precision.lower(embeddings).transpose());
        precision.raise(logits) + self.bias.val().unsqueeze()
    }
}
