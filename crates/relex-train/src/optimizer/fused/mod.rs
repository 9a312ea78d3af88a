//! Passes over all parameters, each one kernel on the CPU: parallel, vectorised, in place.

mod adafactor;
mod kernel;

use burn::{
    backend::{Backend, Dispatch, Flex, backend_extension, tensor::FloatTensor},
    tensor::Tensor,
};
use burn_flex::FlexTensor;
use pulp::Arch;
use rayon::prelude::*;
use relex_model::flex::{self, contiguous, values, values_mut};

use super::{adafactor::Update as AdafactorUpdate, adamw::Update as AdamWUpdate, lion::Update as LionUpdate};

/// Elements in one piece of work.
const CHUNK: usize = 32 * 1024;

/// Whether there are kernels for this tensor.
pub(super) fn applies_to<const D: usize>(tensor: &Tensor<D>) -> bool {
    flex::holds(tensor) && !tensor.is_autodiff()
}

/// The new parameter, first and second moment.
pub(super) fn adamw<const D: usize>(
    tensor: Tensor<D>,
    gradient: Tensor<D>,
    moment_1: Tensor<D>,
    moment_2: Tensor<D>,
    update: AdamWUpdate,
) -> (Tensor<D>, Tensor<D>, Tensor<D>) {
    let (tensor, moment_1, moment_2) = <Dispatch as OptimizerOps>::fused_adamw(
        tensor.into_dispatch(),
        gradient.into_dispatch(),
        moment_1.into_dispatch(),
        moment_2.into_dispatch(),
        update,
    );
    (
        Tensor::from_dispatch(tensor),
        Tensor::from_dispatch(moment_1),
        Tensor::from_dispatch(moment_2),
    )
}

/// The new parameter and moment.
pub(super) fn lion<const D: usize>(
    tensor: Tensor<D>,
    gradient: Tensor<D>,
    moment: Tensor<D>,
    update: LionUpdate,
) -> (Tensor<D>, Tensor<D>) {
    let (tensor, moment) = <Dispatch as OptimizerOps>::fused_lion(
        tensor.into_dispatch(),
        gradient.into_dispatch(),
        moment.into_dispatch(),
        update,
    );
    (Tensor::from_dispatch(tensor), Tensor::from_dispatch(moment))
}

/// The change, made in the gradient's place, and the new means of the rows' and columns' squares.
pub(super) fn adafactor<const D: usize>(
    gradient: Tensor<D>,
    row: Tensor<D>,
    column: Tensor<D>,
    update: AdafactorUpdate,
) -> (Tensor<D>, Tensor<D>, Tensor<D>) {
    let (change, row, column) = <Dispatch as OptimizerOps>::fused_adafactor(
        gradient.into_dispatch(),
        row.into_dispatch(),
        column.into_dispatch(),
        update,
    );
    (
        Tensor::from_dispatch(change),
        Tensor::from_dispatch(row),
        Tensor::from_dispatch(column),
    )
}

/// The sum of all squares, in double precision from the sums of chunks on.
pub(super) fn sum_of_squares<const D: usize>(tensor: Tensor<D>) -> f64 {
    if !applies_to(&tensor) {
        return f64::from(tensor.square().sum().into_scalar::<f32>());
    }
    let sums = <Dispatch as OptimizerOps>::fused_squares(tensor.into_dispatch());
    // Not a number if it cannot be read back: the loop refuses that.
    let sums: Result<Vec<f32>, _> = Tensor::<1>::from_dispatch(sums).try_into_vec_as();
    sums.map_or(f64::NAN, |sums| sums.iter().map(|&sum| f64::from(sum)).sum())
}

/// Every element times `factor`.
pub(super) fn scale<const D: usize>(tensor: Tensor<D>, factor: f32) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as OptimizerOps>::fused_scale(tensor.into_dispatch(), factor))
}

/// `x · factor_x + y · factor_y`.
pub(super) fn multiply_add<const D: usize>(x: Tensor<D>, factor_x: f32, y: Tensor<D>, factor_y: f32) -> Tensor<D> {
    if !applies_to(&x) {
        return x.mul_scalar(factor_x) + y.mul_scalar(factor_y);
    }
    Tensor::from_dispatch(<Dispatch as OptimizerOps>::fused_multiply_add(
        x.into_dispatch(),
        y.into_dispatch(),
        factor_x,
        factor_y,
    ))
}

