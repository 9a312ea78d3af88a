use serde::{Deserialize, Serialize};

/// How much of the target's probability is given to other classes (Szegedy et al. 2016), and to
/// which. The default is none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LabelSmoothing {
    /// ε, in `[0, 1)`.
    pub epsilon: f32,
    /// Who gets it.
    pub over: SmoothOver,
}

/// The two conventions of label smoothing over `K` classes. They are one family: ε over the other
/// classes is `ε · K / (K - 1)` over all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmoothOver {
    /// `ε / K` on every class, the target included, which keeps `1 - ε + ε / K`: Szegedy et al.'s
    /// and PyTorch's `cross_entropy(label_smoothing=ε)`.
    #[default]
    AllClasses,
    /// `ε / (K - 1)` on every other class; the target keeps `1 - ε`. Common in hand-written losses.
    OtherClasses,
}

impl LabelSmoothing {
    /// ε over all classes that comes to the same.
    pub(crate) fn over_all(self, classes: usize) -> f32 {
        match self.over {
            SmoothOver::OtherClasses if self.epsilon != 0.0 => {
                self.epsilon * classes as f32 / classes.saturating_sub(1) as f32
            }
            _ => self.epsilon,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_keeps_what_its_convention_says() {
        let kept = |over| 1.0 - (LabelSmoothing { epsilon: 0.3, over }).over_all(4) * 3.0 / 4.0;
        approx::assert_relative_eq!(kept(SmoothOver::AllClasses), 1.0 - 0.3 + 0.3 / 4.0, max_relative = 1e-6);
        approx::assert_relative_eq!(kept(SmoothOver::OtherClasses), 1.0 - 0.3, max_relative = 1e-6);
    }
}
