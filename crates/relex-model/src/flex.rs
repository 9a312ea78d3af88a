//! CPU tensors as slices, for kernels of one's own.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use relex_model::flex;
//!
//! assert!(flex::holds(&Tensor::<1>::zeros([3], &Device::flex())));
//! ```

use burn::{
    backend::{DispatchDevice, FlexDevice},
    tensor::{DType, Tensor},
};
use burn_flex::FlexTensor;

/// Whether a tensor is on the CPU and made of `f32`; an autodiff tensor counts by what it wraps.
pub fn holds<const D: usize>(tensor: &Tensor<D>) -> bool {
    let device = tensor.device().inner();
    tensor.dtype() == DType::F32 && matches!(device.as_dispatch(), DispatchDevice::Flex(FlexDevice))
}

/// The tensor with its elements in row-major order. Takes it, so that one already so keeps its only
/// reference and can be written to without a copy.
pub fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() {
        tensor
    } else {
        tensor.to_contiguous()
    }
}

/// The elements of a [`contiguous`] tensor of `f32`.
///
/// # Panics
///
/// When it is of another type.
pub fn values(tensor: &FlexTensor) -> &[f32] {
    let start = tensor.layout().start_offset();
    &tensor.storage::<f32>()[start..start + tensor.layout().num_elements()]
}

/// As [`values`], to write to; copies the storage if it is shared.
///
/// # Panics
///
/// When it is of another type.
pub fn values_mut(tensor: &mut FlexTensor) -> &mut [f32] {
    let start = tensor.layout().start_offset();
    let end = start + tensor.layout().num_elements();
    &mut tensor.storage_mut::<f32>()[start..end]
}
