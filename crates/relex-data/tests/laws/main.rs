//! What every split must satisfy, on generated data.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

mod bounds;
mod data;
mod manifests;
mod splits;
