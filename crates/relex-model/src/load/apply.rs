use std::collections::BTreeSet;

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{Device, Tensor, TensorData},
};

use super::{WeightFile, names};
use crate::{ModelError, ops::transposed, tensor_file::LazyTensor};

/// Which tensors of a file went into a module, and which did not. That none is missing is not in it: a module with holes is no
/// module here but a [`ModelError::Holes`], which names them all.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct LoadReport {
    /// Names of the tensors that were used, sorted.
    pub used: Vec<String>,
    /// Names of the tensors in the file that have no place in the module, sorted (a language
    /// model's head, say).
    pub unused: Vec<String>,
}

/// Fills every parameter of `module` from the file, under `prefix`.
///
/// # Errors
///
/// When a tensor is missing or has the wrong shape; the module is then gone, so that nothing half
/// filled can be used.
pub(crate) fn fill<M: Module>(
    module: M,
    file: &dyn WeightFile,
    prefix: &str,
    device: &Device,
) -> Result<(M, LoadReport), ModelError> {
    let mut fill = Fill {
        file,
        prefix,
        device,
        at: ModulePath::default(),
        used: BTreeSet::new(),
        missing: Vec::new(),
        error: None,
    };
    let module = module.map(&mut fill);
    let Fill {
        used, missing, error, ..
    } = fill;
    if let Some(error) = error {
        return Err(error);
    }
    let mut unused: Vec<String> = file.names();
    unused.retain(|name| name.starts_with(prefix) && !used.contains(name));
    unused.sort();
    if !missing.is_empty() {
        return Err(ModelError::Holes {
            path: file.path().into(),
            missing,
            unused,
        });
    }
    Ok((
        module,
        LoadReport {
            used: used.into_iter().collect(),
            unused,
        },
    ))
}

struct Fill<'a> {
    file: &'a dyn WeightFile,
    prefix: &'a str,
    device: &'a Device,
    at: ModulePath,
    used: BTreeSet<String>,
    missing: Vec<String>,
    error: Option<ModelError>,
}

impl Fill<'_> {
    /// The values in this crate's orientation; none if there is nothing to load.
    fn tensor(&mut self, shape: &[usize]) -> Option<TensorData> {
        let name = self.at.canonical(self.prefix);
        let is_transposed = self.at.is_transposed(shape);
        let mut expected = shape.to_vec();
        if is_transposed {
            expected.reverse();
        }
        // Looked at before it is read, so that a file that claims an enormous tensor costs nothing.
        let found = self.file.shape(&name);
        if let Some(found) = found
            && found != expected
        {
            self.error.get_or_insert(ModelError::Shape {
                path: self.file.path().into(),
                name,
                found,
                expected,
            });
            return None;
        }
        let tensor = match self.file.read(&name) {
            Ok(Some(tensor)) => tensor,
            Ok(None) => {
                self.missing.push(name);
                return None;
            }
            Err(error) => {
                self.error.get_or_insert(error);
                return None;
            }
        };
        self.used.insert(name);
        Some(if is_transposed {
            let [rows, columns] = [tensor.shape[0], tensor.shape[1]];
            TensorData::new(transposed(&tensor.values, columns), [columns, rows])
        } else {
            TensorData::new(tensor.values, tensor.shape)
        })
    }
}

impl ModuleMapper for Fill<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.at.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.error.is_some() {
            return param;
        }
        match self.tensor(&param.lazy_shape()) {
            None => param,
            Some(data) => {
                let tensor = Tensor::from_data(data, self.device);
                let id = param.id;
                param.transform_for_load(tensor, id)
            }
        }
    }
}

/// Collects a module's parameters under canonical names, in PyTorch's orientation: the inverse of
/// [`fill`].
#[derive(Default)]
pub(crate) struct Collect {
    prefix: String,
    at: ModulePath,
    pub(crate) tensors: Vec<LazyTensor<'static>>,
}

impl Collect {
    pub(crate) fn with_prefix(prefix: &str) -> Self {
        Self {
            prefix: prefix.into(),
            ..Self::default()
        }
    }
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.at.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = LazyTensor::on_device(self.at.canonical(&self.prefix), param.val());
        let transposed = self.at.is_transposed(tensor.shape());
        self.tensors.push(if transposed { tensor.transposed() } else { tensor });
    }
}

/// Where a visitor stands: (field or index, the type that holds it), outermost first.
#[derive(Default)]
struct ModulePath(Vec<(String, String)>);

impl ModulePath {
    fn enter(&mut self, name: &str, container_type: &str) {
        self.0.push((name.to_owned(), container_type.to_owned()));
    }

    fn exit(&mut self) {
        self.0.pop();
    }

    /// The canonical name; an enum's variant is no part of it, so that all heads share names.
    fn canonical(&self, prefix: &str) -> String {
        let names = self.0.iter().filter(|(_, container)| !container.starts_with("Enum:"));
        let path: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        format!("{prefix}{}", names::from_path(&path.join(".")))
    }

    /// PyTorch keeps a linear layer's weight as [output, input], Burn as [input, output].
    fn is_transposed(&self, shape: &[usize]) -> bool {
        shape.len() == 2 && self.0.last().is_some_and(|(_, container)| container == "Struct:Linear")
    }
}
