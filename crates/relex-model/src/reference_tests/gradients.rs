//! Loss and gradients.

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor, activation::log_softmax},
};

use super::{FAMILIES, Reference, assert_close, logits, values};

pub(super) fn all_match() {
    for family in FAMILIES {
        let reference = Reference::open(family);
        let config = &reference.config;
        let projection = if config.embedding_size == config.hidden_size {
            0
        } else {
            2
        };
        // 5 embedding tensors, 16 in each of 3 layers, 4 in the head
        assert_eq!(compared(&reference), 5 + projection + 3 * 16 + 4, "{family}");
    }
}

/// Compares loss and gradients; how many parameters have one.
fn compared(reference: &Reference) -> usize {
    let device = Device::flex().autodiff();
    let classifier = reference.classifier(&device);
    let hidden = reference.hidden_states(&classifier, &device);
    let labels = reference.ints::<1>("labels", &device);
    let [batch] = labels.dims();
    let log_probability = log_softmax(logits(&classifier, hidden), 1).gather(1, labels.reshape([batch, 1]));
    let loss = log_probability.mean().neg();
    let value: f32 = loss.clone().into_scalar();
    let expected = reference.floats("loss");
    assert_close(&[value], &expected, 1e-4 * expected[0], "loss");

    let gradients = GradientsParams::from_grads(loss.backward(), &classifier);
    let mut visitor = CompareGradients {
        gradients,
        reference,
        path: Vec::new(),
        compared: 0,
    };
    classifier.visit(&mut visitor);
    visitor.compared
}

struct CompareGradients<'a> {
    gradients: GradientsParams,
    reference: &'a Reference,
    path: Vec<(String, bool)>,
    compared: usize,
}

impl ModuleVisitor for CompareGradients<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        let name = if container_type.starts_with("Enum:") { "" } else { name };
        self.path.push((name.into(), container_type == "Struct:Linear"));
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else {
            return;
        };
        let name = self.name();
        let in_linear = self.path.last().is_some_and(|(_, linear)| *linear);
        let gradient = if in_linear && D == 2 {
            gradient.swap_dims(0, 1)
        } else {
            gradient
        };
        let expected = self.reference.floats(&format!("grad.{name}"));
        let largest = expected.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        assert_close(&values(gradient), &expected, 1e-4 * largest.max(1e-3), &name);
        self.compared += 1;
    }
}

impl CompareGradients<'_> {
    /// The module path as `…ForSequenceClassification` spells it, by rules of its own so that the loader's
    /// table is tested too.
    fn name(&self) -> String {
        let model = &self.reference.config.architecture;
        let model = match format!("{model:?}").as_str() {
            "XlmRoberta" => "roberta".to_owned(),
            other => other.to_lowercase(),
        };
        let names = self.path.iter().map(|(name, _)| name.as_str());
        let path: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        let (module, parameter) = path.split_at(path.len() - 1);
        let parameter = match parameter[0] {
            "gamma" => "weight",
            "beta" => "bias",
            other => other,
        };
        let module = match module {
            ["head", layer] => {
                let [dense, output] = self.reference.head_names();
                let layer = if *layer == "dense" { dense } else { output };
                return format!(
                    "{}{layer}.{parameter}",
                    if layer == "pooler.dense" { "bert." } else { "" }
                );
            }
            ["encoder", "embeddings", "layer_norm"] => "embeddings.LayerNorm".into(),
            ["encoder", "layers", layer, rest @ ..] => {
                let rest = match rest {
                    ["attention", "output"] => "attention.output.dense".into(),
                    ["attention", "layer_norm"] => "attention.output.LayerNorm".into(),
                    ["attention", projection] => format!("attention.self.{projection}"),
                    ["layer_norm"] => "output.LayerNorm".into(),
                    [dense] => format!("{dense}.dense"),
                    other => panic!("{other:?}"),
                };
                format!("encoder.layer.{layer}.{rest}")
            }
            ["encoder", rest @ ..] => rest.join("."),
            other => panic!("{other:?}"),
        };
        format!("{model}.{module}.{parameter}")
    }
}
