//! How weights move.

use super::super::{Kind, TableReference, key, optional};

pub(super) const OPTIMIZER: TableReference = TableReference {
    name: "optimizer",
    about: "How weights move; see [Optimisers](training.md#optimisers).",
    keys: &[
        key(
            "learning_rate",
            "a number above 0",
            "The rate that the schedule scales.",
        ),
        optional(
            "head_learning_rate",
            "a number above 0",
            "`learning_rate`",
            "The head's rate instead, under the same schedule.",
        ),
        key(
            "layer_decay",
            "a number in (0, 1]",
            "What the rate is multiplied by from each layer to the one below it; the embeddings count as the layer below the lowest.",
        ),
        key(
            "weight_decay",
            "a number, at least 0",
            "Times the rate, this share of a weight goes in every step; biases and norms do not decay.",
        ),
        key(
            "max_gradient_norm",
            "a number, at least 0",
            "All gradients together are scaled down to this norm; 0 turns that off.",
        ),
    ],
    kinds: &[
        Kind {
            name: "adamw",
            about: "Adam with decoupled weight decay (Loshchilov & Hutter 2019).",
            keys: &[
                key("beta_1", "a number in [0, 1)", "Decay of the gradients' running mean."),
                key("beta_2", "a number in [0, 1)", "Decay of their squares' running mean."),
                key("epsilon", "a number above 0", "Added to the root of the latter."),
            ],
        },
        Kind {
            name: "adafactor",
            about: "Of the squares' running mean only rows' and columns' means are kept (Shazeer & Stern 2018).",
            keys: &[
                key(
                    "step",
                    "`\"fixed\"`, `\"relative\"` or `\"relative-warmup\"`",
                    "The rate of step t: `learning_rate` and the schedule, min(0.01, 1/√t), or min(0.000001 t, 1/√t). The latter two want `schedule.kind = \"constant\"` and do without `learning_rate`.",
                ),
                key(
                    "scale_by_parameter",
                    "`true` or `false`",
                    "Multiplies the rate of each tensor by the root mean square of its weights.",
                ),
                optional(
                    "beta_1",
                    "a number in [0, 1)",
                    "no mean",
                    "Decay of the updates' running mean, which costs as much memory as the weights.",
                ),
                key(
                    "decay_exponent",
                    "a number above 0",
                    "The squares' running means decay by 1 - t^-this in a tensor's update t.",
                ),
                key(
                    "clip_threshold",
                    "a number above 0",
                    "Updates whose root mean square is larger are scaled down to this.",
                ),
                key("epsilon", "a number above 0", "Added to the squares."),
                key(
                    "smallest_scale",
                    "a number above 0",
                    "The least that `scale_by_parameter` multiplies by.",
                ),
            ],
        },
        Kind {
            name: "lion",
            about: "Steps of one size in the direction of a running mean's signs (Chen et al. 2023).",
            keys: &[
                key(
                    "beta_1",
                    "a number in [0, 1)",
                    "Share of the running mean in the update's direction.",
                ),
                key("beta_2", "a number in [0, 1)", "Decay of the gradients' running mean."),
            ],
        },
    ],
};
