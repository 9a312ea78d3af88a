//! Text for people: aligned tables, and numbers as they are read.

mod lines;
mod words;

pub(crate) use lines::{Align, Lines};
pub(crate) use words::{SHOWN, count, number, one_line, percent, some_ids, some_of, width};
