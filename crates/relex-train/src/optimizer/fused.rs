//! Passes over all parameters, each one kernel on the CPU: parallel, vectorised, in place.

use burn::{
    backend::{Backend, Dispatch, Flex, backend_extension, tensor::FloatTensor},
    tensor::Tensor,
};
use burn_flex::FlexTensor;
use pulp::Arch;
use rayon::prelude::*;
use relex_model::flex::{self, contiguous, values, values_mut};

use super::adamw::Update;

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
    update: Update,
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

/// The sum of all squares, in double precision.
pub(super) fn sum_of_squares<const D: usize>(tensor: Tensor<D>) -> f64 {
    let sums = <Dispatch as OptimizerOps>::fused_squares(tensor.into_dispatch());
    // Not a number if it cannot be read back: the loop refuses that.
    let sums: Result<Vec<f32>, _> = Tensor::<1>::from_dispatch(sums).try_into_vec_as();
    sums.map_or(f64::NAN, |sums| sums.iter().map(|&sum| f64::from(sum)).sum())
}

/// Every element times `factor`.
pub(super) fn scale<const D: usize>(tensor: Tensor<D>, factor: f32) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as OptimizerOps>::fused_scale(tensor.into_dispatch(), factor))
}

#[backend_extension(Flex)]
pub(crate) trait OptimizerOps: Backend {
    fn fused_adamw(
        tensor: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        moment_1: FloatTensor<Self>,
        moment_2: FloatTensor<Self>,
        update: Update,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// One sum of squares for each [`CHUNK`] elements, so that their order is fixed.
    fn fused_squares(tensor: FloatTensor<Self>) -> FloatTensor<Self>;

    fn fused_scale(tensor: FloatTensor<Self>, factor: f32) -> FloatTensor<Self>;
}

impl OptimizerOps for Flex {
    fn fused_adamw(
        tensor: FlexTensor,
        gradient: FlexTensor,
        moment_1: FlexTensor,
        moment_2: FlexTensor,
        update: Update,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let [mut tensor, gradient, mut moment_1, mut moment_2] = [tensor, gradient, moment_1, moment_2].map(contiguous);
        values_mut(&mut tensor)
            .par_chunks_mut(CHUNK)
            .zip(values(&gradient).par_chunks(CHUNK))
            .zip(values_mut(&mut moment_1).par_chunks_mut(CHUNK))
            .zip(values_mut(&mut moment_2).par_chunks_mut(CHUNK))
            .for_each(|(((w, g), m), v)| Arch::new().dispatch(AdamWChunk { w, g, m, v, update }));
        (tensor, moment_1, moment_2)
    }

    fn fused_squares(tensor: FlexTensor) -> FlexTensor {
        let tensor = contiguous(tensor);
        let sums: Vec<f32> = values(&tensor)
            .par_chunks(CHUNK)
            .map(|chunk| Arch::new().dispatch(SquaresChunk(chunk)))
            .collect();
        let count = sums.len();
        FlexTensor::from_data(burn::tensor::TensorData::new(sums, [count]))
    }

    fn fused_scale(tensor: FlexTensor, factor: f32) -> FlexTensor {
        let mut tensor = contiguous(tensor);
        values_mut(&mut tensor)
            .par_chunks_mut(CHUNK)
            .for_each(|chunk| Arch::new().dispatch(ScaleChunk(chunk, factor)));
        tensor
    }
}

struct AdamWChunk<'a> {
    w: &'a mut [f32],
    g: &'a [f32],
    m: &'a mut [f32],
    v: &'a mut [f32],
    update: Update,
}

impl pulp::NullaryFnOnce for AdamWChunk<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Update {
            beta_1,
            beta_2,
            epsilon,
            decay,
            step_size,
            second_correction,
        } = self.update;
        let moments = self.m.iter_mut().zip(self.v.iter_mut());
        for ((w, &g), (m, v)) in self.w.iter_mut().zip(self.g).zip(moments) {
            *m = *m * beta_1 + g * (1.0 - beta_1);
            *v = *v * beta_2 + g * g * (1.0 - beta_2);
            *w = *w * decay - *m * step_size / (v.sqrt() * second_correction + epsilon);
        }
    }
}

struct SquaresChunk<'a>(&'a [f32]);

impl pulp::NullaryFnOnce for SquaresChunk<'_> {
    type Output = f32;

    #[inline(always)]
    fn call(self) -> f32 {
        let mut lanes = [0.0f32; 32];
        let (blocks, rest) = self.0.as_chunks::<32>();
        for block in blocks {
            for (lane, x) in lanes.iter_mut().zip(block) {
                *lane += x * x;
            }
        }
        lanes.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>()
    }
}

struct ScaleChunk<'a>(&'a mut [f32], f32);

impl pulp::NullaryFnOnce for ScaleChunk<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for x in self.0 {
            *x *= self.1;
        }
    }
}
