//! Several models' predictions as one.

mod blend;
mod greedy;
mod rank;
mod terminal;

pub use blend::{Blend, MemberWeights, blend};
pub use greedy::{GreedyConfig, Selection, SelectionStep, select_members};
pub use terminal::render_selection;
