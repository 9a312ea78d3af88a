//! How a [`HeadKind`] stands in files: a name alone, or a table with a `kind` and its settings.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        Error, MapAccess, Visitor,
        value::{MapAccessDeserializer, MapDeserializer},
    },
};

use super::HeadKind;

/// For heads without settings of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

// The derived functions of the same names, which know tables alone, are the type's own because of `remote = "Self"`.

impl Serialize for HeadKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        HeadKind::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for HeadKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrTable)
    }
}

struct NameOrTable;

impl<'de> Visitor<'de> for NameOrTable {
    type Value = HeadKind;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a head, or a table with its kind and settings")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<HeadKind, E> {
        HeadKind::deserialize(MapDeserializer::new([("kind", name)].into_iter()))
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<HeadKind, A::Error> {
        HeadKind::deserialize(MapAccessDeserializer::new(table))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU8;

    use super::*;
    use crate::head::ClsSettings;

    fn parse(json: &str) -> Result<HeadKind, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn every_name_is_a_table_with_defaults() {
        for name in HeadKind::NAMES {
            let kind = parse(&format!("{name:?}")).unwrap();
            assert_eq!(parse(&format!("{{\"kind\": {name:?}}}")), Ok(kind));
            let written = serde_json::to_value(kind).unwrap();
            assert_eq!(written["kind"], *name);
            assert_eq!(serde_json::from_value::<HeadKind>(written).unwrap(), kind);
        }
        assert_eq!(parse("\"entity-start\""), Ok(HeadKind::default()));
    }

    #[test]
    fn settings_are_read_and_checked() {
        let two = NonZeroU8::new(2).unwrap();
        let expected = HeadKind::Cls(ClsSettings {
            width: two,
            ..ClsSettings::default()
        });
        assert_eq!(parse(r#"{"width": 2, "kind": "cls"}"#), Ok(expected));
        let refused = |json: &str, part: &str| {
            let message = parse(json).unwrap_err();
            assert!(message.contains(part), "{part:?} is not in {message:?}");
        };
        refused(
            r#"{"kind": "cls", "widht": 2}"#,
            "unknown field `widht`, expected `width` or `depth`",
        );
        refused(r#"{"kind": "mean", "width": 2}"#, "unknown field `width`");
        refused(r#"{"kind": "cls", "depth": 0}"#, "expected a nonzero u8");
        refused(r#""cl""#, "unknown variant `cl`, expected one of `cls`, `mean`");
        refused(r#"{"width": 2}"#, "missing field `kind`");
        refused("3", "expected the name of a head");
    }
}
