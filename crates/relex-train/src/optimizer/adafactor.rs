use burn::{
    optim::{AdafactorState as Squares, LearningRate, Optimizer, RecordState, StateSink, StateSource},
    tensor::{Device, Tensor},
};

use super::{Treatment, fused};

/// Adafactor (Shazeer & Stern 2018, algorithms 4 and 5) in transformers' convention: of the squares' running mean only the
/// rows' and columns' means are kept, updates are clipped by their root mean square, and the first moment, where there is
/// one, is the mean of the updates with the learning rate in them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adafactor {
    pub(super) scale_by_parameter: bool,
    pub(super) beta_1: Option<f32>,
    pub(super) decay_exponent: f64,
    pub(super) clip_threshold: f32,
    pub(super) epsilon: f32,
    pub(super) smallest_scale: f32,
    pub(super) treatment: Treatment,
}

/// The numbers of one update that are the same for every element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Update {
    /// Decay of the squares' running means.
    pub(super) beta_2: f32,
    /// Added to the squares.
    pub(super) epsilon: f32,
    /// The largest root mean square of an update.
    pub(super) clip_threshold: f32,
    /// What a clipped update is multiplied by.
    pub(super) rate: f32,
}

/// What is remembered of one parameter.
#[derive(Clone)]
pub(super) struct AdafactorState<const D: usize> {
    /// The number of updates, and the running means of rows' and columns' squares (`[.., rows, 1]`, `[.., 1, columns]`; of a
    /// vector those of its elements).
    squares: Squares<D>,
    /// Running mean of the updates, shaped as the parameter.
    mean: Option<Tensor<D>>,
}

impl<const D: usize> RecordState for AdafactorState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        self.squares.state_flatten(prefix, out);
        if let Some(mean) = &self.mean {
            out.push_tensor(prefix, MEAN, mean.to_data());
        }
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        Some(Self {
            squares: Squares::state_unflatten(prefix, source, device)?,
            mean: source
                .take_tensor(prefix, MEAN)
                .map(|data| Tensor::from_data(data, device)),
        })
    }
}

const MEAN: &str = "mean";

impl Optimizer for Adafactor {
    type State<const D: usize> = AdafactorState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let AdafactorState { mut squares, mean } = state.unwrap_or_else(|| AdafactorState::new(&gradient));
        squares.time += 1;
        let scale = if self.scale_by_parameter {
            let mean = fused::sum_of_squares(tensor.clone()) / tensor.shape().num_elements() as f64;
            mean.sqrt().max(self.smallest_scale.into())
        } else {
            1.0
        };
        let rate = learning_rate * self.treatment.rate * scale;
        let update = Update {
            beta_2: (1.0 - (squares.time as f64).powf(-self.decay_exponent)) as f32,
            epsilon: self.epsilon,
            clip_threshold: self.clip_threshold,
            rate: rate as f32,
        };
        let (mut change, squares) = direction(gradient, squares, update);
        let mean = self.beta_1.map(|beta_1| {
            let fresh = change.clone().mul_scalar(1.0 - beta_1);
            match mean {
                None => fresh,
                Some(mean) => fused::multiply_add(mean, beta_1, fresh, 1.0),
            }
        });
        if let Some(mean) = &mean {
            change = mean.clone();
        }
        let decay = (1.0 - rate * f64::from(self.treatment.decay)) as f32;
        let tensor = fused::multiply_add(tensor, decay, change, -1.0);
        (tensor, Some(AdafactorState { squares, mean }))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        AdafactorState {
            squares: Squares {
                time: state.squares.time,
                second_moment: state.squares.second_moment.to_device(device),
                column_second_moment: state
                    .squares
                    .column_second_moment
                    .map(|column| column.to_device(device)),
            },
            mean: state.mean.map(|mean| mean.to_device(device)),
        }
    }
}

