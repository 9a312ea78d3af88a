//! The training loop from the outside: when it evaluates and ends, what portions of a batch come to, and that a run which is
//! broken off goes on as if it had not been.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

mod adversarial;
mod bench;
mod candidates;
mod checkpoints;
mod devices;
mod pace;
mod portions;
mod recomputed;
mod skipped;
