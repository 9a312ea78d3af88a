/// A loss that cannot be computed as configured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LossError {
    /// A number is outside its range.
    #[error("{name} = {value} is outside {range}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: f32,
        /// Where it must lie.
        range: &'static str,
    },
}
