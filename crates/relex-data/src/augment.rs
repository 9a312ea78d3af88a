//! New training rows from old ones, on the training side only.
//!
//! [`TrainingRows`] holds one fold's training side and is all that [`augment`](augment()) takes, so that no validation row is
//! augmented or lends anything to a child. A child stands in its parent's fold, for it names the parent, and its file names the
//! split: [`read_augmented`] refuses it with another.
//!
//! Every child is drawn from a [stream](crate::rng::stream) of its own, named after recipe, content of the parent and number. It
//! depends neither on the order of the rows nor on the other recipes. Where a label gets only so many children, which ones is
//! settled by hashes of the same four (the seed is one), so that no order of rows shows either.
//!
//! ```
//! # use std::path::Path;
//! # use relex_data::{ConflictPolicy, DatasetSpec, Role, SplitConfig, Strategy, Tier, split};
//! use relex_data::{AugmentConfig, TrainingRows, augment};
//!
//! # let folder = Path::new("tests/fixtures");
//! # let spec = DatasetSpec::from_file(&folder.join("dataset.toml"))?;
//! # let examples = spec.read(folder, Role::Train)?;
//! # let strategy = Strategy::GroupedHoldOut { valid_fraction: 0.25 };
//! # let config = SplitConfig { strategy, seed: 42, tier: Tier::NearDuplicate, conflicts: ConflictPolicy::Keep };
//! # let manifest = split(&examples, &spec.labels, &config)?;
//! let examples = manifest.resolve(examples, &spec.labels)?;
//! let rows = TrainingRows::of(&manifest, &examples, &spec, 0)?;
//! let config = AugmentConfig {
//!     recipes: vec!["entity-masking".parse()?, "word-deletion=0.2".parse()?],
//!     ..AugmentConfig::default()
//! };
//! let augmentation = augment(&rows, &config)?;
//! for child in &augmentation.children {
//!     assert!(rows.by_id(child.parent()).is_some());
//! }
//! println!("{}", augmentation.render_text());
//! # Ok::<(), relex_data::DataError>(())
//! ```

mod article;
mod attempt;
mod balance;
mod chance;
mod child;
mod collection;
mod draft;
mod file;
mod grow;
mod inverse;
mod korean;
mod masking;
mod paraphrase;
mod punctuation;
mod recipe;
mod refusal;
mod replacement;
mod role_swap;
mod rows;
mod summary;
mod word_deletion;
mod word_swap;
mod words;

pub use balance::{Amount, Balance, NegativeRows};
pub use child::AugmentedExample;
pub use file::{read_augmented, write_augmented};
pub use grow::{AugmentConfig, augment};
pub use inverse::InverseRelations;
pub use paraphrase::{Paraphrase, read_paraphrases};
pub use recipe::{Mask, Pool, Recipe, Share};
pub use refusal::Refusal;
pub use rows::TrainingRows;
pub use summary::{Augmentation, LabelSummary, RecipeSummary};
