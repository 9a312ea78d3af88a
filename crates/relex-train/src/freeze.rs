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
    /// So many places more learn in every epoch, from the top; none in the first.
    thaw: Option<usize>,
    /// Layers of the encoder.
    layers: usize,
}

impl Freezing {
    /// As a configuration has it, for modules built as `module` is.
    pub(crate) fn new<M: Module>(config: &TrainConfig, module: &M) -> Self {
        Self {
            floor: floor(config.model.freeze_layers, config.model.freeze_embeddings),
            thaw: config.training.unfreeze_layers_per_epoch,
            layers: layers(&float_paths(module)),
        }
    }

    /// The lowest place that learns in `epoch`, from 1; one above the layers if only the head does.
    fn lowest(&self, epoch: usize) -> usize {
        let thawing = self.thaw.map_or(0, |per_epoch| {
            (self.layers + 1).saturating_sub(per_epoch.saturating_mul(epoch.saturating_sub(1)))
        });
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
        nn::{Linear, LinearConfig},
        optim::GradientsParams,
        tensor::Device,
    };
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn what_has_thawed_stays_so_and_all_that_may_thaws(
            frozen in 0usize..5,
            embeddings: bool,
            per_epoch in proptest::option::of(1usize..4),
            extra in 0usize..4,
        ) {
            let layers = frozen + extra;
            let freezing = Freezing { floor: floor(frozen, embeddings), thaw: per_epoch, layers };
            let lowest: Vec<usize> = (1..=layers + 3).map(|epoch| freezing.lowest(epoch)).collect();
            prop_assert!(lowest.is_sorted_by(|earlier, later| earlier >= later));
            prop_assert_eq!(*lowest.last().unwrap(), freezing.floor);
            if per_epoch.is_some() {
                prop_assert_eq!(lowest[0], layers + 1);
            }
        }
    }
}
