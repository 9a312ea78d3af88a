//! What is minimised.

use super::super::{Key, Kind, TableReference, key};

pub(super) const LOSS: TableReference = TableReference {
    name: "loss",
    about: "What is minimised; see [Losses](training.md#losses).",
    keys: &[],
    kinds: &[
        Kind {
            name: "cross-entropy",
            about: "Minus the logarithm of the label's probability.",
            keys: &[
                key(
                    "label_smoothing",
                    "a number in [0, 1)",
                    "ε, the share of the target that other labels get.",
                ),
                key(
                    "smooth_over",
                    "`\"all-classes\"` or `\"other-classes\"`",
                    "Which labels get a share of ε.",
                ),
                WEIGHTS,
            ],
        },
        Kind {
            name: "focal",
            about: "Cross entropy in which rows that are already right count less (Lin et al. 2017).",
            keys: &[
                GAMMA,
                key("alpha", "a number above 0", "What every weight is multiplied by."),
                WEIGHTS,
            ],
        },
        Kind {
            name: "ldam",
            about: "Cross entropy with wider margins for rarer labels (Cao et al. 2019); needs `model.cosine_scale`.",
            keys: &[
                MAX_MARGIN,
                key(
                    "reweight_from",
                    "a number in [0, 1]",
                    "Share of all steps after which the weights come in.",
                ),
                WEIGHTS,
            ],
        },
        Kind {
            name: "logit-adjustment",
            about: "Cross entropy of logits shifted by the labels' frequencies (Menon et al. 2021).",
            keys: &[key("tau", "a number, at least 0", "How much of the shift is taken.")],
        },
        Kind {
            name: "r-drop",
            about: "Cross entropy of two passes that are to agree (Liang et al. 2021).",
            keys: &[
                key("alpha", "a number, at least 0", "How much their disagreement counts."),
                key(
                    "label_smoothing",
                    "a number in [0, 1)",
                    "ε of label smoothing over all labels.",
                ),
            ],
        },
        Kind {
            name: "focal-batch-mean",
            about: "A published mistake, reproduced: one focal factor for the whole batch.",
            keys: &[GAMMA, WEIGHTS],
        },
        Kind {
            name: "ldam-unnormalised",
            about: "A published mistake, reproduced: `ldam` on the logits of a linear layer.",
            keys: &[
                MAX_MARGIN,
                key(
                    "scale",
                    "a number above 0",
                    "What logits and margins are multiplied by.",
                ),
                WEIGHTS,
            ],
        },
    ],
};

const WEIGHTS: Key = key(
    "weights",
    "`\"none\"`, `\"inverse-frequency\"`, `\"effective-number\"`, `{ effective-number = β }` or a list",
    "How much a row counts by its label.",
);

const GAMMA: Key = key(
    "gamma",
    "a number, at least 0",
    "γ, how much less; 0 makes it cross entropy.",
);

const MAX_MARGIN: Key = key("max_margin", "a number in [0, 1]", "Margin of the rarest label.");
