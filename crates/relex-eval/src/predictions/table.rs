//! The three columns of a predictions file, row by row, before anything is believed of them.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use relex_data::csv_record_line;

use crate::error::EvalError;

/// A predictions CSV that is open and has the three columns, in whatever order.
pub(crate) struct Table {
    path: PathBuf,
    reader: csv::Reader<Cursor<Vec<u8>>>,
    columns: Columns,
    header: StringRecord,
}

/// Positions of the three columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns {
    id: usize,
    label: usize,
    probabilities: usize,
}

/// One data row as text. Missing fields are `None`.
pub(crate) struct Row<'a> {
    /// 1-based data row.
    pub(crate) number: usize,
    /// 1-based line on which it starts.
    pub(crate) line: u64,
    /// How many fields the row has.
    pub(crate) width: usize,
    /// The fields in the order of [`Columns::NAMES`].
    pub(crate) fields: [Option<&'a str>; 3],
}

impl Columns {
    pub(crate) const NAMES: [&'static str; 3] = ["id", "pred_label", "probs"];

    fn find(path: &Path, header: &StringRecord) -> Result<Self, EvalError> {
        let position = |column: &'static str| {
            header
                .iter()
                .position(|name| name == column)
                .ok_or_else(|| EvalError::MissingColumn {
                    path: path.to_owned(),
                    column,
                    found: shorten(&header.iter().collect::<Vec<_>>().join(",")),
                })
        };
        Ok(Self {
            id: position("id")?,
            label: position("pred_label")?,
            probabilities: position("probs")?,
        })
    }
}

impl Table {
    pub(crate) fn open(path: &Path) -> Result<Self, EvalError> {
        let bytes = std::fs::read(path).map_err(|source| EvalError::Read {
            path: path.to_owned(),
            source,
        })?;
        // Rows of another width are reported here, with the row number, not by the CSV reader.
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(Cursor::new(bytes));
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => return Err(EvalError::csv(path, reader.get_ref().get_ref(), error)),
        };
        let columns = Columns::find(path, &header)?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            columns,
            header,
        })
    }

    pub(crate) fn header(&self) -> &StringRecord {
        &self.header
    }

    /// Calls `visit` with every data row, in order, and returns how many there were.
    pub(crate) fn for_each(
        mut self,
        mut visit: impl FnMut(&Row<'_>) -> Result<(), EvalError>,
    ) -> Result<usize, EvalError> {
        let mut record = StringRecord::new();
        let mut number = 0;
        loop {
            match self.reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(number),
                Err(error) => return Err(EvalError::csv(&self.path, self.bytes(), error)),
            }
            number += 1;
            let Columns {
                id,
                label,
                probabilities,
            } = self.columns;
            visit(&Row {
                number,
                line: record
                    .position()
                    .map_or(0, |position| csv_record_line(self.bytes(), position)),
                width: record.len(),
                fields: [id, label, probabilities].map(|column| record.get(column)),
            })?;
        }
    }

    /// The whole file.
    fn bytes(&self) -> &[u8] {
        self.reader.get_ref().get_ref()
    }
}

/// `text`, cut after 60 characters, in quotes.
pub(crate) fn shorten(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{:?}…", &text[..cut]),
        None => format!("{text:?}"),
    }
}
