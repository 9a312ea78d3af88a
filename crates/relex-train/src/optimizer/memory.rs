use std::collections::BTreeMap;

use burn::tensor::Tensor;

/// What a rule remembers of one parameter: the number of updates, and tensors by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    /// Updates made.
    pub(crate) updates: usize,
    /// Tensors, flat and with their shapes: what is read from a file has no number of dimensions that a compiler could know.
    pub(crate) tensors: BTreeMap<String, (Tensor<1>, Vec<usize>)>,
}

impl Memory {
    /// Takes a tensor out, so that it can be written over in its place.
    ///
    /// # Panics
    ///
    /// When there is none of this name: a rule takes what it began with, and puts back what it took.
    pub(super) fn take<const D: usize>(&mut self, name: &str) -> Tensor<D> {
        let (flat, shape) = self.tensors.remove(name).expect("a rule began with it");
        flat.reshape(std::array::from_fn::<usize, D, _>(|dimension| shape[dimension]))
    }

    /// Remembers a tensor.
    pub(super) fn put<const D: usize>(&mut self, name: &str, tensor: Tensor<D>) {
        let shape = tensor.dims().to_vec();
        let flat = tensor.reshape([shape.iter().product::<usize>()]);
        self.tensors.insert(name.to_owned(), (flat, shape));
    }
}
