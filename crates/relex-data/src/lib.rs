//! Relation-extraction data sets: reading, auditing, frozen splits and entity markers.
//!
//! A row is a sentence with two marked entities, subject and object, and the relation between them. This crate is the
//! first part of the flow
//!
//! ```text
//! file ─read→ Example ─audit→ findings
//!                     └─split→ manifest ─partition→ train and validation rows ─mark→ text for an encoder
//! ```
//!
//! and everything after it (training, prediction, metrics, reports) takes what it makes. It knows no tensor library,
//! prints nothing, and reads neither environment nor clock; chance enters by explicit seeds alone ([`rng`]).
//!
//! - [`spec`]: a data set described by a `dataset.toml`, so that no data set needs code of its own.
//! - [`read`](mod@read): CSV, JSON, JSONL, SemEval and TACRED files into checked [`Example`]s; every mistake is refused with
//!   file, row, column and remedy, or left out or repaired and listed.
//! - [`write`](mod@write): examples as KLUE JSON, the competition's CSV or JSONL, and the description to read them back.
//! - [`audit`](mod@audit): what is in a data set, and what will mislead whoever trains on it.
//! - [`dedup`]: groups of duplicate rows in four tiers.
//! - [`conflict`]: what becomes of rows that contradict each other.
//! - [`split`](mod@split): splits that do not leak, label-balanced, frozen as a hashed [`Manifest`].
//! - [`augment`](mod@augment): new training rows from those of a split's training side.
//! - [`markup`]: entity markers and queries, with the offsets of everything that they move.
//! - [`files`] and [`text`]: files that appear whole or not at all, and text that people read.
//!
//! ```
//! use std::path::Path;
//! use relex_data::{ConflictPolicy, DatasetSpec, Markers, Role, SplitConfig, Strategy, Tier, audit, mark, split};
//!
//! # let folder = Path::new("tests/fixtures");
//! let spec = DatasetSpec::from_file(&folder.join("dataset.toml"))?;
//! let examples = spec.read(folder, Role::Train)?;
//! let findings = audit(&examples, &spec.labels);
//! assert!(findings.unique_sentences < findings.rows);
//!
//! let strategy = Strategy::GroupedHoldOut { valid_fraction: 0.25 };
//! let config = SplitConfig { strategy, seed: 42, tier: Tier::NearDuplicate, conflicts: ConflictPolicy::Keep };
//! let manifest = split(&examples, &spec.labels, &config)?.named(&spec.name);
//!
//! // Later, with the same file: refuse any other rows, settle conflicts as the split did, and take the two sides.
//! manifest.verify(&examples, &spec.labels)?;
//! let examples = manifest.resolve(examples, &spec.labels)?;
//! let rows = manifest.partition(&examples, 0)?;
//! let marked = mark(&examples[rows.train[0]], Markers::TypedPunctuation, &spec)?;
//! assert!(marked.text.contains("@ * "));
//! # Ok::<(), relex_data::DataError>(())
//! ```

pub mod audit;
pub mod augment;
pub mod conflict;
pub mod dedup;
pub mod error;
pub mod example;
pub mod files;
mod id_order;
pub mod labels;
pub mod markup;
pub mod read;
pub mod rng;
pub mod spec;
pub mod split;
mod terminal;
pub mod text;
pub mod write;

pub use audit::{Audit, audit, compare};
pub use augment::{
    Amount, AugmentConfig, Augmentation, AugmentedExample, Balance, InverseRelations, LabelSummary, Mask, NegativeRows,
    Paraphrase, Pool, Recipe, RecipeSummary, Refusal, Share, TrainingRows, augment, read_augmented, read_paraphrases,
    write_augmented,
};
pub use conflict::{ConflictCounts, ConflictPolicy, Outcome, Resolution, resolve_conflicts};
pub use dedup::{Groups, NEAR_DUPLICATE_JACCARD, Tier, duplicate_groups, fold_text};
pub use error::{DataError, Place};
pub use example::{Entity, Example, Span, data_hash};
pub use files::{is_stream, sha256_file, sha256_hex, write_atomically, write_atomically_with};
pub use labels::{LabelId, LabelSet};
pub use markup::{Edit, Marked, Markers, Query, QueryPlace, QueryTemplate, SpecialToken, mark, mark_with_query};
pub use read::{
    BadRow, FaultCount, FaultKind, OnBadRow, ReadReport, RowFault, csv_reason, csv_record_line, parse_examples,
    parse_examples_with, read_examples, read_examples_with, read_unlabelled,
};
pub use spec::{DatasetSpec, EntityNames, FieldNames, FileSpec, Format, Offsets, Role, parse_label_list};
pub use split::{
    Comparability, LabelShare, Manifest, ManifestRow, Overlap, Part, PartSummary, Partition, RowChange, SplitConfig,
    SplitDiff, SplitSummary, Strategy, split, subset,
};
pub use write::{WrittenForm, write_examples};

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
