use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::BatchTensors;

/// The tokens whose hidden states a head reads: the encoder's last layer need not compute those of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tokens {
    /// Every one.
    All,
    /// Those of [`HeadInput::first`].
    First,
    /// Those of [`HeadInput::markers`].
    Markers,
    /// Those of [`HeadInput::first`] and [`HeadInput::entity_ends`].
    FirstAndEntityEnds,
}

impl Tokens {
    /// Their positions, `[batch, n]`; none if they are all.
    pub(crate) fn positions(self, batch: &BatchTensors) -> Option<Tensor<2, Int>> {
        let first = || batch.entity_starts.zeros_like().narrow(1, 0, 1);
        match self {
            Self::All => None,
            Self::First => Some(first()),
            Self::Markers => Some(batch.entity_starts.clone()),
            Self::FirstAndEntityEnds => Some(Tensor::cat(vec![first(), ends(&batch.entity_spans)], 1)),
        }
    }
}

/// What a head reads: hidden states, and where in them a sentence and its entities stand.
#[derive(Debug, Clone)]
pub struct HeadInput {
    /// The encoder's output, `[batch, seq_len, hidden]`.
    pub hidden: Tensor<3>,
    /// 1 for tokens, 0 for the padding behind them, `[batch, seq_len]`.
    pub attention_mask: Tensor<2>,
    /// Positions of the subject's and the object's opening marker, `[batch, 2]`.
    pub entity_starts: Tensor<2, Int>,
    /// The subject's and the object's first token and the one behind their last, `[batch, 2, 2]`.
    pub entity_spans: Tensor<3, Int>,
}

impl HeadInput {
    /// The hidden states of these tokens alone, `[batch, n, hidden]` in the order of [`Tokens::positions`], for the head that reads
    /// them: what it looks for stands where it stands among them.
    pub(crate) fn of_chosen(hidden: Tensor<3>) -> Self {
        let [batch, count, _] = hidden.dims();
        let device = hidden.device();
        Self {
            attention_mask: Tensor::ones([batch, count], &device),
            entity_starts: same_in_all_rows(&[0, 1], &device).expand([batch, 2]),
            // Behind the first token the ends of one entity, and of the other.
            entity_spans: same_in_all_rows(&[1, 3, 3, 5], &device)
                .expand([batch, 4])
                .reshape([batch, 2, 2]),
            hidden,
        }
    }

    /// Hidden states of the first token, `[batch, hidden]`.
    pub(super) fn first(&self) -> Tensor<2> {
        let [batch, _, width] = self.hidden.dims();
        self.hidden.clone().narrow(1, 0, 1).reshape([batch, width])
    }

    /// Their mean over all tokens, `[batch, hidden]`.
    pub(super) fn mean(&self) -> Tensor<2> {
        let count = self.attention_mask.clone().sum_dim(1);
        self.weighted_mean(self.attention_mask.clone() / count)
    }

    /// Their sum with these weights, `[batch, seq_len]`, which are 0 on padding.
    pub(super) fn weighted_mean(&self, weights: Tensor<2>) -> Tensor<2> {
        let [batch, seq_len, width] = self.hidden.dims();
        weights
            .reshape([batch, 1, seq_len])
            .matmul(self.hidden.clone())
            .reshape([batch, width])
    }

    /// Those at the entities' opening markers side by side, `[batch, 2 · hidden]`.
    pub(super) fn markers(&self) -> Tensor<2> {
        at(self.hidden.clone(), self.entity_starts.clone())
    }

    /// Those at the entities' first and last tokens side by side, `[batch, 4 · hidden]`: the subject's, then the object's.
    pub(super) fn entity_ends(&self) -> Tensor<2> {
        at(self.hidden.clone(), ends(&self.entity_spans))
    }

    /// The means over the subject's and over the object's tokens, `[batch, 2, hidden]`.
    pub(super) fn entity_means(&self) -> Tensor<3> {
        let [batch, seq_len, _] = self.hidden.dims();
        let shape = [batch, 2, seq_len];
        let place = Tensor::<1, Int>::arange(0..seq_len as i64, &self.hidden.device())
            .reshape([1, 1, seq_len])
            .expand(shape);
        let bound = |end: usize| self.entity_spans.clone().narrow(2, end, 1).expand(shape);
        let is_inside = place.clone().greater_equal(bound(0)).bool_and(place.lower(bound(1)));
        let inside = is_inside.float();
        let weights = inside.clone() / inside.sum_dim(2);
        weights.matmul(self.hidden.clone())
    }

