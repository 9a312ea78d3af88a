//! The closed list of relation labels, in the order of a prediction's probabilities.

use std::collections::HashMap;

use crate::error::DataError;

/// The position of a label in its [`LabelSet`], which is also its column in logits and probabilities.
///
/// Only a label set hands these out ([`LabelSet::id`], [`LabelSet::at`], [`LabelSet::ids`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelId(usize);

impl LabelId {
    /// The position, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

/// The labels of a data set: distinct names in a fixed order, one of which is the negative label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelSet {
    names: Vec<String>,
    by_name: HashMap<String, LabelId>,
    negative: LabelId,
}

impl LabelSet {
    /// A label set in the order given. `negative` names the label that means "no relation".
    ///
    /// # Errors
    /// [`DataError::Labels`] when the list is empty, a name is empty or occurs twice, or `negative` is not in it.
    ///
    /// ```
    /// let labels = relex_data::LabelSet::new(["no_relation", "per:title"], "no_relation")?;
    /// let title = labels.id("per:title").ok_or("absent")?;
    /// assert_eq!((title.index(), labels.name(title)), (1, "per:title"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>, negative: &str) -> Result<Self, DataError> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let refuse = |message: String| Err(DataError::Labels { message });
        if names.is_empty() {
            return refuse("the list of labels is empty; name at least the negative label".to_owned());
        }
        let mut by_name = HashMap::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            if name.is_empty() {
                return refuse(format!(
                    "label {} has an empty name; give it one or remove it",
                    index + 1
                ));
            }
            if by_name.insert(name.clone(), LabelId(index)).is_some() {
                return refuse(format!("label `{name}` is listed twice; remove one of the two"));
            }
        }
        let Some(&negative) = by_name.get(negative) else {
            let hint = did_you_mean(negative, names.iter().map(String::as_str));
            return refuse(format!(
                "the negative label `{negative}` is not in the list of labels{hint}; add it there"
            ));
        };
        Ok(Self {
            names,
            by_name,
            negative,
        })
    }

    /// The label called `name`, if the set has it.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<LabelId> {
        self.by_name.get(name).copied()
    }

    /// The label at `index`, if the set is that long: the way from an arg-max back to a label.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<LabelId> {
        (index < self.names.len()).then_some(LabelId(index))
    }

    /// The name of a label.
    ///
    /// # Panics
    /// When `id` was handed out by another, longer label set.
    #[must_use]
    pub fn name(&self, id: LabelId) -> &str {
        &self.names[id.0]
    }

    /// All names in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// All labels in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = LabelId> + use<> {
        (0..self.names.len()).map(LabelId)
    }

    /// The label that means "no relation"; KLUE's micro-F1 leaves it out.
    #[must_use]
    pub fn negative(&self) -> LabelId {
        self.negative
    }

    /// The number of labels, at least 1.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a label set is never empty")]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The known label that looks most like `name`, for error messages; none when nothing comes near.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.names.iter().map(String::as_str))
    }
}

/// The candidate most like `name` by Damerau-Levenshtein similarity, if at least half of it agrees.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long garbage has no near name, and the distance takes quadratic time.
    if name.chars().take(129).count() > 128 {
        return None;
    }
    let lower = name.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let score = strsim::normalized_damerau_levenshtein(&lower, &candidate.to_lowercase());
        if score >= 0.5 && best.is_none_or(|(highest, _)| score > highest) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `"; did you mean `x`?"`-like text for an error message, or nothing.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, candidates)
        .map(|found| format!(" (did you mean `{found}`?)"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> LabelSet {
        LabelSet::new(
            ["no_relation", "per:title", "org:founded", "org:founded_by"],
            "no_relation",
        )
        .unwrap()
    }

    #[test]
    fn names_and_positions_agree() {
        let labels = labels();
        assert_eq!(labels.len(), 4);
        assert_eq!(labels.name(labels.negative()), "no_relation");
        for id in labels.ids() {
            assert_eq!(labels.id(labels.name(id)), Some(id));
            assert_eq!(labels.at(id.index()), Some(id));
        }
        assert_eq!(labels.at(4), None);
        assert_eq!(labels.id("per:titel"), None);
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_label() {
        let labels = labels();
        assert_eq!(labels.nearest("per:titel"), Some("per:title"));
        assert_eq!(labels.nearest("ORG:FOUNDED-BY"), Some("org:founded_by"));
        assert_eq!(labels.nearest("가나다"), None);
        assert_eq!(labels.nearest(&"x".repeat(1 << 20)), None);
    }

    #[test]
    fn bad_lists_are_refused() {
        fn check(names: &[&str], negative: &str, part: &str) {
            let message = LabelSet::new(names.iter().copied(), negative).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        check(&[], "no_relation", "empty");
        check(&["a", ""], "a", "label 2 has an empty name");
        check(&["a", "b", "a"], "a", "`a` is listed twice");
        check(&["no_relation", "b"], "no_relatoin", "did you mean `no_relation`?");
    }
}
