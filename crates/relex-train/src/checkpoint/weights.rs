//! A module's parameters in a file of their own, bits and orientation as they are. (A Hugging Face folder renames and transposes.)

use std::path::Path;

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{Device, Tensor, TensorData},
};
use relex_model::{LazyTensor, TensorFile, write_tensors};

use super::{refuse, written};
use crate::TrainError;

/// Writes every parameter of `module` to `path`, in `f32`.
pub(super) fn write<M: Module>(module: &M, path: &Path) -> Result<(), TrainError> {
    let mut collected = Collect::default();
    module.visit(&mut collected);
    written(write_tensors(path, [].into(), collected.tensors))
}

/// The module with the parameters that [`write`] wrote for one of the same shape.
pub(super) fn read<M: Module>(module: M, path: &Path, device: &Device) -> Result<M, TrainError> {
    let mut fill = Fill {
        at: Vec::new(),
        file: TensorFile::open(path)?,
        device,
        failure: None,
    };
    let module = module.map(&mut fill);
    match fill.failure {
        None => Ok(module),
        Some(error) => Err(error),
    }
}

#[derive(Default)]
struct Collect {
    at: Vec<String>,
    tensors: Vec<LazyTensor<'static>>,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.at.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.tensors.push(LazyTensor::on_device(self.at.join("."), param.val()));
    }
}

struct Fill<'a> {
    at: Vec<String>,
    file: TensorFile,
    device: &'a Device,
    failure: Option<TrainError>,
}

impl Fill<'_> {
    fn find(&self, name: &str, shape: &[usize]) -> Result<TensorData, TrainError> {
        match self.file.read(name)? {
            Some(found) if found.shape == shape => Ok(TensorData::new(found.values, found.shape)),
            found => Err(refuse(
                self.file.path(),
                match found {
                    None => format!("{name} is missing; was the configuration changed?"),
                    Some(found) => format!(
                        "{name} is {:?}, but the model has {shape:?}; was the configuration changed?",
                        found.shape
                    ),
                },
            )),
        }
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
            Ok(data) => {
                let id = param.id;
                param.transform_for_load(Tensor::from_data(data, self.device), id)
            }
            Err(error) => {
                self.failure.get_or_insert(error);
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
    fn every_bit_comes_back() {
        let device = Device::flex().autodiff();
        let mut linear = LinearConfig::new(2, 3).init(&device);
        let odd = [[f32::MIN_POSITIVE / 4.0, -0.0, 1.0], [0.1, f32::MAX, -3.5]];
        linear.weight = linear.weight.map(|_| Tensor::from_floats(odd, &device).require_grad());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        write(&linear, &path).unwrap();
        let other = LinearConfig::new(2, 3).init(&device);
        let read = read(other, &path, &device).unwrap();
        assert_eq!(values(&read), values(&linear));
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
            error.to_string().contains("weight is [2, 3], but the model has [3, 3]"),
            "{error}"
        );
    }
}
