//! What can go wrong, with the place and the remedy in every message.

use std::path::PathBuf;

use relex_data::{csv_reason, csv_record_line};

/// Every way in which reading, checking or scoring predictions can fail.
///
/// Rows are 1-based data rows (the header is not counted) where a file is named, and 0-based
/// indices where a slice is; messages say which.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The file could not be opened or read.
    #[error("cannot read {}: {source}; check the path and its permissions", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
    /// The file could not be written; what stood there before is unchanged.
    #[error("cannot write {}: {source}; check that the folder may be written to and has space", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
    /// The file is not well-formed CSV in UTF-8.
    #[error("{}: line {line}: not readable as CSV: {}; save the file as comma-separated UTF-8 with three fields a row", path.display(), csv_reason(source))]
    Csv {
        /// The file.
        path: PathBuf,
        /// 1-based line, 0 where the reader does not know it.
        line: u64,
        /// The CSV reader's reason.
        #[source]
        source: csv::Error,
    },
    /// The file is not the JSON that it should be.
    #[error("{}: not readable as {expected}: {source}; write the file again with this version", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What the file should hold.
        expected: &'static str,
        /// The JSON reader's reason.
        #[source]
        source: serde_json::Error,
    },
    /// The file was written in a format that this version does not know.
    #[error("{}: format version {found}, but this version reads {supported}; read it with the version that wrote it, or write it again", path.display())]
    FormatVersion {
        /// The file.
        path: PathBuf,
        /// The version that the file names.
        found: u32,
        /// The version that is read.
        supported: u32,
    },
    /// A column that predictions need is not in the header.
    #[error("{}: line 1: column \"{column}\" is missing (found: {found}); the header must be id,pred_label,probs", path.display())]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// The columns that are there, joined by commas.
        found: String,
    },
    /// The file has a header at most.
    #[error("{}: no data rows; the file must hold one row for every example", path.display())]
    NoDataRows {
        /// The file.
        path: PathBuf,
    },
    /// One field of one row cannot be used.
    #[error("{}: row {row} (line {line}), column \"{column}\": {problem}, found {found}; {remedy}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// 1-based data row.
        row: usize,
        /// 1-based line on which the row starts.
        line: u64,
        /// The column.
        column: &'static str,
        /// What is wrong.
        problem: String,
        /// The offending value, shortened where it is long.
        found: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// Two rows have the same id.
    #[error("{}: row {row}, column \"id\": id {id} is already in row {first_row}; every example may have one row", path.display())]
    RepeatedId {
        /// The file.
        path: PathBuf,
        /// 1-based data row of the second use.
        row: usize,
        /// 1-based data row of the first use.
        first_row: usize,
        /// The id.
        id: String,
    },
    /// Probabilities cannot be read without knowing which label each belongs to.
    #[error("{}: the label order is not known: there is no {} beside it; name the order with --labels", path.display(), meta_path.display())]
    LabelOrderUnknown {
        /// The predictions file.
        path: PathBuf,
        /// Where its description was looked for.
        meta_path: PathBuf,
    },
    /// The given label order is not the one that the file was written in.
    #[error("{}: label {position} is \"{found}\", but the label order that was given has \"{given}\" there; leave the order out, or give the file's own", meta_path.display())]
    LabelOrderConflict {
        /// The description of the predictions.
        meta_path: PathBuf,
        /// 0-based position of the first difference.
        position: usize,
        /// The label there in the given order, empty past its end.
        given: String,
        /// The label there in the file's order, empty past its end.
        found: String,
    },
    /// A predictions file and the description beside it contradict each other.
    #[error("{}: {field} is {found}, but the predictions have {expected}; write both files again together", meta_path.display())]
    MetaMismatch {
        /// The description of the predictions.
        meta_path: PathBuf,
        /// What differs.
        field: &'static str,
        /// What the predictions have.
        expected: String,
        /// What the description says.
        found: String,
    },
    /// A label order names the same label twice.
    #[error("label \"{label}\" stands at {first} and at {second} of the label order; every label may stand there once")]
    RepeatedLabel {
        /// The label.
        label: String,
        /// 0-based position of its first use.
        first: usize,
        /// 0-based position of its second use.
        second: usize,
    },
    /// Two slices that must describe the same rows do not have the same length.
    #[error("{what} has {found} values, but {expected} are needed; pass slices that describe the same rows")]
    Length {
        /// The slice.
        what: &'static str,
        /// The length that fits the others.
        expected: usize,
        /// Its length.
        found: usize,
    },
    /// There is nothing to score.
    #[error("there are no rows to score; pass at least one")]
    NoRows,
    /// A label index is outside the label order.
    #[error("{what} of row index {row} is {value}, but there are {classes} classes; use indices below that")]
    LabelIndex {
        /// Which slice holds it.
        what: &'static str,
        /// 0-based row index.
        row: usize,
        /// The index found.
        value: usize,
        /// How many classes there are.
        classes: usize,
    },
    /// A score or probability is NaN or infinite, so that rows cannot be ranked by it.
    #[error(
        "the probability of row index {row}, class {class} is {value}; pass finite numbers (has the model diverged?)"
    )]
    NotFinite {
        /// 0-based row index.
        row: usize,
        /// 0-based class.
        class: usize,
        /// The value.
        value: f64,
    },
    /// Two runs did not predict the same rows.
    #[error(
        "{first} and {second} predict other rows: only in {first}: {only_first}, only in {second}: {only_second}; give predictions for the same rows"
    )]
    RowsDiffer {
        /// The first run.
        first: String,
        /// The other run.
        second: String,
        /// How many ids only the first has, and some of them.
        only_first: String,
        /// How many ids only the other has, and some of them.
        only_second: String,
    },
    /// Two runs were scored against different gold labels.
    #[error("{first} and {second} have other gold labels: {rows}; score both on the same data")]
    GoldDiffers {
        /// The first run.
        first: String,
        /// The other run.
        second: String,
        /// How many rows differ, and how some of them do.
        rows: String,
    },
    /// Two runs were predicted with other sets of labels.
    #[error(
        "{first} and {second} know other labels: only in {first}: {only_first}, only in {second}: {only_second}; give predictions for the same labels"
    )]
    LabelsDiffer {
        /// The first run.
        first: String,
        /// The other run.
        second: String,
        /// How many labels only the first has, and some of them.
        only_first: String,
        /// How many labels only the other has, and some of them.
        only_second: String,
    },
    /// Two runs' probabilities are in different label orders.
    #[error("{first} and {second} have other label orders: label {position} is {} in {first} and {} in {second}; write both in one order", quoted(in_first.as_deref()), quoted(in_second.as_deref()))]
    LabelOrderDiffers {
        /// The first run.
        first: String,
        /// The other run.
        second: String,
        /// 0-based position of the first difference.
        position: usize,
        /// The label there in the first run's order.
        in_first: Option<String>,
        /// The label there in the other run's order.
        in_second: Option<String>,
    },
    /// A report was given scores that are not those of the predictions beside them.
    #[error("the scores of {name} are not those of its predictions; evaluate the predictions again")]
    OtherScores {
        /// The system.
        name: String,
    },
    /// A row of probabilities is no distribution over the labels.
    #[error("the values of row index {row} are not probabilities: {}; divide scores by their sum, or take the softmax of logits, first", describe_row(*sum, *outside))]
    NotADistribution {
        /// 0-based row index.
        row: usize,
        /// The sum of the row.
        sum: f64,
        /// A value outside 0 to 1, if there is one.
        outside: Option<f64>,
    },
    /// The values of a file are not what they are said to be.
    #[error("{}: its values look like {found}; {remedy}", path.display())]
    UnexpectedValues {
        /// The file.
        path: PathBuf,
        /// What they were recognised as.
        found: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A file holds no label order.
    #[error("{}: not a label order: {problem}; give a JSON list of labels, or one label a line", path.display())]
    LabelFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Two runs describe themselves as made from different data.
    #[error(
        "{first} and {second} were made for other data, though the rows have the same ids; predict both again from the same file"
    )]
    DataDiffers {
        /// The first run.
        first: String,
        /// The other run.
        second: String,
    },
    /// Something may be learnt only from rows that the model did not learn from, and these are none,
    /// or are not known to be.
    #[error("{}: not known to be out of fold: {reason}; give predictions for rows that the model did not learn from, such as a run's validation rows", path.display())]
    NotOutOfFold {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A file holds no shares of labels.
    #[error("{}: no shares of labels: {problem}; give a JSON object such as {{\"no_relation\": 0.6}}", path.display())]
    PriorFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A correction for label shift rests on assumptions that do not hold here.
    #[error("the label shift cannot be corrected for: {}", reasons.join("; "))]
    ShiftRefused {
        /// Which of them, in words.
        reasons: Vec<String>,
    },
    /// A setting is outside the values that it may have.
    #[error("{name} is {value}; it must be {allowed}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
        /// The values that are allowed.
        allowed: &'static str,
    },
}

impl EvalError {
    /// What is wrong with the file at `path`, which holds `bytes`.
    pub(crate) fn csv(path: &std::path::Path, bytes: &[u8], source: csv::Error) -> Self {
        let line = source.position().map_or(0, |position| csv_record_line(bytes, position));
        Self::Csv {
            path: path.to_owned(),
            line,
            source,
        }
    }
}

/// A label in quotes, or the word for none.
fn quoted(label: Option<&str>) -> String {
    label.map_or_else(|| "missing".to_owned(), |label| format!("{label:?}"))
}

fn describe_row(sum: f64, outside: Option<f64>) -> String {
    outside.map_or_else(|| format!("it sums to {sum}"), |value| format!("it holds {value}"))
}
