use burn::{
    module::Module,
    nn::{Embedding, EmbeddingConfig, Initializer},
    tensor::{Device, Int, Tensor},
};

use crate::ops;

/// Tells the encoder at its input which tokens are the subject's and the object's, and of what type: a vector for each type in
/// each role, added to the embeddings of the entity's tokens.
///
/// All vectors begin as 0, so that training starts from the pre-trained encoder as it is. No vector is added to other tokens and
/// to padding.
#[derive(Module, Debug)]
pub struct TypeEmbedding {
    table: Embedding,
}

impl TypeEmbedding {
    /// A table of `rows` zeros as wide as the encoder's embeddings.
    pub fn new(rows: usize, width: usize, device: &Device) -> Self {
        let table = EmbeddingConfig::new(rows, width).with_initializer(Initializer::Zeros);
        Self {
            table: table.init(device),
        }
    }

    /// `[batch, seq_len]`, rows counted from 1 and 0 for none, → `[batch, seq_len, width]`.
    pub(crate) fn forward(&self, entity_types: Tensor<2, Int>) -> Tensor<3> {
        let [batch, seq_len] = entity_types.dims();
        let is_typed = entity_types
            .clone()
            .greater_elem(0)
            .float()
            .reshape([batch, seq_len, 1]);
        ops::embedding(&self.table, entity_types.sub_scalar(1).clamp_min(0), "entity type") * is_typed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_typed_tokens_get_a_vector() {
        let device = Device::flex().autodiff();
        let mut embedding = TypeEmbedding::new(2, 3, &device);
        let rows = Tensor::<2>::from_floats([[1., 2., 3.], [4., 5., 6.]], &device).require_grad();
        embedding.table.weight = embedding.table.weight.map(|_| rows.clone());
        let types = Tensor::<2, Int>::from_ints([[0, 2, 2, 1], [1, 0, 0, 0]], &device);
        let added = embedding.forward(types);
        let values: Vec<f32> = added.clone().into_data().try_to_vec().unwrap();
        let first = [0., 0., 0., 4., 5., 6., 4., 5., 6., 1., 2., 3.];
        let second = [1., 2., 3., 0., 0., 0., 0., 0., 0., 0., 0., 0.];
        assert_eq!(values, [first, second].concat());
        // Each row is read twice.
        let gradient = rows.grad(&added.sum().backward()).unwrap();
        let gradient: Vec<f32> = gradient.into_data().try_to_vec().unwrap();
        assert_eq!(gradient, [2.0; 6]);
    }
}
