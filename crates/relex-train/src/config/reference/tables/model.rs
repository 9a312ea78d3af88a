//! What learns.

use super::super::{TableReference, key, optional};

pub(super) const MODEL: TableReference = TableReference {
    name: "model",
    about: "What learns.",
    keys: &[
        key(
            "encoder",
            "a folder",
            "The pre-trained encoder: `config.json`, weights, `tokenizer.json`. Must be set.",
        ),
        key(
            "markers",
            "`\"none\"`, `\"entity\"`, `\"ordered-entity\"`, `\"subject-object\"`, `\"typed-entity\"`, `\"entity-mask\"`, `\"punctuation\"`, `\"ordered-punctuation\"`, `\"typed-punctuation\"` or `\"tagged-punctuation\"`",
            "Markers around the entities.",
        ),
        key("head", "`\"cls\"` or `\"entity-start\"`", "The head on the encoder."),
        key("head_dropout", "a number in [0, 1)", "Dropout in the head."),
        optional(
            "cosine_scale",
            "a number above 0",
            "a linear layer",
            "Makes the head a cosine classifier, whose logits are this times the cosine between the features and each label's weights.",
        ),
        optional(
            "freeze_layers",
            "a whole number, at most the encoder's layers",
            "everything learns",
            "The embeddings and so many of the lowest layers never learn; 0 is the embeddings alone.",
        ),
        key(
            "max_tokens",
            "a whole number, at least 8",
            "Longest text in tokens; longer ones are cut to a window that holds both entities and the query.",
        ),
    ],
    kinds: &[],
};

pub(super) const QUERY: TableReference = TableReference {
    name: "model.query",
    about: "What is asked about the entities; without the table, nothing.",
    keys: &[
        optional(
            "template",
            "a text with `{subject}`, `{object}`, `{subject_type}` and `{object_type}` in it",
            "must be set",
            "The question.",
        ),
        optional(
            "place",
            "`\"before\"` or `\"second-segment\"`",
            "`\"before\"`",
            "Where it stands: before the sentence, or after it as a second segment.",
        ),
    ],
    kinds: &[],
};
