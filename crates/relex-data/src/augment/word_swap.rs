//! EDA's random swap (Wei & Zou 2019, "EDA: Easy Data Augmentation Techniques for Boosting Performance on Text Classification
//! Tasks"), outside the entities.

use rand_chacha::ChaCha8Rng;

use super::chance::choose;
use super::child::Made;
use super::recipe::Share;
use super::refusal::Refusal;
use super::words::Words;
use crate::example::Example;

/// Lets two free words trade places, as often as `share` of the number of words says, and at least once.
pub(super) fn swap_words(parent: &Example, share: Share, chance: &mut ChaCha8Rng) -> Result<Made, Refusal> {
    let mut words = Words::of(parent)?;
    let free = words.free_words();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a number of words"
    )]
    let times = ((words.count() as f64 * share.get()) as usize).max(1);
    for _ in 0..times {
        let [left, right] = choose(chance, &free, 2)[..] else {
            return Err(Refusal::TooFewWords);
        };
        words.exchange(left, right);
    }
    words.finish().ok_or(Refusal::Overlapping)
}
