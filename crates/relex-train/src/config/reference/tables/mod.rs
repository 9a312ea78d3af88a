//! The rows of the reference. A test compares them with what the parser takes.

mod loss;
mod model;
mod optimizer;
mod pretraining;
mod run;
mod schedule;
mod shared;

use super::TableReference;

/// In the order of the fields of `TrainConfig`.
pub(in super::super) const TABLES: &[TableReference] = &[
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

/// In the order of the fields of `PretrainingConfig`.
pub(in super::super) const PRETRAINING_TABLES: &[TableReference] = &[
    pretraining::OUTSIDE,
    pretraining::DATA,
    pretraining::MODEL,
    pretraining::MASKING,
    optimizer::OPTIMIZER,
    schedule::SCHEDULE,
    pretraining::TRAINING,
    run::CHECKPOINT,
];
