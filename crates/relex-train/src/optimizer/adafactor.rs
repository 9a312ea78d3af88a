use burn::tensor::Tensor;

use super::{Memory, Rule, Treatment, fused};

const ROW: &str = "row";
const COLUMN: &str = "column";
const MEAN: &str = "mean";

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

/// Running means of a gradient's squares: of a matrix those of its rows and columns (`[.., rows, 1]`, `[.., 1, columns]`), of a
/// vector those of its elements.
struct Squares<const D: usize> {
    row: Tensor<D>,
    column: Option<Tensor<D>>,
}

impl<const D: usize> Squares<D> {
    /// Those of the last update.
    fn take(memory: &mut Memory) -> Self {
        Self {
            row: memory.take(ROW),
            column: (D >= 2).then(|| memory.take(COLUMN)),
        }
    }

    fn put(self, memory: &mut Memory) {
        memory.put(ROW, self.row);
        if let Some(column) = self.column {
            memory.put(COLUMN, column);
        }
    }
}

impl Rule for Adafactor {
    fn remembers<const D: usize>(&self, shape: [usize; D]) -> Vec<(&'static str, [usize; D])> {
        let without = |dimension: usize| {
            let mut shape = shape;
            shape[dimension] = 1;
            shape
        };
        let mut tensors = if D < 2 {
            vec![(ROW, shape)]
        } else {
            vec![(ROW, without(D - 1)), (COLUMN, without(D - 2))]
        };
        if self.beta_1.is_some() {
            tensors.push((MEAN, shape));
        }
        tensors
    }

    fn step<const D: usize>(
        &self,
        learning_rate: f64,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        memory: &mut Memory,
    ) -> Tensor<D> {
        memory.updates += 1;
        let scale = if self.scale_by_parameter {
            let mean = fused::sum_of_squares(tensor.clone()) / tensor.shape().num_elements() as f64;
            mean.sqrt().max(self.smallest_scale.into())
        } else {
            1.0
        };
        let rate = learning_rate * self.treatment.rate * scale;
        let update = Update {
            beta_2: (1.0 - (memory.updates as f64).powf(-self.decay_exponent)) as f32,
            epsilon: self.epsilon,
            clip_threshold: self.clip_threshold,
            rate: rate as f32,
        };
        let squares = Squares::take(memory);
        let (mut change, squares) = direction(gradient, squares, update);
        squares.put(memory);
        if let Some(beta_1) = self.beta_1 {
            let fresh = change.mul_scalar(1.0 - beta_1);
            change = fused::multiply_add(memory.take(MEAN), beta_1, fresh, 1.0);
            memory.put(MEAN, change.clone());
        }
        let decay = (1.0 - rate * f64::from(self.treatment.decay)) as f32;
        fused::multiply_add(tensor, decay, change, -1.0)
    }
}

/// What a parameter changes by, and the squares' means with the gradient in them.
fn direction<const D: usize>(gradient: Tensor<D>, squares: Squares<D>, update: Update) -> (Tensor<D>, Squares<D>) {
    let Squares { row, column } = squares;
    match column {
        None => {
            let fresh = gradient.clone().square().add_scalar(update.epsilon);
            let row = fused::multiply_add(row, update.beta_2, fresh, 1.0 - update.beta_2);
            let change = clipped(gradient / row.clone().sqrt(), update);
            (change, Squares { row, column: None })
        }
        Some(column) => {
            let (change, row, column) = if fused::applies_to(&gradient) {
                fused::adafactor(gradient, row, column, update)
            } else {
                composed(gradient, row, column, update)
            };
            let column = Some(column);
            (change, Squares { row, column })
        }
    }
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
