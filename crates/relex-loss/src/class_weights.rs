use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::SeqAccessDeserializer},
};

use crate::{LossError, effective_number_weights, inverse_frequency_weights};

const NONE: &str = "none";
const INVERSE_FREQUENCY: &str = "inverse-frequency";
const EFFECTIVE_NUMBER: &str = "effective-number";

/// Cui et al.'s usual β.
const BETA: f64 = 0.9999;

/// How much each class counts. In a configuration: `"none"`, `"inverse-frequency"`,
/// `"effective-number"` (β is 0.9999), `{ effective-number = β }`, or a list of one number a class
/// in the order of the labels.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum ClassWeights {
    /// All the same.
    #[default]
    None,
    /// See [`inverse_frequency_weights`].
    InverseFrequency,
    /// See [`effective_number_weights`].
    EffectiveNumber {
        /// β, in `[0, 1)`.
        beta: f64,
    },
    /// One positive number for each class.
    List(Vec<f32>),
}

impl ClassWeights {
    /// Weights by the effective number of rows with β = 0.9999.
    pub fn effective_number() -> Self {
        Self::EffectiveNumber { beta: BETA }
    }

    /// Checks what can be checked without knowing the classes.
    pub(crate) fn check(&self) -> Result<(), LossError> {
        match self {
            Self::EffectiveNumber { beta } if !(0.0..1.0).contains(beta) => Err(LossError::OutOfRange {
                name: "effective-number",
                value: *beta as f32,
                range: "[0, 1)",
            }),
            Self::List(weights) => match weights.iter().position(|weight| !(weight.is_finite() && *weight > 0.0)) {
                Some(class) => Err(LossError::Weight {
                    class,
                    value: weights[class],
                }),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// The weights of classes with so many training rows; none where all weigh the same.
    pub(crate) fn resolve(&self, class_counts: &[usize]) -> Result<Option<Vec<f32>>, LossError> {
        Ok(match self {
            Self::None => None,
            Self::InverseFrequency => Some(inverse_frequency_weights(class_counts)),
            Self::EffectiveNumber { beta } => Some(effective_number_weights(class_counts, *beta)),
            Self::List(weights) if weights.len() == class_counts.len() => Some(weights.clone()),
            Self::List(weights) => {
                return Err(LossError::WeightCount {
                    weights: weights.len(),
                    classes: class_counts.len(),
                });
            }
        })
    }
}

impl Serialize for ClassWeights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str(NONE),
            Self::InverseFrequency => serializer.serialize_str(INVERSE_FREQUENCY),
            Self::EffectiveNumber { beta } => serializer.collect_map([(EFFECTIVE_NUMBER, beta)]),
            Self::List(weights) => weights.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ClassWeights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ClassWeightsVisitor)
    }
}

struct ClassWeightsVisitor;

impl<'de> Visitor<'de> for ClassWeightsVisitor {
    type Value = ClassWeights;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "\"{NONE}\", \"{INVERSE_FREQUENCY}\", \"{EFFECTIVE_NUMBER}\", {{ {EFFECTIVE_NUMBER} = beta }} or a list of numbers"
        )
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<ClassWeights, E> {
        match name {
            NONE => Ok(ClassWeights::None),
            INVERSE_FREQUENCY => Ok(ClassWeights::InverseFrequency),
            EFFECTIVE_NUMBER => Ok(ClassWeights::effective_number()),
            _ => Err(E::unknown_variant(name, &[NONE, INVERSE_FREQUENCY, EFFECTIVE_NUMBER])),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, numbers: A) -> Result<ClassWeights, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(numbers)).map(ClassWeights::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ClassWeights, A::Error> {
        let mut beta = None;
        while let Some(key) = map.next_key::<String>()? {
            if key != EFFECTIVE_NUMBER {
                return Err(A::Error::unknown_field(&key, &[EFFECTIVE_NUMBER]));
            }
            beta = Some(map.next_value()?);
        }
        beta.map(|beta| ClassWeights::EffectiveNumber { beta })
            .ok_or_else(|| A::Error::missing_field(EFFECTIVE_NUMBER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_round_trip(json: &str, expected: &ClassWeights) {
        let read: ClassWeights = serde_json::from_str(json).unwrap();
        assert_eq!(&read, expected);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(&serde_json::from_str::<ClassWeights>(&written).unwrap(), expected);
    }

    #[test]
    fn every_spelling_reads_and_writes() {
        check_round_trip("\"none\"", &ClassWeights::None);
        check_round_trip("\"inverse-frequency\"", &ClassWeights::InverseFrequency);
        check_round_trip("\"effective-number\"", &ClassWeights::EffectiveNumber { beta: 0.9999 });
        check_round_trip(
            "{\"effective-number\": 0.99}",
            &ClassWeights::EffectiveNumber { beta: 0.99 },
        );
        check_round_trip("[1, 2.5]", &ClassWeights::List(vec![1.0, 2.5]));
    }

    #[track_caller]
    fn check_refused(json: &str, expected: &str) {
        let message = serde_json::from_str::<ClassWeights>(json).unwrap_err().to_string();
        assert!(message.contains(expected), "{expected:?} is not in {message:?}");
    }

    #[test]
    fn other_spellings_name_those_that_exist() {
        check_refused(
            "\"balanced\"",
            "unknown variant `balanced`, expected one of `none`, `inverse-frequency`",
        );
        check_refused("{\"effective_number\": 0.9}", "expected `effective-number`");
        check_refused("{}", "effective-number");
        check_refused("3", "or a list of numbers");
        check_refused("[1, \"two\"]", "two");
    }
}