    /// Position of each sentence's last token, `[batch, 1]`.
    pub(super) fn last(&self) -> Tensor<2, Int> {
        self.attention_mask.clone().sum_dim(1).int().sub_scalar(1)
    }
}

/// The states `[batch, seq_len, width]` at `n` positions `[batch, n]`, `[batch, n, width]`.
pub(crate) fn chosen(states: Tensor<3>, positions: Tensor<2, Int>) -> Tensor<3> {
    let [batch, _, width] = states.dims();
    let [_, count] = positions.dims();
    let index = positions.reshape([batch, count, 1]).expand([batch, count, width]);
    states.gather(1, index)
}

/// The same side by side, `[batch, n · width]`.
pub(super) fn at(states: Tensor<3>, positions: Tensor<2, Int>) -> Tensor<2> {
    chosen(states, positions).flatten(1, 2)
}

/// The first and the last token of spans `[batch, 2, 2]`, whose ends are the tokens behind them: `[batch, 4]`.
fn ends(spans: &Tensor<3, Int>) -> Tensor<2, Int> {
    let first = spans.clone().narrow(2, 0, 1);
    let last = spans.clone().narrow(2, 1, 1).sub_scalar(1);
    Tensor::cat(vec![first, last], 2).flatten(1, 2)
}

/// `[1, n]`.
fn same_in_all_rows(values: &[i32], device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len()]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hidden states whose every element tells where it stands: 100 · row + 10 · token + element; the second row has three
    /// tokens, and NaN would show what reads its padding.
    fn input(device: &Device) -> HeadInput {
        let values: Vec<f32> = (0..2 * 4 * 3)
            .map(|i| (100 * (i / 12) + 10 * (i / 3 % 4) + i % 3) as f32)
            .collect();
        HeadInput {
            hidden: Tensor::from_data(TensorData::new(values, [2, 4, 3]), device).require_grad(),
            attention_mask: Tensor::from_floats([[1., 1., 1., 1.], [1., 1., 1., 0.]], device),
            entity_starts: Tensor::from_ints([[2, 0], [1, 2]], device),
            entity_spans: Tensor::from_ints([[[2, 4], [0, 1]], [[0, 3], [2, 3]]], device),
        }
    }

    #[track_caller]
    fn check<const D: usize>(actual: Tensor<D>, expected: &[f32]) {
        let actual: Vec<f32> = actual.into_data().try_to_vec().unwrap();
        assert_eq!(actual.len(), expected.len());
        for (a, e) in actual.iter().zip(expected) {
            approx::assert_abs_diff_eq!(a, e, epsilon = 1e-4);
        }
    }

    #[test]
    fn every_pooling_reads_its_tokens() {
        let input = input(&Device::flex().autodiff());
        check(input.first(), &[0., 1., 2., 100., 101., 102.]);
        // (0 + 10 + 20 + 30) / 4, and (100 + 110 + 120) / 3: the padding does not count
        check(input.mean(), &[15., 16., 17., 110., 111., 112.]);
        check(
            input.markers(),
            &[20., 21., 22., 0., 1., 2., 110., 111., 112., 120., 121., 122.],
        );
        // tokens 2 and 3, token 0; tokens 0 to 2, token 2
        check(
            input.entity_means(),
            &[25., 26., 27., 0., 1., 2., 110., 111., 112., 120., 121., 122.],
        );
        let ends = [20., 21., 22., 30., 31., 32., 0., 1., 2., 0., 1., 2.];
        let of_second = [100., 101., 102., 120., 121., 122., 120., 121., 122., 120., 121., 122.];
        check(input.entity_ends(), &[&ends[..], &of_second].concat());
        let last: Vec<i64> = input.last().into_data().convert::<i64>().try_to_vec().unwrap();
        assert_eq!(last, [3, 2]);
    }

    #[test]
    fn gradients_come_back_to_the_tokens_that_were_read() {
        let device = Device::flex().autodiff();
        let input = input(&device);
        let weights = Tensor::<2>::from_floats([[1., 2., 3., 4., 5., 6.], [7., 8., 9., 10., 11., 12.]], &device);
        let gradients = (input.markers() * weights).sum().backward();
        let mut expected = [0.0; 24];
        expected[6..9].copy_from_slice(&[1., 2., 3.]);
        expected[0..3].copy_from_slice(&[4., 5., 6.]);
        expected[15..18].copy_from_slice(&[7., 8., 9.]);
        expected[18..21].copy_from_slice(&[10., 11., 12.]);
        check(input.hidden.grad(&gradients).unwrap(), &expected);
    }
}
