//! The kinds of markers: what each puts around an entity or in its place.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{DataError, clip, list};
use crate::labels::did_you_mean;
use crate::spec::DatasetSpec;

/// Which marks are put around the entities. `docs/data.md` says which question each kind answers.
///
/// The examples mark `Bill was born in Seattle.` with subject `Bill` (`PER`, in words "person") and object `Seattle`
/// (`LOC`, "place"). Where nothing else is said the marks tell subject from object, whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Markers {
    /// None: the sentence as it is.
    None,
    /// `[E1] Bill [/E1] was born in [E2] Seattle [/E2].` (Baldini Soares et al. 2019, "Matching the Blanks", entity
    /// markers; here 1 is the subject).
    Entity,
    /// As [`Markers::Entity`], but 1 is the entity that comes first, as Baldini Soares et al. number them: the text
    /// does not tell subject from object.
    OrderedEntity,
    /// `[SUBJ] Bill [/SUBJ] was born in [OBJ] Seattle [/OBJ].` (the entity markers under names that say the role).
    SubjectObject,
    /// `[SUBJ-PER] Bill [/SUBJ-PER] was born in [OBJ-LOC] Seattle [/OBJ-LOC].` (Zhong & Chen 2021, "A Frustratingly Easy
    /// Approach for Entity and Relation Extraction", typed markers; Zhou & Chen 2022, typed entity marker).
    TypedEntity,
    /// `[SUBJ-PER] was born in [OBJ-LOC].`: the entities themselves are gone (Zhang et al. 2017, "Position-aware Attention
    /// and Supervised Data Improve Slot Filling", entity masking).
    EntityMask,
    /// `@ Bill @ was born in # Seattle #.` (Zhou & Chen 2022, "An Improved Baseline for Sentence-level Relation Extraction",
    /// entity marker with punctuation).
    Punctuation,
    /// `$ Bill $ was born in # Seattle #.`, with `$` for the entity that comes first (Wu & He 2019, "Enriching Pre-trained
    /// Language Model with Entity Information for Relation Classification"): the text does not tell subject from object.
    OrderedPunctuation,
    /// `@ * person * Bill @ was born in # ^ place ^ Seattle #.`, with the data set's word for the type (Zhou & Chen 2022,
    /// typed entity marker with punctuation).
    #[default]
    TypedPunctuation,
    /// `@ * PER * Bill @ was born in # ^ LOC ^ Seattle #.`: the same with the type as the data set's files write it.
    TaggedPunctuation,
}

/// A token that a tokenizer must keep whole for a kind of markers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialToken {
    /// The token, from `[` to `]`.
    pub text: String,
    /// What it means, in words from which a model can make a first embedding: "end of subject person".
    pub description: String,
}

/// The marks of one entity.
pub(super) enum Mark {
    Around { opening: String, closing: String },
    Instead(String),
}

/// Which of the two marks an entity gets: the first is the subject's, or that of the entity that comes first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    First,
    Second,
}

