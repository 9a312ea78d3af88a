//! Text for people: aligned tables, and numbers as they are read.

mod lines;
mod words;

pub(crate) use crate::text::{display_width as width, grouped_digits as number};
pub(crate) use lines::{Align, Lines};
pub(crate) use words::{SHOWN, count, one_line, percent, some_ids, some_of};
