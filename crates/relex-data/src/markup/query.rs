//! Queries: a question about the two entities, before the sentence or in a segment of its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::kind::{SpecialToken, unknown_type};
use super::text::escaped;
use crate::error::{clip, list};
use crate::example::{Entity, Example};
use crate::labels::did_you_mean;
use crate::spec::DatasetSpec;

/// A question that names the entities, for any kind of markers (Levy et al. 2017, "Zero-Shot Relation Extraction via
/// Reading Comprehension", put relations as questions).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The question.
    pub template: QueryTemplate,
    /// Where it stands.
    #[serde(default)]
    pub place: QueryPlace,
}

/// Where a query stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueryPlace {
    /// Before the sentence, a space between them: encoders see one text.
    #[default]
    Before,
    /// After the sentence as a second segment, as encoders were pre-trained on pairs (Devlin et al. 2019, section 3.1).
    SecondSegment,
}

/// The wording of a query, with `{subject}`, `{object}`, `{subject_type}` and `{object_type}` in it: the entities'
/// characters and the data set's words for their types. `{{` and `}}` stand for single braces.
///
/// What the template itself says goes in as it is, so it may name special tokens (`[E1]`); those in an entity's
/// characters are escaped.
///
/// ```
/// use relex_data::QueryTemplate;
/// assert!("{subject_type} {subject}?".parse::<QueryTemplate>().is_ok());
/// let message = "{subjekt}?".parse::<QueryTemplate>().unwrap_err();
/// assert!(message.contains("did you mean `{subject}`?"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QueryTemplate {
    written: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Subject,
    Object,
    SubjectType,
    ObjectType,
}

const PLACEHOLDERS: [(&str, Part); 4] = [
    ("{subject}", Part::Subject),
    ("{object}", Part::Object),
    ("{subject_type}", Part::SubjectType),
    ("{object_type}", Part::ObjectType),
];

impl Query {
    /// The query about an example.
    pub(super) fn words(
        &self,
        example: &Example,
        tokens: &[SpecialToken],
        spec: &DatasetSpec,
    ) -> Result<String, String> {
        let type_word = |entity: &Entity| {
            spec.type_word(&entity.entity_type)
                .ok_or_else(|| unknown_type(&entity.entity_type, spec))
        };
        let mut words = String::new();
        for part in &self.template.parts {
            match part {
                Part::Words(fixed) => words.push_str(fixed),
                Part::Subject => words.push_str(&escaped(example.subject_word(), tokens)),
                Part::Object => words.push_str(&escaped(example.object_word(), tokens)),
                Part::SubjectType => words.push_str(type_word(&example.subject)?),
                Part::ObjectType => words.push_str(type_word(&example.object)?),
            }
        }
        if words.is_empty() {
            return Err("its query is empty, for a type's word is; give the type one in dataset.toml".to_owned());
        }
        Ok(words)
    }
}

impl fmt::Display for QueryTemplate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.written)
    }
}

impl FromStr for QueryTemplate {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        if written.is_empty() {
            return Err("the query's template is empty; write a question, or leave the query out".to_owned());
        }
        let (mut parts, mut words) = (Vec::new(), String::new());
        let mut rest = written;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            words.push_str(before);
            if brace.starts_with("{{") || brace.starts_with("}}") {
                words.push_str(&brace[..1]);
                rest = &brace[2..];
                continue;
            }
            let end = brace.find('}').filter(|end| *end > 0).ok_or_else(|| {
                format!(
                    "`{}` in the query's template has a lone brace; write {{{{ or }}}} for a brace in the text",
                    clip(written)
                )
            })?;
            let (placeholder, after) = brace.split_at(end + 1);
            let known = PLACEHOLDERS.iter().find(|(name, _)| *name == placeholder);
            let (_, part) = known.ok_or_else(|| {
                let names = PLACEHOLDERS.map(|(name, _)| name);
                let hint = did_you_mean(placeholder, names);
                format!(
                    "the query's template has an unknown placeholder `{}`{hint}; choose of {}",
                    clip(placeholder),
                    list(names)
                )
            })?;
            if !words.is_empty() {
                parts.push(Part::Words(std::mem::take(&mut words)));
            }
            parts.push(part.clone());
            rest = after;
        }
        words.push_str(rest);
        if !words.is_empty() {
            parts.push(Part::Words(words));
        }
        Ok(Self {
            written: written.to_owned(),
            parts,
        })
    }
}

impl TryFrom<String> for QueryTemplate {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        written.parse()
    }
}

impl From<QueryTemplate> for String {
    fn from(template: QueryTemplate) -> Self {
        template.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_part_by_part() {
        let parts = |written: &str| written.parse::<QueryTemplate>().unwrap().parts;
        let words = |text: &str| Part::Words(text.to_owned());
        assert_eq!(
            parts("{subject}와 {object}의 관계는?"),
            [Part::Subject, words("와 "), Part::Object, words("의 관계는?")]
        );
        assert_eq!(
            parts("{subject_type}{object_type}"),
            [Part::SubjectType, Part::ObjectType]
        );
        assert_eq!(
            parts("{{a}} {{{subject}}}"),
            [words("{a} {"), Part::Subject, words("}")]
        );
    }

    #[test]
    fn what_is_no_template_is_refused() {
        let refused = |written: &str, part: &str| {
            let message = written.parse::<QueryTemplate>().unwrap_err();
            assert!(message.contains(part), "{message}");
        };
        refused("", "empty");
        refused("{subject", "lone brace");
        refused("subject}", "lone brace");
        refused("{}", "unknown placeholder `{}`");
        refused(
            "{subjct}와 {object}",
            "unknown placeholder `{subjct}` (did you mean `{subject}`?); choose of `{subject}`, `{object}`, `{subject_type}`, `{object_type}`",
        );
    }

    #[test]
    fn queries_are_written_as_they_were_read() {
        let toml = "template = \"{subject}: {{ }}\"\nplace = \"second-segment\"\n";
        let query: Query = toml::from_str(toml).unwrap();
        assert_eq!(toml::to_string(&query).unwrap(), toml);
        let query: Query = toml::from_str("template = \"{subject}\"").unwrap();
        assert_eq!(query.place, QueryPlace::Before);
    }
}
