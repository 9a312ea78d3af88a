/// Whether a forward pass trains (and drops out) or infers.
#[derive(Debug)]
pub enum Pass<'a> {
    /// No dropout.
    Inference,
    /// Dropout at every site, each with a key of its own.
    Training(&'a mut DropoutKeys),
}

impl Pass<'_> {
    /// The mask for the next dropout site, or none when nothing is to be dropped.
    pub fn mask(&mut self, probability: f32) -> Option<DropoutMask> {
        match self {
            Self::Training(keys) if probability > 0.0 => Some(DropoutMask {
                probability,
                key: keys.next_key(),
            }),
            _ => None,
        }
    }

    /// What draws the masks again that this pass draws from here on.
    pub(super) fn replay(&self) -> Replay {
        Replay(match self {
            Self::Inference => None,
            Self::Training(keys) => Some((**keys).clone()),
        })
    }
}

/// A pass from one of its places on; see [`Pass::replay`].
#[derive(Debug, Clone)]
pub(super) struct Replay(Option<DropoutKeys>);

impl Replay {
    /// Runs `work` from that place on.
    pub(super) fn run<T>(&self, work: impl FnOnce(&mut Pass<'_>) -> T) -> T {
        match self.0.clone() {
            None => work(&mut Pass::Inference),
            Some(mut keys) => work(&mut Pass::Training(&mut keys)),
        }
    }
}

/// Hands out one key per dropout site of a step, so that a step's masks depend on its seed alone,
/// not on what ran before it.
#[derive(Debug, Clone)]
pub struct DropoutKeys {
    state: u64,
}

impl DropoutKeys {
    /// The keys of one training step.
    pub fn new(seed: u64, step: u64) -> Self {
        Self {
            state: mix(seed ^ mix(step)),
        }
    }

    /// The keys of a portion of the step's rows that is not the first, which takes the step's own. They hang on its place and
    /// not on what other portions draw, so that portions may be computed at once.
    #[must_use]
    pub fn of_portion(&self, portion: usize) -> Self {
        Self {
            state: mix(self.state ^ mix(portion as u64)),
        }
    }

    fn next_key(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }
}

/// One site's mask: which elements fall is a hash of the key and the element's index, so the mask
/// needs no memory and no order, and is the same whatever the number of threads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DropoutMask {
    /// Probability that an element is dropped, in `[0, 1)`.
    pub probability: f32,
    /// The site's key.
    pub key: u64,
}

impl DropoutMask {
    /// What the kept elements are multiplied by.
    pub fn scale(self) -> f32 {
        1.0 / (1.0 - self.probability)
    }

    /// The factor for the element at `index`: 0, or [`Self::scale`].
    #[inline(always)]
    pub fn factor(self, index: usize) -> f32 {
        let [low, high] = self.halves();
        factor(index as u32, low, high, self.threshold(), self.scale())
    }

    #[inline(always)]
    pub(super) fn threshold(self) -> u32 {
        (f64::from(self.probability) * 4_294_967_296.0) as u32
    }

    #[inline(always)]
    pub(super) fn halves(self) -> [u32; 2] {
        [self.key as u32, (self.key >> 32) as u32]
    }
}

/// Two multiply-xorshift rounds (Wellons' "lowbias32"), keyed before each; 32-bit so that it runs
/// in vector registers.
#[inline(always)]
pub(super) fn factor(index: u32, low: u32, high: u32, threshold: u32, scale: f32) -> f32 {
    let mut x = index ^ low;
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= (x >> 15) ^ high;
    x = x.wrapping_mul(0x846c_a68b);
    x ^= x >> 16;
    if x >= threshold { scale } else { 0.0 }
}

/// SplitMix64's finaliser (Steele, Lea & Flood 2014).
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mask_drops_the_wanted_share_and_keeps_the_mean() {
        for probability in [0.1f32, 0.5, 0.9] {
            let mask = DropoutMask {
                probability,
                key: 0xfeed_beef_0123,
            };
            let n = 200_000;
            let dropped = (0..n).filter(|&i| mask.factor(i) == 0.0).count() as f64;
            let share = dropped / n as f64;
            // four standard deviations of a binomial share
            let tolerance = 4.0 * (0.25f64 / n as f64).sqrt();
            assert!((share - f64::from(probability)).abs() < tolerance, "{share}");
        }
    }

    #[test]
    fn sites_and_steps_have_masks_of_their_own() {
        let mut first = DropoutKeys::new(1, 0);
        let mut again = DropoutKeys::new(1, 0);
        let mut next_step = DropoutKeys::new(1, 1);
        let keys: Vec<u64> = (0..4).map(|_| first.next_key()).collect();
        assert!((0..4).all(|i| again.next_key() == keys[i]));
        assert!(!keys.contains(&next_step.next_key()));
        let masks: Vec<Vec<bool>> = keys
            .iter()
            .map(|&key| {
                let mask = DropoutMask { probability: 0.5, key };
                (0..4096).map(|i| mask.factor(i) == 0.0).collect()
            })
            .collect();
        for pair in masks.windows(2) {
            let equal = pair[0].iter().zip(&pair[1]).filter(|(a, b)| a == b).count();
            // independent fair bits agree half the time: 2048 ± 4 · 32
            assert!((1920..2176).contains(&equal), "{equal}");
        }
    }
}
