//! The recipes, and how they are named on a command line.

use std::fmt;
use std::str::FromStr;

use crate::error::{DataError, clip};
use crate::labels::did_you_mean;

/// A way to make new training rows of old ones. `docs/data.md` says which question each answers and what it risks.
///
/// Written `name` or `name=value`, as [`FromStr`] reads it and [`fmt::Display`] writes it:
///
/// ```
/// use relex_data::{Pool, Recipe};
///
/// let recipe: Recipe = "entity-replacement=type-and-role".parse()?;
/// assert_eq!(recipe, Recipe::EntityReplacement(Pool::TypeAndRole));
/// assert_eq!("word-deletion".parse::<Recipe>()?.to_string(), "word-deletion=0.1");
/// # Ok::<(), relex_data::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Recipe {
    /// Subject and object trade roles, and the label becomes its inverse. The sentence stays. One child a row.
    RoleSwap,
    /// Other entities of the same type take the place of subject, object or both (Dai & Adel 2020 call it mention
    /// replacement). Any number of children a row.
    EntityReplacement(Pool),
    /// A mask takes the place of subject, object or both. At most three children a row.
    EntityMasking(Mask),
    /// AEDA (Karimi, Rossi & Prati 2021): punctuation marks between words, one to a third of the number of words.
    PunctuationInsertion,
    /// EDA's random deletion (Wei & Zou 2019): every word outside the entities goes with the probability given, one at least.
    WordDeletion(Share),
    /// EDA's random swap (Wei & Zou 2019): this share of the sentence's words, one at least, is how often two words outside
    /// the entities trade places.
    WordSwap(Share),
    /// The sentences of [`AugmentConfig::paraphrases`](super::AugmentConfig::paraphrases), in which the parent's entities
    /// are found again.
    Paraphrase,
}

/// Where replacing entities come from: training rows, as entities of the same type and …
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pool {
    /// … nothing else.
    #[default]
    Type,
    /// … in the same role, subject or object.
    TypeAndRole,
    /// … in the same role in a row of the same label.
    TypeRoleAndLabel,
}

/// What stands for a masked entity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mask {
    /// The word of its type in `[type_words]`.
    #[default]
    TypeWord,
    /// This text.
    Text(String),
}

/// A share of the words, above 0 and at most 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// A share.
    ///
    /// # Errors
    /// [`DataError::Augment`] for a number outside (0, 1].
    pub fn new(share: f64) -> Result<Self, DataError> {
        if share > 0.0 && share <= 1.0 {
            return Ok(Self(share));
        }
        Err(refusal(format!(
            "{share} is no share of words; give a number above 0 and at most 1, such as 0.1"
        )))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Default for Share {
    /// 0.1, as Wei & Zou (2019) recommend for most sizes of data.
    fn default() -> Self {
        Self(0.1)
    }
}

const NAMES: [&str; 7] = [
    "role-swap",
    "entity-replacement",
    "entity-masking",
    "punctuation-insertion",
    "word-deletion",
    "word-swap",
    "paraphrase",
];
const POOLS: [(&str, Pool); 3] = [
    ("type", Pool::Type),
    ("type-and-role", Pool::TypeAndRole),
    ("type-role-and-label", Pool::TypeRoleAndLabel),
];

impl Recipe {
    /// The name without a value, as it stands in children's ids.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::RoleSwap => NAMES[0],
            Self::EntityReplacement(_) => NAMES[1],
            Self::EntityMasking(_) => NAMES[2],
            Self::PunctuationInsertion => NAMES[3],
            Self::WordDeletion(_) => NAMES[4],
            Self::WordSwap(_) => NAMES[5],
            Self::Paraphrase => NAMES[6],
        }
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())?;
        match self {
            Self::EntityReplacement(pool) => {
                let name = POOLS
                    .iter()
                    .find(|(_, known)| known == pool)
                    .map_or("", |(name, _)| name);
                write!(out, "={name}")
            }
            Self::EntityMasking(Mask::Text(text)) => write!(out, "={text}"),
            Self::WordDeletion(share) | Self::WordSwap(share) => write!(out, "={}", share.0),
            _ => Ok(()),
        }
    }
}

impl FromStr for Recipe {
    type Err = DataError;

    /// Reads `name` or `name=value`; a value left out is the type's default.
    ///
    /// # Errors
    /// [`DataError::Augment`] for an unknown name, or a value that the recipe does not take.
    fn from_str(text: &str) -> Result<Self, DataError> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let share = || match value {
            None => Ok(Share::default()),
            Some(value) => Share::new(value.parse().unwrap_or(f64::NAN)).map_err(|_| {
                refusal(format!(
                    "`{}` is no share of words; give a number above 0 and at most 1, such as {name}=0.1",
                    clip(value)
                ))
            }),
        };
        let plain = |recipe| match value {
            None => Ok(recipe),
            Some(value) => Err(refusal(format!("{name} takes no value; leave `={}` out", clip(value)))),
        };
        match name {
            "role-swap" => plain(Self::RoleSwap),
            "entity-replacement" => pool(value).map(Self::EntityReplacement),
            "entity-masking" => match value {
                None => Ok(Self::EntityMasking(Mask::TypeWord)),
                Some(text) if text.trim().is_empty() => Err(refusal(
                    "the mask is empty; leave `=` out for the word of the type".to_owned(),
                )),
                Some(text) => Ok(Self::EntityMasking(Mask::Text(text.to_owned()))),
            },
            "punctuation-insertion" => plain(Self::PunctuationInsertion),
            "word-deletion" => share().map(Self::WordDeletion),
            "word-swap" => share().map(Self::WordSwap),
            "paraphrase" => plain(Self::Paraphrase),
            _ => Err(refusal(format!(
                "there is no recipe `{}`{}; choose among {}",
                clip(name),
                did_you_mean(name, NAMES),
                NAMES.join(", ")
            ))),
        }
    }
}

fn pool(value: Option<&str>) -> Result<Pool, DataError> {
    let Some(value) = value else {
        return Ok(Pool::default());
    };
    let found = POOLS.iter().find(|(name, _)| *name == value);
    found.map(|(_, pool)| *pool).ok_or_else(|| {
        let names = POOLS.map(|(name, _)| name);
        refusal(format!(
            "there is no pool `{}`{}; choose among {}",
            clip(value),
            did_you_mean(value, names),
            names.join(", ")
        ))
    })
}

fn refusal(message: String) -> DataError {
    DataError::Augment { message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_reads_what_it_writes() {
        for text in [
            "role-swap",
            "entity-replacement=type",
            "entity-replacement=type-and-role",
            "entity-replacement=type-role-and-label",
            "entity-masking",
            "entity-masking=[MASK]",
            "entity-masking=a=b",
            "punctuation-insertion",
            "word-deletion=0.25",
            "word-swap=1",
            "paraphrase",
        ] {
            let recipe: Recipe = text.parse().unwrap();
            assert_eq!(recipe.to_string(), text);
            assert!(NAMES.contains(&recipe.name()) && text.starts_with(recipe.name()));
        }
    }

    #[test]
    fn slips_are_named() {
        fn check(text: &str, part: &str) {
            let error = text.parse::<Recipe>().unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        check("role-swop", "did you mean `role-swap`?");
        check("role-swap=2", "role-swap takes no value");
        check("entity-replacement=types", "did you mean `type`?");
        check("entity-masking= ", "the mask is empty");
        for share in ["0", "-1", "1.5", "NaN", "x", ""] {
            check(&format!("word-swap={share}"), "such as word-swap=0.1");
        }
    }
}
