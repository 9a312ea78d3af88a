//! `dataset.toml` as it is written, before anything is checked.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::{Format, Offsets, Role};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSpec {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) licence: String,
    #[serde(default)]
    pub(super) homepage: String,
    pub(super) labels: Option<Spanned<Vec<String>>>,
    pub(super) labels_file: Option<Spanned<PathBuf>>,
    pub(super) negative_label: String,
    #[serde(default)]
    pub(super) unlabelled: Vec<String>,
    pub(super) inverse_relations: Option<Spanned<BTreeMap<String, String>>>,
    pub(super) type_words: Spanned<BTreeMap<String, String>>,
    pub(super) default_type: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) type_aliases: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) fields: RawFields,
    #[serde(default)]
    pub(super) entity: RawEntity,
    pub(super) files: Spanned<Vec<RawFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFile {
    pub(super) role: Role,
    pub(super) path: Spanned<PathBuf>,
    pub(super) format: Format,
    pub(super) url: Option<String>,
    pub(super) sha256: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) fields: RawFields,
    #[serde(default)]
    pub(super) entity: RawEntity,
}

/// `[fields]` or `[files.fields]`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawFields {
    pub(super) id: Option<String>,
    pub(super) sentence: Option<String>,
    pub(super) subject: Option<RawEntityField>,
    pub(super) object: Option<RawEntityField>,
    pub(super) label: Option<String>,
    pub(super) source: Option<String>,
}

/// `[entity]` or `[files.entity]`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawEntity {
    pub(super) word: Option<String>,
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
    #[serde(rename = "type")]
    pub(super) entity_type: Option<String>,
    pub(super) offsets: Option<Offsets>,
}

/// `subject = "subject_entity"`, or `subject = { word = "subject_word", start = … }`.
#[derive(Clone)]
pub(super) enum RawEntityField {
    Column(String),
    Parts(RawParts),
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawParts {
    pub(super) word: Option<String>,
    pub(super) start: Option<String>,
    pub(super) end: Option<String>,
    #[serde(rename = "type")]
    pub(super) entity_type: Option<String>,
}

/// By hand, because serde's untagged enums lose the name of an unknown key.
impl<'de> Deserialize<'de> for RawEntityField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = RawEntityField;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a column's name, or a table of columns { word, start, end, type }")
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(RawEntityField::Column(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                RawParts::deserialize(MapAccessDeserializer::new(map)).map(RawEntityField::Parts)
            }
        }
        deserializer.deserialize_any(Either)
    }
}
