//! A mask in place of an entity, so that only the words around it tell the relation.

use rand_chacha::ChaCha8Rng;

use super::chance::below;
use super::child::Made;
use super::draft::{Draft, EntityRole, Repairs};
use super::recipe::Mask;
use super::refusal::Refusal;
use crate::example::Example;
use crate::spec::DatasetSpec;

/// The ways to mask: one entity or both.
const WAYS: [&[EntityRole]; 3] = [
    &[EntityRole::Subject],
    &[EntityRole::Object],
    &[EntityRole::Subject, EntityRole::Object],
];

/// Child `number` (from 1) of a row: its way to mask is the `number`th in an order that `chance` draws. Nothing beyond the third.
///
/// `chance` must be the same for every number. Where the mask's end cannot be read, the particle behind it stays.
pub(super) fn mask_entities(
    parent: &Example,
    mask: &Mask,
    number: usize,
    spec: &DatasetSpec,
    chance: &mut ChaCha8Rng,
) -> Option<Result<Made, Refusal>> {
    let mut ways = WAYS.to_vec();
    for _ in 1..number {
        if ways.is_empty() {
            return None;
        }
        ways.swap_remove(below(chance, ways.len()));
    }
    if ways.is_empty() {
        return None;
    }
    Some(masked(parent, mask, ways[below(chance, ways.len())], spec))
}

fn masked(parent: &Example, mask: &Mask, roles: &[EntityRole], spec: &DatasetSpec) -> Result<Made, Refusal> {
    let mut draft = Draft::of(parent)?;
    let (mut repairs, mut mentions_left) = (Repairs::default(), 0);
    for role in roles {
        let entity = match role {
            EntityRole::Subject => &parent.subject,
            EntityRole::Object => &parent.object,
        };
        let text = match mask {
            Mask::TypeWord => spec.type_word(&entity.entity_type).ok_or(Refusal::NoTypeWord)?,
            Mask::Text(text) => text,
        };
        mentions_left += usize::from(draft.mentions(draft.entity(*role)));
        match draft.replace(*role, text) {
            Some(more) => repairs.add(more),
            None => draft.put(*role, text),
        }
    }
    draft.finish(parent, repairs, mentions_left).ok_or(Refusal::NoTypeWord)
}
