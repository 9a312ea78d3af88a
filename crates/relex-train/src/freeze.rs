//! Which layers learn in which epoch.

use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::Tensor,
};

use crate::{
    TrainConfig,
    optimizer::{Place, float_paths, layers},
};

/// When each part of an encoder learns. What does not learn takes part in no gradient, no clipping, no update and no decay, and the
/// optimiser remembers nothing of it; its dropout goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Freezing {
    /// Lower places never learn; the embeddings are place 0, the lowest layer 1.
    floor: usize,
    /// In so many epochs, the first ones, the head learns alone.
    head_only: usize,
    /// After these so many places more learn in every epoch, from the top; without it all of them.
    thaw: Option<usize>,
    /// Layers of the encoder.
    layers: usize,
}

impl Freezing {
    /// As a configuration has it, for modules built as `module` is.
    pub(crate) fn new<M: Module>(config: &TrainConfig, module: &M) -> Self {
        let thaw = config.training.unfreeze_layers_per_epoch;
        let usual = usize::from(thaw.is_some());
        Self {
            floor: floor(config.model.freeze_layers, config.model.freeze_embeddings),
            head_only: config.training.head_only_epochs.unwrap_or(usual),
            thaw,
            layers: layers(&float_paths(module)),
        }
    }

    /// The lowest place that learns in `epoch`, from 1; one above the layers if only the head does.
    fn lowest(&self, epoch: usize) -> usize {
        let thawing = match (epoch.saturating_sub(self.head_only), self.thaw) {
            (0, _) => self.layers + 1,
            (_, None) => 0,
            (epoch, Some(per_epoch)) => (self.layers + 1).saturating_sub(per_epoch.saturating_mul(epoch)),
        };
        self.floor.max(thawing)
    }

    /// The module as it learns in `epoch`, from 1.
    pub(crate) fn apply<M: Module>(&self, module: M, epoch: usize) -> M {
        module.map(&mut SetLearning {
            lowest: self.lowest(epoch),
            at: Vec::new(),
        })
    }
}

/// The lowest place that ever learns: above the frozen layers, and above the embeddings, which lie beneath them.
fn floor(layers: usize, embeddings: bool) -> usize {
    if layers == 0 {
        usize::from(embeddings)
    } else {
        layers + 1
    }
}

struct SetLearning {
    lowest: usize,
    at: Vec<String>,
}

impl ModuleMapper for SetLearning {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.at.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let learns = match Place::of(&self.at.join(".")) {
            Place::Head => true,
            Place::Encoder(depth) => depth >= self.lowest,
        };
        if param.is_require_grad() == learns {
            param
        } else {
            param.set_require_grad(learns)
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::{
        module::ModuleVisitor,
        nn::{Linear, LinearConfig},
        optim::GradientsParams,
        tensor::Device,
    };
    use proptest::prelude::*;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
    use relex_model::{Batch, Classifier, EncodedExample, HeadConfig, HeadKind, Pass, load_encoder};

    use super::*;

    #[derive(Module, Debug)]
    struct Tiny {
        encoder: TinyEncoder,
        head: Linear,
    }

    #[derive(Module, Debug)]
    struct TinyEncoder {
        embeddings: Linear,
        layers: Vec<Linear>,
    }

    fn tiny(layers: usize) -> Tiny {
        let device = Device::flex().autodiff();
        let linear = || LinearConfig::new(2, 2).with_bias(false).init(&device);
        Tiny {
            encoder: TinyEncoder {
                embeddings: linear(),
                layers: (0..layers).map(|_| linear()).collect(),
            },
            head: linear(),
        }
    }

    fn freezing(layers: usize, embeddings: bool, per_epoch: Option<usize>, module: &Tiny) -> Freezing {
        let mut config = TrainConfig::default();
        (config.model.freeze_layers, config.model.freeze_embeddings) = (layers, embeddings);
        config.training.unfreeze_layers_per_epoch = per_epoch;
        Freezing::new(&config, module)
    }

    /// Whether the embeddings, each layer and the head have a gradient.
    fn learning(module: &Tiny) -> Vec<bool> {
        let TinyEncoder { embeddings, layers } = &module.encoder;
        let all: Vec<&Linear> = [embeddings].into_iter().chain(layers).chain([&module.head]).collect();
        let device = Device::flex().autodiff();
        let output = all.iter().fold(Tensor::<2>::ones([1, 2], &device), |hidden, linear| {
            linear.forward(hidden).tanh()
        });
        let gradients = GradientsParams::from_grads(output.sum().backward(), module);
        all.iter()
            .map(|linear| gradients.get::<2>(linear.weight.id).is_some())
            .collect()
    }

    #[test]
    fn the_lowest_layers_stay_out() {
        let check = |layers, embeddings, expected: [bool; 4]| {
            let module = tiny(2);
            let module = freezing(layers, embeddings, None, &module).apply(module, 1);
            assert_eq!(learning(&module), expected, "{layers} {embeddings}");
        };
        check(0, false, [true; 4]);
        check(0, true, [false, true, true, true]);
        check(1, false, [false, false, true, true]);
        check(1, true, [false, false, true, true]);
        check(2, false, [false, false, false, true]);
    }

    #[test]
    fn the_head_begins_alone_for_as_long_as_it_is_told() {
        let check = |thaw, expected: [usize; 5]| {
            let freezing = Freezing {
                floor: 1,
                head_only: 2,
                thaw,
                layers: 2,
            };
            assert_eq!([1, 2, 3, 4, 5].map(|epoch| freezing.lowest(epoch)), expected);
        };
        check(None, [3, 3, 1, 1, 1]);
        check(Some(1), [3, 3, 2, 1, 1]);
    }

    #[test]
    fn layers_thaw_from_the_top() {
        let mut module = tiny(2);
        let freezing = freezing(0, true, Some(1), &module);
        for (epoch, expected) in [
            (1, [false, false, false, true]),
            (2, [false, false, true, true]),
            (3, [false, true, true, true]),
            // frozen for good
            (4, [false, true, true, true]),
        ] {
            module = freezing.apply(module, epoch);
            assert_eq!(learning(&module), expected, "epoch {epoch}");
        }
    }

    /// Paths of the parameters that have a gradient.
    fn learning_paths(classifier: &Classifier) -> Vec<String> {
        struct Collect {
            gradients: GradientsParams,
            at: Vec<String>,
            found: Vec<String>,
        }
        impl ModuleVisitor for Collect {
            fn enter_module(&mut self, name: &str, _container_type: &str) {
                self.at.push(name.to_owned());
            }
            fn exit_module(&mut self, _name: &str, _container_type: &str) {
                self.at.pop();
            }
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                if self.gradients.get::<D>(param.id).is_some() {
                    self.found.push(self.at.join("."));
                }
            }
        }
        let row = EncodedExample {
            ids: vec![5, 6, 7, 8],
            entity_starts: [0, 2],
            entity_spans: [1..2, 3..4],
            entity_types: [0, 0],
            token_types: Vec::new(),
            truncated: 0,
        };
        let batch = Batch::new(&[row], &[0], 0).to_device(&Device::flex().autodiff());
        let gradients = classifier.forward(batch, &mut Pass::Inference).sum().backward();
        let mut collect = Collect {
            gradients: GradientsParams::from_grads(gradients, classifier),
            at: Vec::new(),
            found: Vec::new(),
        };
        classifier.visit(&mut collect);
        collect.found
    }

