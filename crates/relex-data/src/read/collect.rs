//! Rows in batches → examples and the account of the bad ones.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use rayon::prelude::*;

use super::report::{BadRow, OnBadRow, ReadReport, RowFault, RowPlace};
use super::{Checked, FaultKind};
use crate::error::{DataError, clip};
use crate::example::Example;

/// Rows that are worked on at once: enough to keep every core busy, few enough that a mistake ends the reading soon.
pub(super) const BATCH: usize = 8192;

/// Below this many rows, waking other threads takes longer than the rows do.
const WORTH_THREADS: usize = 64;

/// Gathers what the rows of one file become, in order.
pub(super) struct Collector {
    on_bad_row: OnBadRow,
    examples: Vec<Example>,
    /// Row and line of each example.
    places: Vec<(usize, Option<u64>)>,
    report: ReadReport,
}

impl Collector {
    pub(super) fn new(path: &Path, on_bad_row: OnBadRow) -> Self {
        Self {
            on_bad_row,
            examples: Vec::new(),
            places: Vec::new(),
            report: ReadReport::new(path),
        }
    }

    /// How many rows came before.
    pub(super) fn rows(&self) -> usize {
        self.report.rows
    }

    /// Reads a batch of rows in parallel. Where bad rows are errors, the first of the file is the one.
    pub(super) fn batch<'a, R: Sync>(
        &mut self,
        rows: &[R],
        place: impl Fn(usize, &R) -> RowPlace<'a> + Sync,
        read: impl Fn(&R, RowPlace<'a>) -> Result<Checked, RowFault> + Sync,
    ) -> Result<(), DataError> {
        let before = self.rows();
        let located = |index: usize| place(before + index + 1, &rows[index]);
        let outcome = |index: usize| read(&rows[index], located(index));
        let outcomes: Vec<Result<Checked, RowFault>> = if rows.len() < WORTH_THREADS {
            (0..rows.len()).map(outcome).collect()
        } else {
            (0..rows.len()).into_par_iter().map(outcome).collect()
        };
        for (index, outcome) in outcomes.into_iter().enumerate() {
            self.report.rows += 1;
            match outcome {
                Ok(checked) => {
                    self.report.repaired += usize::from(!checked.repairs.is_empty());
                    for (fault, how) in checked.repairs {
                        self.note(fault, Some(how));
                    }
                    let place = located(index);
                    self.examples.push(checked.example);
                    self.places.push((place.row, place.line));
                }
                Err(fault) => self.refuse(fault)?,
            }
        }
        Ok(())
    }

    fn refuse(&mut self, fault: RowFault) -> Result<(), DataError> {
        if self.on_bad_row == OnBadRow::Fail {
            return Err(DataError::BadRow(Box::new(fault)));
        }
        self.report.refused += 1;
        self.note(fault, None);
        Ok(())
    }

    fn note(&mut self, fault: RowFault, repair: Option<String>) {
        let count = self.report.kinds.entry(fault.kind).or_default();
        match repair {
            Some(_) => count.repaired += 1,
            None => count.refused += 1,
        }
        self.report.bad_rows.push(BadRow { fault, repair });
    }

    /// Everything, once no two rows share an id; of those that do, the first is the good one.
    pub(super) fn finish(
        mut self,
        path: &Path,
        id_column: Option<&str>,
    ) -> Result<(Vec<Example>, ReadReport), DataError> {
        // Row numbers are never the same twice.
        if let Some(column) = id_column {
            self.refuse_repeated_ids(path, column)?;
        }
        if self.examples.is_empty() {
            let bad = self.report.bad_rows.into_iter().next();
            return Err(match bad {
                Some(bad) => DataError::NoGoodRow {
                    path: path.to_path_buf(),
                    rows: self.report.rows,
                    first: Box::new(bad.fault),
                },
                None => super::empty(path),
            });
        }
        self.report.bad_rows.sort_by_key(|bad| bad.fault.place.row);
        Ok((self.examples, self.report))
    }

    fn refuse_repeated_ids(&mut self, path: &Path, column: &str) -> Result<(), DataError> {
        let mut first_rows: HashMap<&str, usize> = HashMap::with_capacity(self.examples.len());
        let mut repeated = Vec::new();
        for (index, example) in self.examples.iter().enumerate() {
            let (row, line) = self.places[index];
            match first_rows.get(example.id.as_str()) {
                None => {
                    first_rows.insert(&example.id, row);
                }
                Some(first_row) => {
                    let place = RowPlace { file: path, row, line };
                    let found = format!("the id `{}` was already used by row {first_row}", clip(&example.id));
                    let remedy = "give every row its own";
                    repeated.push((index, place.fault(FaultKind::DuplicateId, Some(column), found, remedy)));
                }
            }
        }
        let repaired: HashSet<Option<usize>> = self.report.bad_rows.iter().map(|bad| bad.fault.place.row).collect();
        let mut dropped: Vec<usize> = Vec::with_capacity(repeated.len());
        for (index, fault) in repeated {
            // A row that is left out counts as that alone.
            self.report.repaired -= usize::from(repaired.contains(&fault.place.row));
            self.refuse(fault)?;
            dropped.push(index);
        }
        let mut dropped = dropped.into_iter().peekable();
        let mut index = 0;
        self.examples.retain(|_| {
            let stays = dropped.next_if_eq(&index).is_none();
            index += 1;
            stays
        });
        Ok(())
    }
}
