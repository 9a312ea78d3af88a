//! What an optimiser does with each parameter of a module, and where in the network that parameter is.

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::Tensor,
};

use crate::OptimizerConfig;

/// Where a parameter of a classifier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In the encoder, so many layers above the embeddings: they are 0, the lowest layer is 1.
    Encoder(usize),
    /// In the head, or outside the encoder anyhow.
    Head,
}

impl Place {
    /// The place that a module path such as `encoder.layers.3.attention.query.weight` names.
    pub(crate) fn of(path: &str) -> Self {
        let Some(inside) = path.strip_prefix("encoder.") else {
            return Self::Head;
        };
        let number = inside.strip_prefix("layers.").and_then(|rest| rest.split('.').next());
        // What is in the encoder but in none of its layers is below them.
        Self::Encoder(
            number
                .and_then(|text| text.parse::<usize>().ok())
                .map_or(0, |layer| layer + 1),
        )
    }
}

/// What is particular to one parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Treatment {
    /// What the learning rate is multiplied by.
    pub(super) rate: f64,
    /// Decoupled weight decay.
    pub(super) decay: f32,
}

/// The paths of a module's parameters, each with its treatment.
pub(super) fn plan<M: Module>(config: &OptimizerConfig, module: &M) -> Vec<(String, Treatment)> {
    let paths = float_paths(module);
    let layers = layers(&paths);
    let treated = paths.into_iter().map(|path| {
        let treatment = Treatment {
            rate: match Place::of(&path) {
                Place::Encoder(depth) => config.layer_decay.powi((layers - depth) as i32),
                Place::Head => config
                    .head_learning_rate
                    .map_or(1.0, |rate| rate / config.learning_rate),
            },
            decay: if decays(&path) { config.weight_decay } else { 0.0 },
        };
        (path, treatment)
    });
    treated.collect()
}

/// Biases and norms do not decay, as is usual for BERT.
fn decays(path: &str) -> bool {
    !matches!(path.rsplit('.').next(), Some("bias" | "gamma" | "beta"))
}

/// The number of layers of the encoder that these paths are in.
pub(crate) fn layers(paths: &[String]) -> usize {
    let depths = paths.iter().map(|path| match Place::of(path) {
        Place::Encoder(depth) => depth,
        Place::Head => 0,
    });
    depths.max().unwrap_or(0)
}

/// The paths of a module's floating-point parameters.
pub(crate) fn float_paths<M: Module>(module: &M) -> Vec<String> {
    let mut collect = Paths::default();
    module.visit(&mut collect);
    collect.found
}

#[derive(Default)]
struct Paths {
    at: Vec<String>,
    found: Vec<String>,
}

impl ModuleVisitor for Paths {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.at.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.pop();
    }

    fn visit_float<const D: usize>(&mut self, _param: &Param<Tensor<D>>) {
        self.found.push(self.at.join("."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_from_paths() {
        let check = |path, place| assert_eq!(Place::of(path), place, "{path}");
        check("encoder.embeddings.word_embeddings.weight", Place::Encoder(0));
        check("encoder.layers.0.attention.query.weight", Place::Encoder(1));
        check("encoder.layers.11.layer_norm.gamma", Place::Encoder(12));
        check("head.EntityStart.dense.bias", Place::Head);
    }

    #[test]
    fn only_matrices_decay() {
        assert!(decays("encoder.layers.0.output.weight"));
        assert!(!decays("encoder.layers.0.output.bias"));
        assert!(!decays("encoder.layers.0.layer_norm.gamma"));
        assert!(!decays("encoder.embeddings.layer_norm.beta"));
    }
}
