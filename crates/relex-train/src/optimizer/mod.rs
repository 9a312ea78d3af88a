//! The optimisers, what they do with which parameter, and clipping by the global norm.

mod adafactor;
mod adamw;
mod clip;
mod fused;
mod lion;
mod plan;
#[cfg(test)]
mod tests;

use burn::{
    module::{Module, ParamGroup},
    optim::{ModuleOptimizer, Optimizer},
};

use adafactor::Adafactor;
use adamw::AdamW;
pub(crate) use clip::clip_by_global_norm;
use lion::Lion;
pub(crate) use plan::{Place, float_paths, layers};
use plan::{Treatment, plan};

use crate::{OptimizerConfig, OptimizerRule};

/// The optimiser of a configuration, for modules built as `module` is. It remembers something of the parameters that have
/// had a gradient, and of no others.
pub(crate) fn optimizer<M: Module>(config: &OptimizerConfig, module: &M) -> ModuleOptimizer {
    match config.rule {
        OptimizerRule::AdamW {
            beta_1,
            beta_2,
            epsilon,
        } => assemble(config, module, |treatment| AdamW {
            beta_1,
            beta_2,
            epsilon,
            treatment,
        }),
        OptimizerRule::Adafactor {
            // The loop asks the configuration for the rate.
            step: _,
            scale_by_parameter,
            beta_1,
            decay_exponent,
            clip_threshold,
            epsilon,
            smallest_scale,
        } => assemble(config, module, |treatment| Adafactor {
            scale_by_parameter,
            beta_1,
            decay_exponent,
            clip_threshold,
            epsilon,
            smallest_scale,
            treatment,
        }),
        OptimizerRule::Lion { beta_1, beta_2 } => assemble(config, module, |treatment| Lion {
            beta_1,
            beta_2,
            treatment,
        }),
    }
}

fn assemble<M: Module, O: Optimizer>(
    config: &OptimizerConfig,
    module: &M,
    rule: impl Fn(Treatment) -> O,
) -> ModuleOptimizer {
    let all = ModuleOptimizer::from(rule(Treatment::plain(config)));
    plan(config, module)
        .into_iter()
        .fold(all, |optimizer, (treatment, paths)| {
            optimizer.with_group(ParamGroup::from_paths(paths), rule(treatment), None)
        })
}
