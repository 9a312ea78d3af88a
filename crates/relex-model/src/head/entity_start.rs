use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Int, Tensor},
};

use super::{HeadConfig, linear, output};
use crate::ops::{self, Pass};

/// `output(dropout(tanh(dense(dropout([h_subject; h_object])))))`, with the hidden states of the
/// two opening markers (Baldini Soares et al. 2019, "entity start").
#[derive(Module, Debug)]
pub struct EntityStartHead {
    dense: Linear,
    output: Linear,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    cosine_scale: Option<f32>,
}

impl EntityStartHead {
    pub(super) fn new(config: &HeadConfig, device: &Device) -> Self {
        Self {
            dense: linear(2 * config.hidden_size, config.hidden_size, device),
            output: output::output_layer(config, device),
            dropout: config.dropout,
            cosine_scale: config.cosine_scale,
        }
    }

    /// `[batch, seq_len, hidden]` and positions `[batch, 2]` → `[batch, labels]`.
    pub(super) fn forward(&self, hidden: Tensor<3>, entity_starts: Tensor<2, Int>, pass: &mut Pass<'_>) -> Tensor<2> {
        let [batch, _, width] = hidden.dims();
        let index = entity_starts.reshape([batch, 2, 1]).expand([batch, 2, width]);
        let pair = hidden.gather(1, index).reshape([batch, 2 * width]);
        let pair = ops::dropout(pair, pass.mask(self.dropout));
        let inner = self.dense.forward(pair).tanh();
        let features = ops::dropout(inner, pass.mask(self.dropout));
        output::logits(&self.output, features, self.cosine_scale)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;
    use crate::head::HeadKind;

    /// Hidden states whose every element tells where it stands: 100 · row + 10 · token + width.
    #[test]
    fn reads_the_hidden_states_at_the_given_positions() {
        let device = Device::flex().autodiff();
        let values: Vec<f32> = (0..2 * 4 * 3)
            .map(|i| (100 * (i / 12) + 10 * (i / 3 % 4) + i % 3) as f32)
            .collect();
        let hidden = Tensor::<3>::from_data(TensorData::new(values, [2, 4, 3]), &device).require_grad();
        let starts = Tensor::<2, Int>::from_ints([[2, 0], [1, 3]], &device);
        let index = starts.clone().reshape([2, 2, 1]).expand([2, 2, 3]);
        let pair = hidden.clone().gather(1, index).reshape([2, 6]);
        let gathered: Vec<f32> = pair.clone().into_data().try_to_vec().unwrap();
        assert_eq!(
            gathered,
            [20., 21., 22., 0., 1., 2., 110., 111., 112., 130., 131., 132.]
        );

        let weights = Tensor::<2>::from_floats([[1., 2., 3., 4., 5., 6.], [7., 8., 9., 10., 11., 12.]], &device);
        let gradient: Vec<f32> = hidden
            .grad(&(pair * weights).sum().backward())
            .unwrap()
            .into_data()
            .try_to_vec()
            .unwrap();
        let mut expected = vec![0.0; 24];
        expected[6..9].copy_from_slice(&[1., 2., 3.]);
        expected[0..3].copy_from_slice(&[4., 5., 6.]);
        expected[15..18].copy_from_slice(&[7., 8., 9.]);
        expected[21..24].copy_from_slice(&[10., 11., 12.]);
        assert_eq!(gradient, expected);

        let config = HeadConfig {
            kind: HeadKind::EntityStart,
            hidden_size: 3,
            labels: 5,
            dropout: 0.1,
            cosine_scale: None,
        };
        let logits = EntityStartHead::new(&config, &device).forward(hidden, starts, &mut Pass::Inference);
        assert_eq!(logits.dims(), [2, 5]);
    }
}
