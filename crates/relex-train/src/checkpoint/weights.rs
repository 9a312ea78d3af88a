//! A module's parameters in a file of their own, bits and identities as they are. (A Hugging Face folder renames and
//! transposes, and knows no identities, by which an optimiser finds its moments.)

use std::{collections::BTreeMap, path::Path};

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId},
    tensor::{Device, Tensor, TensorData},
};
use safetensors::{Dtype, SafeTensorError, SafeTensors, tensor::TensorView};

use crate::TrainError;

/// The key of the file's metadata under which the parameters' identities stand, as a JSON object by path.
const IDENTITIES: &str = "identities";

/// Writes every parameter of `module` to `path`, in `f32`.
pub(super) fn write<M: Module>(module: &M, path: &Path) -> Result<(), TrainError> {
    let mut collected = Collect::default();
    module.visit(&mut collected);
    if let Some(reason) = collected.failure {
        return Err(refuse(
            path,
            format!("the device does not hand over the weights: {reason}"),
        ));
    }
    let views = collected.tensors.iter().map(|(name, (shape, data))| {
        let view = TensorView::new(Dtype::F32, shape.clone(), data.as_bytes());
        view.map(|view| (name, view))
    });
    let views: Vec<_> = views
        .collect::<Result<_, _>>()
        .map_err(|error| refuse(path, error.to_string()))?;
    let identities = serde_json::to_string(&collected.identities).map_err(|error| refuse(path, error.to_string()))?;
    let metadata = [(IDENTITIES.to_owned(), identities)].into();
    safetensors::serialize_to_file(views, Some(metadata), path).map_err(|error| match error {
        SafeTensorError::IoError(source) => TrainError::io(path)(source),
        error => refuse(path, error.to_string()),
    })
}

/// The module with the parameters and identities that [`write`] wrote for one of the same shape.
pub(super) fn read<M: Module>(module: M, path: &Path, device: &Device) -> Result<M, TrainError> {
    let bytes = std::fs::read(path).map_err(TrainError::io(path))?;
    let damaged = |error: SafeTensorError| refuse(path, error.to_string());
    let file = SafeTensors::deserialize(&bytes).map_err(damaged)?;
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
    let identities = metadata.metadata().as_ref().and_then(|map| map.get(IDENTITIES));
    let identities: BTreeMap<String, u64> = serde_json::from_str(identities.map_or("{}", String::as_str))
        .map_err(|error| refuse(path, error.to_string()))?;
    let mut fill = Fill {
        at: Vec::new(),
        file,
        identities,
        device,
        failure: None,
    };
    let module = module.map(&mut fill);
    match fill.failure {
        None => Ok(module),
        Some(reason) => Err(refuse(path, reason)),
    }
}

fn refuse(path: &Path, reason: String) -> TrainError {
    TrainError::Run {
        path: path.into(),
        reason,
    }
}

#[derive(Default)]
struct Collect {
    at: Vec<String>,
    tensors: BTreeMap<String, (Vec<usize>, TensorData)>,
    identities: BTreeMap<String, u64>,
    failure: Option<String>,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.at.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.at.join(".");
        let tensor = param.val();
        let shape = tensor.dims().to_vec();
        match tensor.try_into_data_as::<f32>() {
            Ok(data) => {
                self.identities.insert(name.clone(), param.id.val());
                self.tensors.insert(name, (shape, data));
            }
            Err(error) => {
                self.failure.get_or_insert(format!("{error:?}"));
            }
        }
    }
}

struct Fill<'a> {
    at: Vec<String>,
    file: SafeTensors<'a>,
    identities: BTreeMap<String, u64>,
    device: &'a Device,
    failure: Option<String>,
}

impl Fill<'_> {
    fn find(&self, name: &str, shape: &[usize]) -> Result<(TensorData, ParamId), String> {
        let view = self.file.tensor(name).map_err(|error| error.to_string())?;
        if view.shape() != shape || view.dtype() != Dtype::F32 {
            return Err(format!(
                "{name} is {:?} of {:?}, but the model has {shape:?} of F32; was the configuration changed?",
                view.shape(),
                view.dtype()
            ));
        }
        let identity = self
            .identities
            .get(name)
            .ok_or_else(|| format!("{name} has no identity"))?;
        let values: Vec<f32> = view
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|&bytes| f32::from_le_bytes(bytes))
            .collect();
        Ok((TensorData::new(values, shape.to_vec()), ParamId::from(*identity)))
    }
}

impl ModuleMapper for Fill<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.at.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.find(&self.at.join("."), &param.lazy_shape()) {
            Ok((data, identity)) => param.transform_for_load(Tensor::from_data(data, self.device), identity),
            Err(reason) => {
                self.failure.get_or_insert(reason);
                param
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::{Linear, LinearConfig};

    use super::*;

    fn values(linear: &Linear) -> Vec<u32> {
        let weight: Vec<f32> = linear.weight.val().into_data().try_to_vec().unwrap();
        weight.into_iter().map(f32::to_bits).collect()
    }

    #[test]
    fn every_bit_and_identity_comes_back() {
        let device = Device::flex().autodiff();
        let mut linear = LinearConfig::new(2, 3).init(&device);
        let odd = [[f32::MIN_POSITIVE / 4.0, -0.0, 1.0], [0.1, f32::MAX, -3.5]];
        linear.weight = linear.weight.map(|_| Tensor::from_floats(odd, &device).require_grad());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        write(&linear, &path).unwrap();
        let other = LinearConfig::new(2, 3).init(&device);
        assert_ne!(other.weight.id, linear.weight.id);
        let read = read(other, &path, &device).unwrap();
        assert_eq!(values(&read), values(&linear));
        assert_eq!(read.weight.id, linear.weight.id);
        assert!(read.weight.val().is_require_grad());
    }

    #[test]
    fn another_shape_is_refused() {
        let device = Device::flex();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        write::<Linear>(&LinearConfig::new(2, 3).init(&device), &path).unwrap();
        let error = read::<Linear>(LinearConfig::new(3, 3).init(&device), &path, &device).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("weight is [2, 3] of F32, but the model has [3, 3]"),
            "{error}"
        );
    }
}
