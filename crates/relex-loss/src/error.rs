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
    /// A class's weight is not a positive number.
    #[error("weights[{class}] = {value} is not a positive number; leave out the rows of a class that is not to count")]
    Weight {
        /// The class, from 0.
        class: usize,
        /// Its weight.
        value: f32,
    },
    /// There are more or fewer weights than classes.
    #[error("weights has {weights} numbers for {classes} classes; give one for each label, in the labels' order")]
    WeightCount {
        /// Numbers given.
        weights: usize,
        /// Classes.
        classes: usize,
    },
    /// There is nothing to tell apart.
    #[error("{classes} classes; a loss needs at least 2")]
    TooFewClasses {
        /// Classes.
        classes: usize,
    },
    /// A loss that cannot do without rows of every class.
    #[error(
        "logit-adjustment: class {class} has no training rows, so the logarithm of its share is -infinity and its logit would never be trained; train on rows of every class, or choose another loss"
    )]
    EmptyClass {
        /// The class, from 0.
        class: usize,
    },
    /// LDAM's margins mean nothing on a linear layer's logits.
    #[error(
        "ldam measures its margins between cosines, but the logits are a linear layer's; use a cosine classifier, or kind = \"ldam-unnormalised\" to reproduce what happens without one"
    )]
    NotCosines,
}
