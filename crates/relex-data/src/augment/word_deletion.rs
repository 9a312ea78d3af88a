//! EDA's random deletion (Wei & Zou 2019, "EDA: Easy Data Augmentation Techniques for Boosting Performance on Text
//! Classification Tasks"), outside the entities.

use rand_chacha::ChaCha8Rng;

use super::chance::{below, happens};
use super::child::Made;
use super::recipe::Share;
use super::refusal::Refusal;
use super::words::Words;
use crate::example::Example;

/// Takes out each free word with the probability `share`; where chance spares them all, one of them, so that there is a child.
pub(super) fn delete_words(parent: &Example, share: Share, chance: &mut ChaCha8Rng) -> Result<Made, Refusal> {
    let mut words = Words::of(parent)?;
    let free = words.free_words();
    if free.is_empty() {
        return Err(Refusal::TooFewWords);
    }
    let mut out: Vec<usize> = free.iter().copied().filter(|_| happens(chance, share.get())).collect();
    if out.is_empty() {
        out.push(free[below(chance, free.len())]);
    }
    words.remove(&out);
    words.finish().ok_or(Refusal::Overlapping)
}
