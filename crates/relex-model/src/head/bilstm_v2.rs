use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor},
};

use super::{BiLstmSettings, HeadConfig, HeadInput, Tokens, input, lstm::BiLstm, output};
use crate::ops::{self, Pass};

/// `output(dropout([→h_n; ←h_1]))`, with the state of either direction after it has read all `n` tokens: `h_n` of PyTorch's LSTM.
#[derive(Module, Debug)]
pub struct BiLstmV2Head {
    lstm: BiLstm,
    output: Linear,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    cosine_scale: Option<f32>,
}

impl BiLstmV2Head {
    pub(super) const TOKENS: Tokens = Tokens::All;

    pub(super) fn new(settings: BiLstmSettings, config: &HeadConfig, device: &Device) -> Self {
        let (lstm, output) = settings.build(config, device);
        Self {
            lstm,
            output,
            dropout: config.dropout,
            cosine_scale: config.cosine_scale,
        }
    }

    pub(super) fn forward(&self, input: &HeadInput, pass: &mut Pass<'_>) -> Tensor<2> {
        let last = input.last();
        let states = self.lstm.forward(input.hidden.clone(), &input.attention_mask, pass);
        let [batch, seq_len, width] = states.dims();
        let units = width / 2;
        let forward = input::at(states.clone().slice([0..batch, 0..seq_len, 0..units]), last);
        let backward = states.slice([0..batch, 0..1, units..width]).reshape([batch, units]);
        let both = Tensor::cat(vec![forward, backward], 1);
        let features = ops::dropout(both, pass.mask(self.dropout));
        output::logits(&self.output, features, self.cosine_scale)
    }
}
