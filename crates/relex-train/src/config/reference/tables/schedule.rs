//! How the learning rate moves.

use super::super::{Key, Kind, TableReference, key, optional};

pub(super) const SCHEDULE: TableReference = TableReference {
    name: "schedule",
    about: "How the learning rate moves; see [Schedules](training.md#schedules).",
    keys: &[],
    kinds: &[
        Kind {
            name: "constant",
            about: "Always the same.",
            keys: &[],
        },
        Kind {
            name: "constant-with-warmup",
            about: "The same after the warm-up.",
            keys: &[WARMUP],
        },
        Kind {
            name: "linear",
            about: "Straight down to 0 at the end.",
            keys: &[WARMUP],
        },
        Kind {
            name: "cosine",
            about: "Down to 0 along a cosine.",
            keys: &[
                WARMUP,
                key(
                    "cycles",
                    "a number above 0",
                    "Waves of the cosine; half of one ends at 0.",
                ),
            ],
        },
        Kind {
            name: "cosine-with-restarts",
            about: "Half a cosine, several times over.",
            keys: &[
                WARMUP,
                key("cycles", "a whole number, at least 1", "How often it comes down."),
            ],
        },
        Kind {
            name: "polynomial",
            about: "Down as a power of the steps that are left.",
            keys: &[
                WARMUP,
                key("power", "a number above 0", "The power; 1 is straight."),
                key(
                    "end",
                    "a number in [0, 1]",
                    "Share of the learning rate that is left at the end.",
                ),
            ],
        },
        Kind {
            name: "inverse-sqrt",
            about: "Down as one over the root of the steps.",
            keys: &[
                WARMUP,
                optional(
                    "timescale",
                    "a whole number, at least 1",
                    "the warm-up's steps, 10000 without one",
                    "Stretches the curve: after so many steps the root is of 2, after three times as many of 4.",
                ),
            ],
        },
    ],
};

const WARMUP: Key = key(
    "warmup",
    "a whole number of steps, or a share of all in [0.0, 1.0]",
    "How long the rate first goes up from 0, in a straight line.",
);