    /// ELECTRA's embeddings are narrower than its layers. The matrix between them is below the lowest layer, and freezes with
    /// it or with the embeddings.
    #[test]
    fn the_projection_of_narrow_embeddings_freezes_with_them() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../relex-model/tests/fixtures/electra");
        let device = Device::flex().autodiff();
        let (config, encoder, _) = load_encoder(folder.as_ref(), &device).unwrap();
        assert_ne!(config.embedding_size, config.hidden_size);
        let head = HeadConfig {
            kind: HeadKind::default(),
            hidden_size: config.hidden_size,
            labels: 3,
            dropout: 0.0,
            cosine_scale: None,
        };
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let classifier = Classifier::with_new_head(encoder, &head, &mut random, &device);
        let all = [
            "encoder.embeddings.",
            "encoder.embeddings_project.",
            "encoder.layers.0.",
            "encoder.layers.1.",
            "encoder.layers.2.",
            "head.",
        ];
        let check = |layers, embeddings, per_epoch, epoch, expected: &[&str]| {
            let mut config = TrainConfig::default();
            (config.model.freeze_layers, config.model.freeze_embeddings) = (layers, embeddings);
            config.training.unfreeze_layers_per_epoch = per_epoch;
            let applied = Freezing::new(&config, &classifier).apply(classifier.clone(), epoch);
            let learning = learning_paths(&applied);
            let found: Vec<&str> = all
                .into_iter()
                .filter(|place| learning.iter().any(|path| path.starts_with(place)))
                .collect();
            assert_eq!(found, expected, "{layers} {embeddings} {per_epoch:?} {epoch}");
        };
        check(0, false, None, 1, &all);
        check(0, true, None, 1, &all[2..]);
        check(1, false, None, 1, &all[3..]);
        check(2, true, None, 1, &all[4..]);
        check(3, false, None, 1, &all[5..]);
        // One layer more from the second epoch on; in the fifth what is below all three.
        check(0, false, Some(1), 4, &all[2..]);
        check(0, false, Some(1), 5, &all);
    }

    proptest! {
        #[test]
        fn what_has_thawed_stays_so_and_all_that_may_thaws(
            frozen in 0usize..5,
            embeddings: bool,
            per_epoch in proptest::option::of(1usize..4),
            head_only in 0usize..3,
            extra in 0usize..4,
        ) {
            let layers = frozen + extra;
            let freezing = Freezing { floor: floor(frozen, embeddings), head_only, thaw: per_epoch, layers };
            let lowest: Vec<usize> = (1..=layers + 6).map(|epoch| freezing.lowest(epoch)).collect();
            prop_assert!(lowest.is_sorted_by(|earlier, later| earlier >= later));
            prop_assert_eq!(*lowest.last().unwrap(), freezing.floor);
            prop_assert!(lowest[..head_only].iter().all(|&lowest| lowest == layers + 1));
        }
    }
}
