//! The optimisers, what they do with which parameter, and clipping by the global norm.

mod adafactor;
mod adamw;
mod clip;
mod fused;
mod lion;
mod memory;
mod plan;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor},
};

use adafactor::Adafactor;
use adamw::AdamW;
pub(crate) use clip::{clip_by_global_norm, sum_of_squares};
use lion::Lion;
pub(crate) use memory::Memory;
pub(crate) use plan::{Place, float_paths, layers};
use plan::{Treatment, plan};

use crate::{OptimizerConfig, OptimizerRule};

/// Updates a module's parameters, each by its own rule, and remembers what the rules want to know of those that have had a
/// gradient. (Burn's `ModuleOptimizer` does so too, but hands over what it remembers only as a second copy of it all.)
pub(crate) struct Optimizer {
    rules: BTreeMap<String, AnyRule>,
    /// By the parameters' paths.
    memory: BTreeMap<String, Memory>,
}

/// How a parameter is updated. A new rule is a file here and a variant of [`AnyRule`].
trait Rule {
    /// The tensors that it remembers of a parameter of this shape, zeros before the first update: their names and shapes.
    fn remembers<const D: usize>(&self, shape: [usize; D]) -> Vec<(&'static str, [usize; D])>;

    /// What it knows of such a parameter before the first update.
    fn begin<const D: usize>(&self, shape: [usize; D], device: &Device) -> Memory {
        let mut memory = Memory::default();
        for (name, shape) in self.remembers(shape) {
            memory.put(name, Tensor::<D>::zeros(shape, device));
        }
        memory
    }

    /// The parameter after an update that goes against its gradient.
    fn step<const D: usize>(
        &self,
        learning_rate: f64,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        memory: &mut Memory,
    ) -> Tensor<D>;
}

#[derive(Debug, Clone, Copy)]
enum AnyRule {
    AdamW(AdamW),
    Adafactor(Adafactor),
    Lion(Lion),
}

impl AnyRule {
    fn new(config: &OptimizerConfig, treatment: Treatment) -> Self {
        match config.rule {
            OptimizerRule::AdamW {
                beta_1,
                beta_2,
                epsilon,
            } => Self::AdamW(AdamW {
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
            } => Self::Adafactor(Adafactor {
                scale_by_parameter,
                beta_1,
                decay_exponent,
                clip_threshold,
                epsilon,
                smallest_scale,
                treatment,
            }),
            OptimizerRule::Lion { beta_1, beta_2 } => Self::Lion(Lion {
                beta_1,
                beta_2,
                treatment,
            }),
        }
    }
}

impl Rule for AnyRule {
    fn remembers<const D: usize>(&self, shape: [usize; D]) -> Vec<(&'static str, [usize; D])> {
        match self {
            Self::AdamW(rule) => rule.remembers(shape),
            Self::Adafactor(rule) => rule.remembers(shape),
            Self::Lion(rule) => rule.remembers(shape),
        }
    }

    fn step<const D: usize>(
        &self,
        learning_rate: f64,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        memory: &mut Memory,
    ) -> Tensor<D> {
        match self {
            Self::AdamW(rule) => rule.step(learning_rate, tensor, gradient, memory),
            Self::Adafactor(rule) => rule.step(learning_rate, tensor, gradient, memory),
            Self::Lion(rule) => rule.step(learning_rate, tensor, gradient, memory),
        }
    }
}

impl Optimizer {
    /// The optimiser of a configuration, for modules built as `module` is.
    pub(crate) fn new<M: Module>(config: &OptimizerConfig, module: &M) -> Self {
        let rules = plan(config, module)
            .into_iter()
            .map(|(path, treatment)| (path, AnyRule::new(config, treatment)));
        Self {
            rules: rules.collect(),
            memory: BTreeMap::new(),
        }
    }

    /// What is remembered, by the parameters' paths.
    pub(crate) fn memory(&self) -> &BTreeMap<String, Memory> {
        &self.memory
    }

    /// Takes up what another of the same configuration remembered of modules built as `module` is.
    ///
    /// # Errors
    ///
    /// What does not fit.
    pub(crate) fn restore<M: Module>(&mut self, memory: BTreeMap<String, Memory>, module: &M) -> Result<(), String> {
        let mut check = Check {
            rules: &self.rules,
            memory: &memory,
            at: Vec::new(),
            known: 0,
            failure: None,
        };
        module.visit(&mut check);
        if let Some(reason) = check.failure {
            return Err(reason);
        }
        if check.known < memory.len() {
            return Err("there is more than the model's parameters".into());
        }
        self.memory = memory;
        Ok(())
    }

    /// The module with every parameter updated that has a gradient.
    ///
    /// # Panics
    ///
    /// When the module is not built as the one that the optimiser is for.
    pub(crate) fn step<M: Module>(&mut self, learning_rate: f64, module: M, gradients: GradientsParams) -> M {
        module.map(&mut Step {
            optimizer: self,
            at: Vec::new(),
            learning_rate,
            gradients,
        })
    }
}

/// Compares what was remembered with what the rules will want to find.
struct Check<'a> {
    rules: &'a BTreeMap<String, AnyRule>,
    memory: &'a BTreeMap<String, Memory>,
    at: Vec<String>,
    /// Parameters of which something is remembered.
    known: usize,
    failure: Option<String>,
}

impl ModuleVisitor for Check<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.at.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let path = self.at.join(".");
        let (Some(rule), Some(memory)) = (self.rules.get(&path), self.memory.get(&path)) else {
            return;
        };
        self.known += 1;
        let found: BTreeMap<&str, &[usize]> = memory
            .tensors
            .iter()
            .map(|(name, (_, shape))| (name.as_str(), shape.as_slice()))
            .collect();
        let wanted = rule.remembers(param.val().dims());
        let wanted: BTreeMap<&str, &[usize]> = wanted.iter().map(|(name, shape)| (*name, shape.as_slice())).collect();
        if found != wanted {
            self.failure
                .get_or_insert(format!("of {path} it has {found:?} instead of {wanted:?}"));
        }
    }
}

struct Step<'a> {
    optimizer: &'a mut Optimizer,
    at: Vec<String>,
    learning_rate: f64,
    gradients: GradientsParams,
}

impl ModuleMapper for Step<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.at.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else {
            return param;
        };
        let path = self.at.join(".");
        let rule = *self.optimizer.rules.get(&path).expect("an optimiser for such modules");
        let memory = self.optimizer.memory.entry(path);
        let memory = memory.or_insert_with(|| rule.begin(gradient.dims(), &gradient.device()));
        let (id, tensor, mapper) = param.consume();
        let is_learnt = tensor.is_require_grad();
        let checkpointing = tensor.gradient_checkpointing_strategy();
        let updated = rule.step(self.learning_rate, tensor.inner(), gradient, memory);
        let mut tensor = Tensor::from_inner(updated);
        if let Some(strategy) = checkpointing {
            tensor = tensor.with_gradient_checkpointing_strategy(strategy);
        }
        if is_learnt {
            tensor = tensor.require_grad();
        }
        Param::from_mapped_value(id, tensor, mapper)
    }
}
