//! The recurrence made of Burn's own operations, for every device and type without a fused kernel.

use burn::tensor::{Tensor, activation::sigmoid};

use super::Reading;

pub(super) fn bilstm(gates: [Tensor<3>; 2], recurrent: [Tensor<2>; 2], attention_mask: &Tensor<2>) -> Tensor<3> {
    let ([forward, backward], [forward_weight, backward_weight]) = (gates, recurrent);
    let states = vec![
        direction(&forward, &forward_weight, attention_mask, Reading::Forward),
        direction(&backward, &backward_weight, attention_mask, Reading::Backward),
    ];
    Tensor::cat(states, 2)
}

/// Every row takes every step. Behind a sentence the state is set to 0: forwards nobody reads it there, backwards it is what
/// the last token begins with.
fn direction(gates: &Tensor<3>, recurrent: &Tensor<2>, attention_mask: &Tensor<2>, reading: Reading) -> Tensor<3> {
    let [batch, seq_len, width] = gates.dims();
    let units = width / 4;
    let mut hidden = Tensor::<2>::zeros([batch, units], &gates.device());
    let mut cell = hidden.clone();
    let mut states = Vec::with_capacity(seq_len);
    for step in 0..seq_len {
        let token = reading.token(step, seq_len);
        let is_token = attention_mask.clone().narrow(1, token, 1);
        let from_input = gates.clone().narrow(1, token, 1).reshape([batch, width]);
        let sum = from_input + hidden.matmul(recurrent.clone());
        let gate = |number: usize| sum.clone().narrow(1, number * units, units);
        let (input, forget, candidate, output) = (sigmoid(gate(0)), sigmoid(gate(1)), gate(2).tanh(), sigmoid(gate(3)));
        cell = (forget * cell + input * candidate) * is_token.clone();
        hidden = output * cell.clone().tanh() * is_token;
        states.push(hidden.clone().unsqueeze_dim::<3>(1));
    }
    if reading == Reading::Backward {
        states.reverse();
    }
    Tensor::cat(states, 1)
}
