//! When the labels of the rows to be predicted are mixed otherwise than those learnt from.
//!
//! Label shift means that the shares of labels change and the rows of each label stay of the same kind:
//! `p(x | y)` holds, `p(y)` does not. Whether that is so is looked at first ([`diagnose_shift`]); only then are
//! shares estimated ([`estimate_prior_em`], [`estimate_prior_bbse`]) and corrected for ([`reweight`]).

mod bbse;
mod checks;
mod diagnose;
mod em;
mod fit_test;
mod linear;
mod prior;
mod problem;
mod refusal;
mod reweight;
mod target_mix;
mod terminal;

pub use bbse::{BbseEstimate, estimate_prior_bbse};
pub use checks::{CheckOutcome, ShiftChecks};
pub use diagnose::{PriorEstimate, PriorMethod, SelfTest, ShiftInput, ShiftReport, diagnose_shift};
pub use em::{EmEstimate, estimate_prior_em};
pub use fit_test::DistributionTest;
pub use prior::Prior;
pub use problem::PriorScope;
pub use refusal::{ShiftLimits, ShiftRefusal};
pub use reweight::reweight;
pub(crate) use target_mix::mix_weights;
pub use target_mix::{TargetMix, TargetPrior, target_mix};
pub use terminal::render_shift;
pub(crate) use terminal::render_target_mix;
