use std::path::PathBuf;

use clap::Args;
use relex_data::{Amount, Recipe};

use super::DataArguments;

#[derive(Debug, Args)]
pub(crate) struct AugmentArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// The split whose training rows are augmented.
    #[arg(long, value_name = "FILE")]
    pub(crate) split: PathBuf,
    /// Which of its folds is for validation, and left alone.
    #[arg(long, default_value_t = 0)]
    pub(crate) fold: usize,
    /// role-swap, entity-replacement[=type|type-and-role|type-role-and-label], entity-masking[=TEXT], punctuation-insertion,
    /// word-deletion[=SHARE] or word-swap[=SHARE]; may be repeated.
    #[arg(long, value_name = "NAME[=VALUE]", required_unless_present = "paraphrases")]
    pub(crate) recipe: Vec<Recipe>,
    /// Paraphrases of training rows: a .csv or .jsonl file with `parent` (a row's id) and `sentence`.
    #[arg(long, value_name = "FILE")]
    pub(crate) paraphrases: Option<PathBuf>,
    /// How many children: each-row=N by every recipe, labels filled up with at-least=N or factor=F, or one by every recipe but
    /// no label beyond at-most=N.
    #[arg(long, value_name = "RULE=NUMBER", default_value_t = Amount::default())]
    pub(crate) balance: Amount,
    /// Fill this label up to so many rows, whatever --balance says; may be repeated.
    #[arg(long, value_name = "LABEL=N")]
    pub(crate) per_label: Vec<String>,
    /// Augment rows of the negative label, too.
    #[arg(long)]
    pub(crate) negative: bool,
    /// Where every random stream begins.
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Where the rows go, as JSON Lines for data.augmented.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