impl<const D: usize> AdafactorState<D> {
    /// Before the first update of a parameter shaped as its gradient.
    fn new(gradient: &Tensor<D>) -> Self {
        let without = |dimension: usize| {
            let mut shape = gradient.dims();
            shape[dimension] = 1;
            Tensor::zeros(shape, &gradient.device())
        };
        let (second_moment, column_second_moment) = if D < 2 {
            (gradient.zeros_like(), None)
        } else {
            (without(D - 1), Some(without(D - 2)))
        };
        Self {
            squares: Squares {
                time: 0,
                second_moment,
                column_second_moment,
            },
            mean: None,
        }
    }
}

/// What a parameter changes by, and the squares' means with the gradient in them.
fn direction<const D: usize>(gradient: Tensor<D>, mut squares: Squares<D>, update: Update) -> (Tensor<D>, Squares<D>) {
    let (row, column) = (squares.second_moment, squares.column_second_moment.take());
    let (change, row, column) = match column {
        None => {
            let fresh = gradient.clone().square().add_scalar(update.epsilon);
            let mean = fused::multiply_add(row, update.beta_2, fresh, 1.0 - update.beta_2);
            (clipped(gradient / mean.clone().sqrt(), update), mean, None)
        }
        Some(column) => {
            let (change, row, column) = if fused::applies_to(&gradient) {
                fused::adafactor(gradient, row, column, update)
            } else {
                composed(gradient, row, column, update)
            };
            (change, row, Some(column))
        }
    };
    squares.second_moment = row;
    squares.column_second_moment = column;
    (change, squares)
}

/// [`fused::adafactor`] made of Burn's operations.
fn composed<const D: usize>(
    gradient: Tensor<D>,
    row: Tensor<D>,
    column: Tensor<D>,
    update: Update,
) -> (Tensor<D>, Tensor<D>, Tensor<D>) {
    let squares = gradient.clone().square().add_scalar(update.epsilon);
    let mean = |old: Tensor<D>, dimension: usize| {
        old.mul_scalar(update.beta_2) + squares.clone().mean_dim(dimension).mul_scalar(1.0 - update.beta_2)
    };
    let (row, column) = (mean(row, D - 1), mean(column, D - 2));
    let row_factor = (row.clone() / row.clone().mean_dim(D - 2)).sqrt().recip();
    let column_factor = column.clone().sqrt().recip();
    (clipped(gradient * row_factor * column_factor, update), row, column)
}

fn clipped<const D: usize>(direction: Tensor<D>, update: Update) -> Tensor<D> {
    let mean = fused::sum_of_squares(direction.clone()) / direction.shape().num_elements() as f64;
    direction.mul_scalar(update.factor(mean))
}

impl Update {
    /// What an update is multiplied by whose mean square is `mean_square`.
    pub(super) fn factor(&self, mean_square: f64) -> f32 {
        let excess = mean_square.sqrt() / f64::from(self.clip_threshold);
        (f64::from(self.rate) / excess.max(1.0)) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizer::tests::{assert_close, waves};

    const UPDATE: Update = Update {
        beta_2: 0.7,
        epsilon: 1e-30,
        clip_threshold: 0.5,
        rate: 0.1,
    };

    #[test]
    fn fused_equals_composed() {
        let row = waves(1.0).abs().narrow(1, 0, 1);
        let column = waves(2.0).abs().narrow(0, 0, 1);
        let fused = fused::adafactor(waves(0.0), row.clone(), column.clone(), UPDATE);
        let composed = composed(waves(0.0), row, column, UPDATE);
        assert_close(fused.0, composed.0);
        assert_close(fused.1, composed.1);
        assert_close(fused.2, composed.2);
    }

    /// The last two dimensions of a tensor of three are matrices, each by itself.
    #[test]
    fn a_stack_of_matrices_shares_only_its_clipping() {
        let stack = waves(0.0).reshape([4, 50, 200]);
        let row = waves(1.0).abs().reshape([4, 50, 200]).narrow(2, 0, 1);
        let column = waves(2.0).abs().reshape([4, 50, 200]).narrow(1, 0, 1);
        let fused = fused::adafactor(stack.clone(), row.clone(), column.clone(), UPDATE);
        let composed = composed(stack, row, column, UPDATE);
        assert_close(fused.0, composed.0);
        assert_close(fused.1, composed.1);
        assert_close(fused.2, composed.2);
    }
}
