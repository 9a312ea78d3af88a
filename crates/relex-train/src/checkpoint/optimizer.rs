//! What an optimiser remembers, in a file of its own.

use std::{collections::BTreeMap, path::Path};

use burn::tensor::{Device, Tensor, TensorData};
use relex_model::{LazyTensor, TensorFile, write_tensors};

use super::{refuse, written};
use crate::{TrainError, optimizer::Memory};

/// The key in the file's header under which the numbers of updates stand, as a JSON object by the parameters' paths.
const UPDATES: &str = "updates";

/// Writes what is remembered of each parameter: its tensors under `<path>.<name>`.
pub(super) fn write(memory: &BTreeMap<String, Memory>, path: &Path) -> Result<(), TrainError> {
    let updates: BTreeMap<&String, usize> = memory.iter().map(|(of, memory)| (of, memory.updates)).collect();
    let updates = serde_json::to_string(&updates).map_err(|error| refuse(path, error.to_string()))?;
    let tensors = memory.iter().flat_map(|(of, memory)| {
        let tensors = memory.tensors.iter();
        tensors.map(move |(name, (flat, shape))| {
            let flat = flat.clone();
            LazyTensor::new(format!("{of}.{name}"), shape.as_slice(), || {
                flat.try_into_vec_as().map_err(|error| format!("{error:?}"))
            })
        })
    });
    let metadata = [(UPDATES.to_owned(), updates)].into();
    written(write_tensors(path, metadata, tensors.collect()))
}

/// What [`write`] wrote.
pub(super) fn read(path: &Path, device: &Device) -> Result<BTreeMap<String, Memory>, TrainError> {
    let file = TensorFile::open(path)?;
    let Some(updates) = file.metadata(UPDATES) else {
        return Err(refuse(path, format!("its header has no {UPDATES:?}")));
    };
    let updates: BTreeMap<String, usize> =
        serde_json::from_str(updates).map_err(|error| refuse(path, error.to_string()))?;
    let mut memory: BTreeMap<String, Memory> = BTreeMap::new();
    for (of, updates) in updates {
        memory.entry(of).or_default().updates = updates;
    }
    for full_name in file.names() {
        let known = full_name
            .rsplit_once('.')
            .and_then(|(of, name)| Some((memory.get_mut(of)?, name)));
        let Some((memory, name)) = known else {
            return Err(refuse(path, format!("{full_name} is of no parameter with updates")));
        };
        if let Some(tensor) = file.read(&full_name)? {
            let count = tensor.values.len();
            let flat = Tensor::from_data(TensorData::new(tensor.values, [count]), device);
            memory.tensors.insert(name.to_owned(), (flat, tensor.shape));
        }
    }
    Ok(memory)
}

#[cfg(test)]
mod tests {
    use burn::{
        nn::{Linear, LinearConfig},
        optim::GradientsParams,
    };

    use super::*;
    use crate::{OptimizerConfig, optimizer::Optimizer};

    fn gradients(linear: &Linear, salt: f32, factor: f32) -> GradientsParams {
        let bias = linear.bias.as_ref().unwrap().val();
        let loss = (linear.weight.val() * 3.0 + salt).sin().sum() + (bias + salt).cos().sum();
        GradientsParams::from_grads((loss * factor).backward(), linear)
    }

    fn bits(linear: &Linear) -> Vec<u32> {
        let mut numbers = linear.weight.val().try_into_vec_as::<f32>().unwrap();
        numbers.extend(linear.bias.as_ref().unwrap().val().try_into_vec_as::<f32>().unwrap());
        numbers.into_iter().map(f32::to_bits).collect()
    }

    #[test]
    fn what_is_restored_goes_on_bit_for_bit() {
        let device = Device::flex().autodiff();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("optimizer.safetensors");
        for rule in [
            "kind = \"adamw\"",
            "kind = \"lion\"",
            "kind = \"adafactor\"",
            "kind = \"adafactor\"\nbeta_1 = 0.9\nscale_by_parameter = true",
        ] {
            let config = OptimizerConfig {
                rule: toml::from_str(rule).unwrap(),
                ..OptimizerConfig::default()
            };
            let mut linear = LinearConfig::new(4, 3).init(&device);
            let mut used = Optimizer::new(&config, &linear);
            for step in 0..3 {
                let gradients = gradients(&linear, step as f32, 1.0);
                linear = used.step(1e-2, linear, gradients);
            }
            write(used.memory(), &path).unwrap();
            let mut restored = Optimizer::new(&config, &linear);
            restored
                .restore(read(&path, &device.clone().inner()).unwrap(), &linear)
                .unwrap();
            // Small and the other way round, so that the past has its say in the signs too.
            let next = |optimizer: &mut Optimizer| {
                let gradients = gradients(&linear, 3.0, -0.01);
                bits(&optimizer.step(1e-2, linear.clone(), gradients))
            };
            let expected = next(&mut used);
            assert_eq!(next(&mut restored), expected, "{rule}");
            // and it is the memory that says so
            assert_ne!(next(&mut Optimizer::new(&config, &linear)), expected, "{rule}");
        }
    }

    #[test]
    fn what_another_rule_remembered_is_refused() {
        let device = Device::flex().autodiff();
        let linear: Linear = LinearConfig::new(4, 3).init(&device);
        let optimizer = |rule: &str| {
            let config = OptimizerConfig {
                rule: toml::from_str(rule).unwrap(),
                ..OptimizerConfig::default()
            };
            Optimizer::new(&config, &linear)
        };
        let mut used = optimizer("kind = \"lion\"");
        used.step(1e-2, linear.clone(), gradients(&linear, 1.0, 1.0));
        let refused = optimizer("kind = \"adamw\"").restore(used.memory().clone(), &linear);
        assert_eq!(
            refused,
            Err(
                r#"of weight it has {"moment": [4, 3]} instead of {"moment_1": [4, 3], "moment_2": [4, 3]}"#.to_owned()
            )
        );
        let mut more = used.memory().clone();
        more.insert("head.weight".into(), Memory::default());
        assert!(optimizer("kind = \"lion\"").restore(more, &linear).is_err());
    }
}
