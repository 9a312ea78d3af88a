//! Probabilities that mean what they say, and decisions that suit the score.

mod cross_fit;
mod steps;
mod temperature;
mod terminal;
mod threshold;
mod tilt;
mod type_pair;

pub use cross_fit::{CalibrationConfig, CalibrationReport, StepFit, calibrate};
pub use steps::{CalibrationStep, FittedStep, apply_steps};
pub use temperature::{Temperature, fit_temperature};
pub use terminal::render_calibration;
pub use threshold::{NegativeThreshold, fit_negative_threshold};
pub use type_pair::{TypePairPriors, fit_type_pair_strength};
