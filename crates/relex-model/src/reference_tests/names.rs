//! Names out: what a classifier is exported under is what transformers wrote.

use burn::tensor::Device;
use safetensors::SafeTensors;

use super::{FAMILIES, Reference};
use crate::{Architecture, TransformersTask, save, transformers};

#[test]
fn exported_tensors_are_those_of_the_checkpoint() {
    let device = Device::flex();
    for family in FAMILIES {
        let reference = Reference::open(family);
        let architecture = reference.config.architecture;
        let tensors = save::tensors(&reference.classifier(&device));
        let renamed = tensors.all().into_iter().map(|tensor| {
            let name = transformers::classifier_name(architecture, tensor.name());
            tensor.renamed(name)
        });
        let folder = tempfile::tempdir().unwrap();
        save::write_weights(folder.path(), renamed.collect()).unwrap();
        let ours = std::fs::read(folder.path().join("model.safetensors")).unwrap();
        let theirs = std::fs::read(reference.folder.join("model.safetensors")).unwrap();
        let [ours, theirs] = [&ours, &theirs].map(|bytes| SafeTensors::deserialize(bytes).unwrap());
        let names = |file: &SafeTensors<'_>| {
            let mut names: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
            names.sort();
            names
        };
        assert_eq!(names(&ours), names(&theirs), "{family}");
        for (name, tensor) in theirs.tensors() {
            assert!(ours.tensor(&name).unwrap() == tensor, "{family}: {name}");
        }
    }
}

#[test]
fn classes_are_called_as_in_a_checkpoint() {
    for family in FAMILIES {
        let reference = Reference::open(family);
        let architecture = reference.config.architecture;
        let class = transformers::class_name(architecture, TransformersTask::SequenceClassification);
        let config = std::fs::read_to_string(reference.folder.join("config.json")).unwrap();
        assert!(config.contains(&format!("\"{class}\"")), "{class}");
    }
    let encoder = transformers::class_name(Architecture::XlmRoberta, TransformersTask::Encoder);
    assert_eq!(encoder, "XLMRobertaModel");
}
