//! Rows whose label is likely wrong: confident learning (Northcutt, Jiang & Chuang 2021).

mod joint;
mod ranking;
mod terminal;

pub use joint::{ConfidentJoint, confident_joint};
pub use ranking::{NoiseRanking, Suspect, find_label_errors};
pub use terminal::{SuspectColumn, render_suspects, write_suspects};
pub(crate) use terminal::{suspect_pairs, uninformed};