impl Markers {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::Entity,
        Self::OrderedEntity,
        Self::SubjectObject,
        Self::TypedEntity,
        Self::EntityMask,
        Self::Punctuation,
        Self::OrderedPunctuation,
        Self::TypedPunctuation,
        Self::TaggedPunctuation,
    ];

    /// The tokens that a tokenizer must keep whole for these markers, in an order that depends on the data set's types alone:
    /// the subject's before the object's, types by their names, opening before closing.
    ///
    /// ```
    /// # use relex_data::{DatasetSpec, Markers};
    /// # let spec = DatasetSpec::from_file("tests/fixtures/dataset.toml".as_ref())?;
    /// let tokens = Markers::Entity.special_tokens(&spec)?;
    /// let texts: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    /// assert_eq!(texts, ["[E1]", "[/E1]", "[E2]", "[/E2]"]);
    /// assert!(Markers::Punctuation.special_tokens(&spec)?.is_empty());
    /// # Ok::<(), relex_data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// [`DataError::Markers`] when a type's name holds a bracket, so that nobody could say where its token ends.
    pub fn special_tokens(self, spec: &DatasetSpec) -> Result<Vec<SpecialToken>, DataError> {
        let types: Vec<(&str, &str)> = if self.has_typed_tokens() {
            let words = spec.type_words.iter();
            words.map(|(name, word)| (name.as_str(), word.as_str())).collect()
        } else {
            vec![("", "")]
        };
        let mut tokens = Vec::new();
        for side in Side::BOTH {
            for (entity_type, word) in &types {
                let Some(name) = self.token_name(side, entity_type) else {
                    return Ok(Vec::new());
                };
                check_type(entity_type).map_err(|message| DataError::Markers { message })?;
                let description = format!("{} {word}", self.side_in_words(side)).trim_end().to_owned();
                let end = format!("end of {description}");
                tokens.push(SpecialToken {
                    text: format!("[{name}]"),
                    description,
                });
                if self != Self::EntityMask {
                    tokens.push(SpecialToken {
                        text: format!("[/{name}]"),
                        description: end,
                    });
                }
            }
        }
        Ok(tokens)
    }

    /// The name in configuration files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Entity => "entity",
            Self::OrderedEntity => "ordered-entity",
            Self::SubjectObject => "subject-object",
            Self::TypedEntity => "typed-entity",
            Self::EntityMask => "entity-mask",
            Self::Punctuation => "punctuation",
            Self::OrderedPunctuation => "ordered-punctuation",
            Self::TypedPunctuation => "typed-punctuation",
            Self::TaggedPunctuation => "tagged-punctuation",
        }
    }

    /// Whether the entities' order in the sentence decides their marks, rather than their roles.
    pub(super) fn goes_by_order(self) -> bool {
        matches!(self, Self::OrderedEntity | Self::OrderedPunctuation)
    }

    /// The marks of an entity; what is put around it is empty for [`Markers::None`].
    pub(super) fn around(self, side: Side, entity_type: &str, spec: &DatasetSpec) -> Result<Mark, String> {
        if let Some(name) = self.token_name(side, entity_type) {
            if self.has_typed_tokens() {
                check_type(entity_type)?;
                spec.type_word(entity_type)
                    .ok_or_else(|| unknown_type(entity_type, spec))?;
            }
            return Ok(match self {
                Self::EntityMask => Mark::Instead(format!("[{name}]")),
                _ => Mark::Around {
                    opening: format!("[{name}] "),
                    closing: format!(" [/{name}]"),
                },
            });
        }
        let Some(outer) = self.symbol(side) else {
            return Ok(Mark::Around {
                opening: String::new(),
                closing: String::new(),
            });
        };
        let label = match self {
            Self::TypedPunctuation => Some(
                spec.type_word(entity_type)
                    .ok_or_else(|| unknown_type(entity_type, spec))?,
            ),
            Self::TaggedPunctuation => Some(entity_type),
            _ => None,
        };
        let inner = match side {
            Side::First => '*',
            Side::Second => '^',
        };
        Ok(Mark::Around {
            opening: match label {
                Some(label) => format!("{outer} {inner} {label} {inner} "),
                None => format!("{outer} "),
            },
            closing: format!(" {outer}"),
        })
    }

    fn has_typed_tokens(self) -> bool {
        matches!(self, Self::TypedEntity | Self::EntityMask)
    }

    /// What stands between the brackets of a special token, if these markers are some.
    pub(super) fn token_name(self, side: Side, entity_type: &str) -> Option<String> {
        let number = side.of(["E1", "E2"]);
        let role = side.of(["SUBJ", "OBJ"]);
        match self {
            Self::Entity | Self::OrderedEntity => Some(number.to_owned()),
            Self::SubjectObject => Some(role.to_owned()),
            Self::TypedEntity | Self::EntityMask => Some(format!("{role}-{entity_type}")),
            _ => None,
        }
    }

    /// The punctuation at both ends of an entity, if these markers are some.
    pub(super) fn symbol(self, side: Side) -> Option<char> {
        match self {
            Self::Punctuation | Self::TypedPunctuation | Self::TaggedPunctuation => Some(side.of(['@', '#'])),
            Self::OrderedPunctuation => Some(side.of(['$', '#'])),
            _ => None,
        }
    }

    fn side_in_words(self, side: Side) -> &'static str {
        if self.goes_by_order() {
            side.of(["first entity", "second entity"])
        } else {
            side.of(["subject", "object"])
        }
    }
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::First, Self::Second];

    fn of<T>(self, [first, second]: [T; 2]) -> T {
        match self {
            Self::First => first,
            Self::Second => second,
        }
    }
}

impl fmt::Display for Markers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

impl FromStr for Markers {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|markers| markers.name() == name)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::name);
                format!(
                    "unknown markers `{name}`{}; choose one of {}",
                    did_you_mean(name, known),
                    list(known)
                )
            })
    }
}

pub(super) fn unknown_type(entity_type: &str, spec: &DatasetSpec) -> String {
    format!(
        "the data set has no word for the type `{entity_type}`; add it to [type_words] in dataset.toml, which knows {}",
        spec.known_types()
    )
}

fn check_type(entity_type: &str) -> Result<(), String> {
    if entity_type.contains(['[', ']']) {
        return Err(format!(
            "the type `{}` cannot be part of a special token, for it holds a bracket; name it otherwise in the data and in dataset.toml, or use markers = \"typed-punctuation\"",
            clip(entity_type)
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for markers in Markers::ALL {
            assert_eq!(markers.to_string().parse(), Ok(markers));
            assert_eq!(serde_json::to_string(&markers).unwrap(), format!("\"{markers}\""));
        }
        assert!(
            "typed-punctation"
                .parse::<Markers>()
                .unwrap_err()
                .contains("did you mean `typed-punctuation`?")
        );
    }
}
