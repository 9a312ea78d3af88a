//! Sentences that hold the text of a marker.

use std::collections::BTreeSet;

use super::kind::{Markers, Side};
use crate::example::Example;

/// Texts that read like a marker of any kind; a sentence that holds one can confuse a model trained with that kind.
pub(crate) struct Lookalikes {
    texts: BTreeSet<String>,
    beginnings: Vec<char>,
}

impl Lookalikes {
    /// Those of markers around the entities of these examples: special tokens, and symbols as they open an entity.
    pub(crate) fn among(examples: &[Example]) -> Self {
        let entities = examples.iter().flat_map(|example| [&example.subject, &example.object]);
        let types: BTreeSet<&str> = entities.map(|entity| entity.entity_type.as_str()).collect();
        let mut texts = BTreeSet::new();
        for markers in Markers::ALL {
            for side in Side::BOTH {
                texts.extend(markers.symbol(side).map(|symbol| format!("{symbol} ")));
                for name in types.iter().filter_map(|name| markers.token_name(side, name)) {
                    texts.extend([format!("[{name}]"), format!("[/{name}]")]);
                }
            }
        }
        let beginnings: BTreeSet<char> = texts.iter().filter_map(|text| text.chars().next()).collect();
        Self {
            texts,
            beginnings: beginnings.into_iter().collect(),
        }
    }

    /// Whether the sentence holds one.
    pub(crate) fn are_in(&self, sentence: &str) -> bool {
        let candidates = sentence.match_indices(self.beginnings.as_slice());
        candidates
            .map(|(at, _)| &sentence[at..])
            .any(|rest| self.texts.iter().any(|text| rest.starts_with(text.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{Entity, Span};

    #[test]
    fn lookalikes_are_the_markers_themselves() {
        let entity = |entity_type: &str| Entity {
            span: Span::new(0, 1).unwrap(),
            entity_type: entity_type.to_owned(),
        };
        let example = Example {
            id: "0".to_owned(),
            sentence: "가".to_owned(),
            subject: entity("PER"),
            object: entity("Job Title"),
            label: None,
            source: None,
        };
        let lookalikes = Lookalikes::among(&[example]);
        for text in [
            "a [E1] b",
            "[/OBJ]",
            "x[SUBJ-PER]",
            "[/OBJ-Job Title]",
            "@ *",
            "@ 한솔",
            "# 1",
            "$ 5",
        ] {
            assert!(lookalikes.are_in(text), "{text}");
        }
        for text in ["", "[e1]", "[E3]", "[SUBJ-ORG]", "a@b.kr", "#1", "$5", "[[한솔]]"] {
            assert!(!lookalikes.are_in(text), "{text}");
        }
    }
}
