//! The arithmetic of the recurrence on slices, one direction at a time.
//!
//! Sentences are ordered by length, so that those with a token left in a step are the first ones: their states are the rows of
//! one matrix product a step. All sums have a fixed order, so results do not depend on the number of threads.

use burn::{backend::TensorMetadata, tensor::TensorData};
use burn_flex::FlexTensor;
use pulp::Arch;

use super::{
    Reading,
    panels::{Panels, Product},
};
use crate::{
    flex::{contiguous, values, values_mut},
    ops::fused::{Run, math, product::transposed_product},
};

/// The sentences of a batch, longest first.
pub(super) struct Sentences {
    /// Row in the batch, and number of tokens.
    by_length: Vec<(usize, usize)>,
    seq_len: usize,
}

impl Sentences {
    /// From the attention mask `[batch, seq_len]`.
    pub(super) fn new(mask: &[f32], batch: usize, seq_len: usize) -> Self {
        let length = |row: usize| mask[row * seq_len..][..seq_len].iter().filter(|&&x| x > 0.0).count();
        let mut by_length: Vec<(usize, usize)> = (0..batch).map(|row| (row, length(row))).collect();
        by_length.sort_by_key(|&(row, length)| (std::cmp::Reverse(length), row));
        Self { by_length, seq_len }
    }

    fn steps(&self) -> usize {
        self.by_length.first().map_or(0, |&(_, length)| length)
    }

    /// Those that have a token left in a step.
    fn at(&self, step: usize) -> &[(usize, usize)] {
        &self.by_length[..self.by_length.partition_point(|&(_, length)| length > step)]
    }
}

/// What one direction leaves: `gates` after their activations, cells and states, each `[batch, seq_len, …]`, 0 on padding.
pub(super) struct Trace<C> {
    pub(super) gates: FlexTensor,
    pub(super) cells: C,
    pub(super) states: C,
}

/// Runs a direction over all sentences. `gates` is `[batch, seq_len, 4 · units]`, `recurrent` `[units, 4 · units]`.
pub(super) fn forward(
    gates: FlexTensor,
    recurrent: &FlexTensor,
    sentences: &Sentences,
    reading: Reading,
) -> Trace<Vec<f32>> {
    let [batch, seq_len, width] = gates.shape().dims();
    let units = width / 4;
    let recurrent = Panels::new(values(&contiguous(recurrent.clone())), units, width);
    let mut gates = contiguous(gates);
    let activations = values_mut(&mut gates);
    clear_padding(activations, sentences, width);
    let mut cells = vec![0.0; batch * seq_len * units];
    let mut states = vec![0.0; batch * seq_len * units];
    // Of the sentences in the step, one row each.
    let mut cell = vec![0.0; batch * units];
    let mut state: Vec<f32> = Vec::new();
    for step in 0..sentences.steps() {
        let active = sentences.at(step);
        state.truncate(active.len() * units);
        let from_states: Option<Product> = (step > 0).then(|| recurrent.product(&state));
        state.resize(active.len() * units, 0.0);
        Arch::new().dispatch(Run(
            #[inline(always)]
            || {
                for (place, &(row, length)) in active.iter().enumerate() {
                    let token = row * seq_len + reading.token(step, length);
                    let gates = &mut activations[token * width..][..width];
                    if let Some(from_states) = &from_states {
                        from_states.add_row_to(place, gates);
                    }
                    let cell = &mut cell[place * units..][..units];
                    let state = &mut state[place * units..][..units];
                    advance(gates, cell, state);
                    cells[token * units..][..units].copy_from_slice(cell);
                    states[token * units..][..units].copy_from_slice(state);
                }
            },
        ));
    }
    Trace { gates, cells, states }
}

/// PyTorch's equations for one token: `i = σ, f = σ, g = tanh, o = σ` of the sums in `gates`, which become these;
/// `c ← f c + i g`, `h = o tanh(c)`.
#[inline(always)]
fn advance(gates: &mut [f32], cell: &mut [f32], state: &mut [f32]) {
    // Short loops over few slices each, which the compiler can see to be apart, run in vector registers.
    let [input, forget, candidate, output] = in_four(gates);
    for gate in [&mut *input, &mut *forget, &mut *output] {
        for x in gate {
            *x = math::sigmoid(*x);
        }
    }
    for x in &mut *candidate {
        *x = math::tanh(*x);
    }
    for (((cell, i), f), g) in cell.iter_mut().zip(input).zip(forget).zip(candidate) {
        *cell = f.mul_add(*cell, *i * *g);
    }
    for ((state, o), cell) in state.iter_mut().zip(output).zip(cell) {
        *state = *o * math::tanh(*cell);
    }
}

/// The gates of one token, in their order.
#[inline(always)]
fn in_four(gates: &mut [f32]) -> [&mut [f32]; 4] {
    let units = gates.len() / 4;
    let (first, second) = gates.split_at_mut(2 * units);
    let (input, forget) = first.split_at_mut(units);
    let (candidate, output) = second.split_at_mut(units);
    [input, forget, candidate, output]
}

