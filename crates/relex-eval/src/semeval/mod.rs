//! SemEval-2010 Task 8 (Hendrickx et al. 2010): its answer files, and its official scorer's whole report.
//!
//! The score alone, for predictions in this crate's own form, is [`semeval_f1`](crate::semeval_f1).

mod answers;
mod report;
mod tally;

pub use answers::SemevalAnswers;
pub use report::SemevalReport;
