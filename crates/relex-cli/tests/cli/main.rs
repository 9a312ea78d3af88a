//! The `relex` program as its users meet it: arguments in; files, messages and exit codes out.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

mod bad_configuration;
mod bad_data;
mod bad_encoder;
mod bad_run;
mod bad_split;
mod bench;
mod calibration;
mod ensemble;
mod fetch;
mod interrupt;
mod made;
mod workflow;