/// Gradients of a direction's gates, `[batch, seq_len, 4 · units]`, and of its recurrent weights, from those of the states of
/// both directions, `[batch, seq_len, 2 · units]`.
pub(super) fn backward(
    grad: &[f32],
    trace: Trace<&[f32]>,
    recurrent: &FlexTensor,
    sentences: &Sentences,
    reading: Reading,
) -> (FlexTensor, FlexTensor) {
    let [batch, seq_len, width] = trace.gates.shape().dims();
    let units = width / 4;
    let offset = match reading {
        Reading::Forward => 0,
        Reading::Backward => units,
    };
    let recurrent = Panels::transposed(values(&contiguous(recurrent.clone())), width, units);
    let mut gates = contiguous(trace.gates);
    let gradients = values_mut(&mut gates);
    let nothing = vec![0.0; units];
    let mut cell_grad = vec![0.0; batch * units];
    let mut state_grad = vec![0.0; batch * units];
    for step in (0..sentences.steps()).rev() {
        let active = sentences.at(step);
        let mut step_grad = vec![0.0; active.len() * width];
        Arch::new().dispatch(Run(
            #[inline(always)]
            || {
                for (place, &(row, length)) in active.iter().enumerate() {
                    let token = row * seq_len + reading.token(step, length);
                    let before = match step {
                        0 => &nothing[..],
                        _ => &trace.cells[(row * seq_len + reading.token(step - 1, length)) * units..][..units],
                    };
                    let state_grad = &mut state_grad[place * units..][..units];
                    for (sum, from_above) in state_grad.iter_mut().zip(&grad[2 * token * units + offset..]) {
                        *sum += from_above;
                    }
                    let gates = &mut gradients[token * width..][..width];
                    let cell = &trace.cells[token * units..][..units];
                    retreat(
                        gates,
                        state_grad,
                        cell,
                        before,
                        &mut cell_grad[place * units..][..units],
                    );
                    step_grad[place * width..][..width].copy_from_slice(gates);
                }
            },
        ));
        if step > 0 {
            let to_states = recurrent.product(&step_grad);
            for (place, state_grad) in state_grad.chunks_exact_mut(units).take(active.len()).enumerate() {
                state_grad.fill(0.0);
                to_states.add_row_to(place, state_grad);
            }
        }
    }
    let before = states_before(trace.states, sentences, units, reading);
    let recurrent_grad = transposed_product(&before, values(&gates), [units, width]);
    let recurrent_grad = FlexTensor::from_data(TensorData::new(recurrent_grad, [units, width]));
    (gates, recurrent_grad)
}

/// The derivative of [`advance`]: the gates become the gradients of their sums, `cell_grad` is carried to the step before.
#[inline(always)]
fn retreat(gates: &mut [f32], state_grad: &[f32], cell: &[f32], before: &[f32], cell_grad: &mut [f32]) {
    let [input, forget, candidate, output] = in_four(gates);
    let sums = cell_grad.iter_mut().zip(output).zip(cell.iter().zip(state_grad));
    for ((by_cell, o), (cell, by_state)) in sums {
        let squashed = math::tanh(*cell);
        *by_cell = (by_state * *o).mul_add(1.0 - squashed * squashed, *by_cell);
        *o = by_state * squashed * *o * (1.0 - *o);
    }
    for ((i, g), by_cell) in input.iter_mut().zip(candidate).zip(&*cell_grad) {
        let input = *i;
        *i = by_cell * *g * input * (1.0 - input);
        *g = by_cell * input * (1.0 - *g * *g);
    }
    for ((f, by_cell), before) in forget.iter_mut().zip(cell_grad).zip(before) {
        let forget = *f;
        *f = *by_cell * before * forget * (1.0 - forget);
        *by_cell *= forget;
    }
}

/// At each token the state of the step before, 0 in the first one and on padding.
fn states_before(states: &[f32], sentences: &Sentences, units: usize, reading: Reading) -> Vec<f32> {
    let mut before = vec![0.0; states.len()];
    for &(row, length) in &sentences.by_length {
        let first = row * sentences.seq_len;
        for step in 1..length {
            let (to, from) = (reading.token(step, length), reading.token(step - 1, length));
            before[(first + to) * units..][..units].copy_from_slice(&states[(first + from) * units..][..units]);
        }
    }
    before
}

/// Both directions' states of each token in a row, `units` of either.
pub(super) fn side_by_side(forward: &[f32], backward: &[f32], units: usize) -> Vec<f32> {
    let mut states = Vec::with_capacity(2 * forward.len());
    for (forward, backward) in forward.chunks_exact(units).zip(backward.chunks_exact(units)) {
        states.extend_from_slice(forward);
        states.extend_from_slice(backward);
    }
    states
}

fn clear_padding(gates: &mut [f32], sentences: &Sentences, width: usize) {
    for &(row, length) in &sentences.by_length {
        let first = row * sentences.seq_len;
        gates[(first + length) * width..(first + sentences.seq_len) * width].fill(0.0);
    }
}
