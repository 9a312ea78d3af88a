//! The device is chosen when the program runs, never by a type parameter.

use std::{fmt, str::FromStr};

use burn::tensor::Device;

use crate::ModelError;

/// Where tensors live and operations run: `cpu`, `wgpu[:index]` or `cuda[:index]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The processor, through Burn's `flex` backend. Always there.
    #[default]
    Cpu,
    /// A GPU that WebGPU reaches (feature `wgpu`): the discrete one with this index, or without one the best there is.
    Wgpu(Option<usize>),
    /// An NVIDIA GPU by its index (feature `cuda`).
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || ModelError::Device {
            device: text.into(),
            reason: "unknown; choose cpu, wgpu, wgpu:N, cuda or cuda:N".into(),
        };
        match text.split_once(':') {
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "wgpu" => Ok(Self::Wgpu(None)),
            None if text == "cuda" => Ok(Self::Cuda(0)),
            Some(("wgpu", index)) => index
                .parse()
                .map(|index| Self::Wgpu(Some(index)))
                .map_err(|_| unknown()),
            Some(("cuda", index)) => index.parse().map(Self::Cuda).map_err(|_| unknown()),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Wgpu(None) => f.write_str("wgpu"),
            Self::Wgpu(Some(index)) => write!(f, "wgpu:{index}"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

impl DeviceChoice {
    /// Whether the other device is of the same kind, so that both can share a run.
    pub fn is_like(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// Opens the chosen device, for inference; call `.autodiff()` on it for training.
///
/// # Errors
///
/// When the program was built without the device's feature, or the machine has no such device.
/// Both are found out here, because the GPU runtimes themselves panic when there is no driver.
///
/// ```
/// let device = relex_model::open_device("cpu".parse()?)?;
/// assert!(relex_model::open_device("cuda:99".parse()?).is_err());
/// # Ok::<(), relex_model::ModelError>(())
/// ```
pub fn open_device(choice: DeviceChoice) -> Result<Device, ModelError> {
    match choice {
        DeviceChoice::Cpu => Ok(Device::flex()),
        DeviceChoice::Wgpu(index) => open_wgpu(index),
        DeviceChoice::Cuda(index) => open_cuda(index),
    }
}

#[cfg(not(feature = "wgpu"))]
fn open_wgpu(index: Option<usize>) -> Result<Device, ModelError> {
    Err(not_built(&DeviceChoice::Wgpu(index).to_string(), "wgpu"))
}

#[cfg(feature = "wgpu")]
fn open_wgpu(index: Option<usize>) -> Result<Device, ModelError> {
    use burn::tensor::DeviceKind;

    let kind = || index.map_or(DeviceKind::DefaultDevice, DeviceKind::DiscreteGpu);
    probe(&DeviceChoice::Wgpu(index).to_string(), || Device::wgpu(kind()))
}

#[cfg(not(feature = "cuda"))]
fn open_cuda(index: usize) -> Result<Device, ModelError> {
    Err(not_built(&format!("cuda:{index}"), "cuda"))
}

#[cfg(feature = "cuda")]
fn open_cuda(index: usize) -> Result<Device, ModelError> {
    let name = format!("cuda:{index}");
    let driver_there = std::fs::read_dir("/proc/driver/nvidia/gpus").is_ok_and(|gpus| gpus.count() > index)
        || std::path::Path::new(&format!("/dev/nvidia{index}")).exists();
    if cfg!(target_os = "linux") && !driver_there {
        return Err(ModelError::Device {
            device: name,
            reason: "this machine has no such NVIDIA GPU or no driver for it; use --device cpu".into(),
        });
    }
    probe(&name, move || Device::cuda(index))
}

#[cfg(not(all(feature = "wgpu", feature = "cuda")))]
fn not_built(device: &str, feature: &str) -> ModelError {
    ModelError::Device {
        device: device.into(),
        reason: format!("this program was built without it; build with `--features {feature}`, or use --device cpu"),
    }
}

/// Runs one operation on the device; a runtime that panics for want of a driver becomes an error.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn probe(name: &str, open: impl FnOnce() -> Device + std::panic::UnwindSafe) -> Result<Device, ModelError> {
    let silent = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let opened = std::panic::catch_unwind(|| {
        let device = open();
        let two = burn::tensor::Tensor::<1>::ones([2], &device).sum().into_data();
        (device, two.try_to_vec::<f32>().is_ok_and(|sum| sum == [2.0]))
    });
    std::panic::set_hook(silent);
    match opened {
        Ok((device, true)) => Ok(device),
        _ => Err(ModelError::Device {
            device: name.into(),
            reason: "no usable device of this kind was found on this machine (driver missing?); use --device cpu"
                .into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_and_print_the_same() {
        for name in ["cpu", "wgpu", "wgpu:1", "cuda:0", "cuda:3"] {
            assert_eq!(name.parse::<DeviceChoice>().unwrap().to_string(), name);
        }
        assert_eq!("cuda".parse::<DeviceChoice>().unwrap(), DeviceChoice::Cuda(0));
        for name in ["gpu", "cuda:", "cuda:x", "wgpu:", "", "cpu:0"] {
            assert!(
                name.parse::<DeviceChoice>()
                    .unwrap_err()
                    .to_string()
                    .contains("cpu, wgpu, wgpu:N, cuda")
            );
        }
    }
}
