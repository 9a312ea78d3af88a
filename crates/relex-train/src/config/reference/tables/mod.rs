//! The rows of the reference. A test compares them with what the parser takes.

mod loss;
mod model;
mod optimizer;
mod run;
mod schedule;

use super::TableReference;

/// In the order of the fields of `TrainConfig`.
pub(super) const TABLES: &[TableReference] = &[
    run::OUTSIDE,
    run::DATA,
    model::MODEL,
    model::HEAD,
    model::QUERY,
    loss::LOSS,
    optimizer::OPTIMIZER,
    schedule::SCHEDULE,
    run::TRAINING,
    run::ADVERSARIAL,
    run::AVERAGING,
    run::CHECKPOINT,
];
