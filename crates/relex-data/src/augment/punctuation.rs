//! AEDA: punctuation marks between the words (Karimi, Rossi & Prati 2021, "AEDA: An Easier Data Augmentation Technique for Text
//! Classification").

use rand_chacha::ChaCha8Rng;

use super::chance::{below, choose};
use super::child::Made;
use super::refusal::Refusal;
use super::words::Words;
use crate::example::Example;

/// The paper's six marks.
pub(super) const MARKS: [&str; 6] = [".", ";", "?", ":", "!", ","];

/// From one mark to a third of the number of words, as in the paper, before words drawn at random; never inside an entity.
pub(super) fn insert_punctuation(parent: &Example, chance: &mut ChaCha8Rng) -> Result<Made, Refusal> {
    let mut words = Words::of(parent)?;
    let count = 1 + below(chance, (words.count() / 3).max(1));
    for gap in choose(chance, &words.free_gaps(), count) {
        words.insert(gap, MARKS[below(chance, MARKS.len())]);
    }
    words.finish().ok_or(Refusal::Overlapping)
}
