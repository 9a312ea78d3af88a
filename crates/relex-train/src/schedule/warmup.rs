use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How long the learning rate goes up before the schedule proper: in a configuration a whole number of steps (`500`), or with a
/// decimal point a share of all (`0.1`).
///
/// ```
/// use relex_train::Warmup;
/// assert_eq!(Warmup::Share(0.1).steps(2000), 200);
/// assert_eq!(Warmup::Steps(500).steps(2000), 500);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Warmup {
    /// So many steps.
    Steps(usize),
    /// This share of all steps, in `[0, 1]`, rounded down.
    Share(f64),
}

impl Warmup {
    /// The number of steps out of `total`.
    pub fn steps(self, total: usize) -> usize {
        match self {
            Self::Steps(steps) => steps,
            // A share such as 5/37 is a little less than it was meant to be.
            Self::Share(share) => (share * total as f64 + 1e-9) as usize,
        }
    }
}

impl Default for Warmup {
    fn default() -> Self {
        Self::Share(0.1)
    }
}

impl Serialize for Warmup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Steps(steps) => serializer.serialize_u64(steps as u64),
            Self::Share(share) => serializer.serialize_f64(share),
        }
    }
}

impl<'de> Deserialize<'de> for Warmup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StepsOrShare)
    }
}

struct StepsOrShare;

impl de::Visitor<'_> for StepsOrShare {
    type Value = Warmup;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number of steps such as 500, or a share of all steps such as 0.1")
    }

    fn visit_u64<E: de::Error>(self, steps: u64) -> Result<Warmup, E> {
        Ok(Warmup::Steps(steps as usize))
    }

    fn visit_i64<E: de::Error>(self, steps: i64) -> Result<Warmup, E> {
        let steps = usize::try_from(steps).map_err(|_| E::invalid_value(de::Unexpected::Signed(steps), &self))?;
        Ok(Warmup::Steps(steps))
    }

    fn visit_f64<E: de::Error>(self, share: f64) -> Result<Warmup, E> {
        Ok(Warmup::Share(share))
    }
}