#[backend_extension(Flex)]
pub(crate) trait OptimizerOps: Backend {
    fn fused_adamw(
        tensor: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        moment_1: FloatTensor<Self>,
        moment_2: FloatTensor<Self>,
        update: AdamWUpdate,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    fn fused_lion(
        tensor: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        moment: FloatTensor<Self>,
        update: LionUpdate,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    fn fused_adafactor(
        gradient: FloatTensor<Self>,
        row: FloatTensor<Self>,
        column: FloatTensor<Self>,
        update: AdafactorUpdate,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// One sum of squares for each [`CHUNK`] elements, so that their order is fixed.
    fn fused_squares(tensor: FloatTensor<Self>) -> FloatTensor<Self>;

    fn fused_scale(tensor: FloatTensor<Self>, factor: f32) -> FloatTensor<Self>;

    fn fused_multiply_add(
        x: FloatTensor<Self>,
        y: FloatTensor<Self>,
        factor_x: f32,
        factor_y: f32,
    ) -> FloatTensor<Self>;
}

impl OptimizerOps for Flex {
    fn fused_adamw(
        tensor: FlexTensor,
        gradient: FlexTensor,
        moment_1: FlexTensor,
        moment_2: FlexTensor,
        update: AdamWUpdate,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let [mut tensor, gradient, mut moment_1, mut moment_2] = [tensor, gradient, moment_1, moment_2].map(contiguous);
        values_mut(&mut tensor)
            .par_chunks_mut(CHUNK)
            .zip(values(&gradient).par_chunks(CHUNK))
            .zip(values_mut(&mut moment_1).par_chunks_mut(CHUNK))
            .zip(values_mut(&mut moment_2).par_chunks_mut(CHUNK))
            .for_each(|(((w, g), m), v)| Arch::new().dispatch(kernel::AdamW { w, g, m, v, update }));
        (tensor, moment_1, moment_2)
    }

    fn fused_lion(
        tensor: FlexTensor,
        gradient: FlexTensor,
        moment: FlexTensor,
        update: LionUpdate,
    ) -> (FlexTensor, FlexTensor) {
        let [mut tensor, gradient, mut moment] = [tensor, gradient, moment].map(contiguous);
        values_mut(&mut tensor)
            .par_chunks_mut(CHUNK)
            .zip(values(&gradient).par_chunks(CHUNK))
            .zip(values_mut(&mut moment).par_chunks_mut(CHUNK))
            .for_each(|((w, g), m)| Arch::new().dispatch(kernel::Lion { w, g, m, update }));
        (tensor, moment)
    }

    fn fused_adafactor(
        gradient: FlexTensor,
        row: FlexTensor,
        column: FlexTensor,
        update: AdafactorUpdate,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let shape = gradient.layout().shape();
        let sides = [shape[shape.len() - 2], shape[shape.len() - 1]];
        let [mut gradient, mut row, mut column] = [gradient, row, column].map(contiguous);
        adafactor::change(
            values_mut(&mut gradient),
            values_mut(&mut row),
            values_mut(&mut column),
            sides,
            update,
        );
        (gradient, row, column)
    }

    fn fused_squares(tensor: FlexTensor) -> FlexTensor {
        let tensor = contiguous(tensor);
        let sums: Vec<f32> = values(&tensor)
            .par_chunks(CHUNK)
            .map(|chunk| Arch::new().dispatch(kernel::Squares(chunk)))
            .collect();
        let count = sums.len();
        FlexTensor::from_data(burn::tensor::TensorData::new(sums, [count]))
    }

    fn fused_scale(tensor: FlexTensor, factor: f32) -> FlexTensor {
        let mut tensor = contiguous(tensor);
        values_mut(&mut tensor)
            .par_chunks_mut(CHUNK)
            .for_each(|chunk| Arch::new().dispatch(kernel::Scale(chunk, factor)));
        tensor
    }

    fn fused_multiply_add(x: FlexTensor, y: FlexTensor, factor_x: f32, factor_y: f32) -> FlexTensor {
        let [mut x, y] = [x, y].map(contiguous);
        values_mut(&mut x)
            .par_chunks_mut(CHUNK)
            .zip(values(&y).par_chunks(CHUNK))
            .for_each(|(x, y)| {
                Arch::new().dispatch(kernel::MultiplyAdd {
                    x,
                    factor_x,
                    y,
                    factor_y,
                });
            });
        x
    }
}
