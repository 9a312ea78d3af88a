//! Augmentation, from the outside.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

mod family;
mod file;
mod generated;
mod klue_re;
mod laws;
mod recipes;
mod replacement;
