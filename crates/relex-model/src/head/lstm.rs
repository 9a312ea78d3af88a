use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor},
};

use super::linear;
use crate::ops::{self, Pass};

/// A stack of bidirectional LSTM layers, `torch.nn.LSTM(…, bidirectional=True)` over packed sequences.
#[derive(Module, Debug)]
pub(super) struct BiLstm {
    layers: Vec<BiLstmLayer>,
    #[module(skip)]
    dropout: f32,
}

/// PyTorch's `weight_ih_l{k}` is `layers.{k}.forward.input.weight`, its `bias_ih_l{k}` the bias beside it; `hh` is `recurrent`,
/// `_reverse` is `backward`. The four gates stand in PyTorch's order: input, forget, candidate, output.
#[derive(Module, Debug)]
struct BiLstmLayer {
    forward: LstmDirection,
    backward: LstmDirection,
}

/// [`crate::Classifier::with_new_head`] knows it by its name.
#[derive(Module, Debug)]
struct LstmDirection {
    input: Linear,
    recurrent: Linear,
}

impl BiLstm {
    /// `width` is that of the inputs, `units` that of one direction's states; `dropout` is between layers.
    pub(super) fn new(width: usize, units: usize, layers: usize, dropout: f32, device: &Device) -> Self {
        let layer = |layer: usize| {
            let width = if layer == 0 { width } else { 2 * units };
            let direction = || LstmDirection {
                input: linear(width, 4 * units, device),
                recurrent: linear(units, 4 * units, device),
            };
            BiLstmLayer {
                forward: direction(),
                backward: direction(),
            }
        };
        Self {
            layers: (0..layers).map(layer).collect(),
            dropout,
        }
    }

    /// `[batch, seq_len, width]` → the last layer's states, forward then backward, `[batch, seq_len, 2 · units]`; 0 on padding.
    pub(super) fn forward(&self, input: Tensor<3>, attention_mask: &Tensor<2>, pass: &mut Pass<'_>) -> Tensor<3> {
        let mut states = input;
        for (number, layer) in self.layers.iter().enumerate() {
            if number > 0 {
                states = ops::dropout(states, pass.mask(self.dropout));
            }
            let directions = [&layer.forward, &layer.backward];
            let gates = directions.map(|direction| direction.gates(states.clone()));
            let recurrent = directions.map(|direction| direction.recurrent.weight.val());
            states = ops::bilstm(gates, recurrent, attention_mask.clone());
        }
        states
    }
}

impl LstmDirection {
    /// What the inputs add to the gates at every token, with both biases: one product for all tokens. They are rows of one
    /// matrix, because of a batch of matrices Burn makes the weights' gradient one by one, to add them up then.
    fn gates(&self, input: Tensor<3>) -> Tensor<3> {
        let [batch, seq_len, width] = input.dims();
        let biases = self.input.bias.as_ref().zip(self.recurrent.bias.as_ref());
        let bias = biases.map(|(input, recurrent)| input.val() + recurrent.val());
        let weight = self.input.weight.val();
        let [_, outputs] = weight.dims();
        let rows = input.reshape([batch * seq_len, width]);
        ops::affine(rows, weight, bias).reshape([batch, seq_len, outputs])
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        ModelError,
        load::{WeightFile, WeightTensor, fill, open_weights},
        ops::COMPOSED_ONLY,
    };

    /// PyTorch's names for our weights.
    struct AsPyTorch<'a>(&'a dyn WeightFile);

    impl WeightFile for AsPyTorch<'_> {
        fn path(&self) -> &Path {
            self.0.path()
        }
        fn names(&self) -> Vec<String> {
            Vec::new()
        }
        fn shape(&self, name: &str) -> Option<Vec<usize>> {
            self.0.shape(&Self::name(name))
        }
        fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
            self.0.read(&Self::name(name))
        }
    }

    impl AsPyTorch<'_> {
        fn name(name: &str) -> String {
            let [_, layer, direction, part, what] = name.split('.').collect::<Vec<_>>()[..] else {
                panic!("{name}");
            };
            let part = if part == "input" { "ih" } else { "hh" };
            let reverse = if direction == "backward" { "_reverse" } else { "" };
            format!("{what}_{part}_l{layer}{reverse}")
        }
    }

    fn check(device: &Device) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bilstm.safetensors");
        let file = open_weights(&path).unwrap();
        let read = |name: &str| file.read(name).unwrap().unwrap();
        let (lstm, _) = fill(
            BiLstm::new(12, 9, 2, 0.0, device),
            &AsPyTorch(file.as_ref()),
            "",
            device,
        )
        .unwrap();
        let lengths = [7u8, 3, 5, 1];
        let mask: Vec<f32> = lengths
            .iter()
            .flat_map(|&length| (0..7).map(move |token| f32::from(u8::from(token < length))))
            .collect();
        let mask = Tensor::<1>::from_floats(&mask[..], device).reshape([4, 7]);
        let input = Tensor::<1>::from_floats(&read("input").values[..], device).reshape([4, 7, 12]);
        let states = lstm.forward(input, &mask, &mut Pass::Inference);
        let states: Vec<f32> = states.into_data().try_to_vec().unwrap();
        let expected = read("output").values;
        assert_eq!(states.len(), expected.len());
        for (i, (a, e)) in states.iter().zip(&expected).enumerate() {
            assert!((a - e).abs() < 1e-6, "{i}: {a} is not {e}");
        }
        // h_n of the second layer: forward at the last token, backward at the first.
        let last = read("final_hidden").values;
        for (row, &length) in lengths.iter().enumerate() {
            for unit in 0..9 {
                let state = |token: usize, unit: usize| states[(row * 7 + token) * 18 + unit];
                let of_layer = |direction: usize| last[((2 + direction) * 4 + row) * 9 + unit];
                assert!((state(usize::from(length) - 1, unit) - of_layer(0)).abs() < 1e-6);
                assert!((state(0, 9 + unit) - of_layer(1)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn states_equal_those_of_pytorchs_packed_sequences() {
        check(&Device::flex());
        check(&Device::flex().autodiff());
        COMPOSED_ONLY.set(true);
        check(&Device::flex());
        COMPOSED_ONLY.set(false);
    }
}
