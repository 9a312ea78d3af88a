//! What decays, in classifiers as they are trained.

use std::{collections::BTreeSet, path::Path};

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Device, Tensor},
};
use relex_data::rng::stream;
use relex_model::{Classifier, HeadConfig, HeadKind, load_encoder};

use super::super::plan::plan;
use crate::OptimizerConfig;

/// One of relex-model's tiny encoders of three layers with a head on it, and with type embeddings.
fn classifier(encoder: &str, head: &str) -> Classifier {
    let device = Device::flex();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../relex-model/tests/fixtures");
    let (config, encoder, _) = load_encoder(&fixtures.join(encoder), &device).unwrap();
    let head = HeadConfig {
        kind: serde_json::from_str::<HeadKind>(&format!("\"{head}\"")).unwrap(),
        hidden_size: config.hidden_size,
        labels: 5,
        dropout: 0.1,
        cosine_scale: None,
    };
    Classifier::with_new_head(encoder, &head, &mut stream(1, "head"), &device).with_type_embedding(4, &device)
}

/// The paths of the parameters that decay, and of those that do not; layers without their numbers.
fn decaying(classifier: &Classifier) -> [BTreeSet<String>; 2] {
    let mut found = [BTreeSet::new(), BTreeSet::new()];
    for (path, treatment) in plan(&OptimizerConfig::default(), classifier) {
        let parts: Vec<&str> = path
            .split('.')
            .map(|part| if part.parse::<usize>().is_ok() { "*" } else { part })
            .collect();
        found[usize::from(treatment.decay == 0.0)].insert(parts.join("."));
    }
    found
}

fn owned(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(ToString::to_string).collect()
}

#[test]
fn the_matrices_of_a_bert_classifier_decay() {
    let [decaying, staying] = decaying(&classifier("bert", "entity-start"));
    assert_eq!(
        decaying,
        owned(&[
            "encoder.embeddings.position_embeddings.weight",
            "encoder.embeddings.token_type_embeddings.weight",
            "encoder.embeddings.word_embeddings.weight",
            "encoder.layers.*.attention.key.weight",
            "encoder.layers.*.attention.output.weight",
            "encoder.layers.*.attention.query.weight",
            "encoder.layers.*.attention.value.weight",
            "encoder.layers.*.intermediate.weight",
            "encoder.layers.*.output.weight",
            "head.EntityStart.dense.weight",
            "head.EntityStart.output.weight",
            "type_embedding.table.weight",
        ])
    );
    assert_eq!(
        staying,
        owned(&[
            "encoder.embeddings.layer_norm.beta",
            "encoder.embeddings.layer_norm.gamma",
            "encoder.layers.*.attention.key.bias",
            "encoder.layers.*.attention.output.bias",
            "encoder.layers.*.attention.query.bias",
            "encoder.layers.*.attention.value.bias",
            "encoder.layers.*.intermediate.bias",
            "encoder.layers.*.output.bias",
            "encoder.layers.*.attention.layer_norm.beta",
            "encoder.layers.*.attention.layer_norm.gamma",
            "encoder.layers.*.layer_norm.beta",
            "encoder.layers.*.layer_norm.gamma",
            "head.EntityStart.dense.bias",
            "head.EntityStart.output.bias",
        ])
    );
}

/// The paths of all parameters with their numbers of dimensions.
#[derive(Default)]
struct Dimensions {
    at: Vec<String>,
    found: Vec<(String, usize)>,
}

impl ModuleVisitor for Dimensions {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.at.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.pop();
    }

    fn visit_float<const D: usize>(&mut self, _param: &Param<Tensor<D>>) {
        self.found.push((self.at.join("."), D));
    }
}

/// Biases and the two vectors of a norm are all the parameters of one dimension that there are.
#[test]
fn no_vector_of_any_classifier_decays_and_every_matrix_does() {
    let check = |encoder: &str, head: &str| {
        let classifier = classifier(encoder, head);
        let mut dimensions = Dimensions::default();
        classifier.visit(&mut dimensions);
        let plan = plan(&OptimizerConfig::default(), &classifier);
        assert_eq!(plan.len(), dimensions.found.len());
        for ((path, treatment), (same, dimensions)) in plan.into_iter().zip(dimensions.found) {
            assert_eq!(path, same);
            let expected = if dimensions == 1 { 0.0 } else { 0.01 };
            assert_eq!(treatment.decay, expected, "{encoder} with {head}: {path}");
        }
    };
    HeadKind::NAMES.iter().for_each(|head| check("bert", head));
    ["roberta", "xlm-roberta", "electra", "electra-same-width"]
        .iter()
        .for_each(|encoder| check(encoder, "entity-start"));
}
