//! The `relex` program as its users meet it: arguments in; files, messages and exit codes out.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

mod arms;
mod audit;
mod augment;
mod bad_configuration;
mod bad_data;
mod bad_encoder;
mod bad_rows;
mod bad_run;
mod bad_split;
mod batches;
mod bench;
mod calibration;
mod compare;
mod config;
mod convert;
mod dashboard;
mod devices;
mod ensemble;
mod export;
mod fetch;
mod flags;
mod foreign;
mod freeze;
mod heads;
mod hub;
mod hub_server;
mod interrupt;
mod losses;
mod made;
mod markers;
mod moved;
mod optimisers;
mod outputs;
mod pretrain;
mod report;
mod resume;
mod sentences_read;
mod series;
mod split;
mod workflow;
