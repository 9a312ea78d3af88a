//! Other entities of the same type in place of a row's own.

use std::collections::HashMap;

use rand_chacha::ChaCha8Rng;

use super::chance::below;
use super::child::Made;
use super::draft::{Draft, EntityRole, Repairs};
use super::recipe::Pool;
use super::refusal::Refusal;
use super::rows::TrainingRows;
use crate::example::{Entity, Example};
use crate::labels::LabelId;

/// How many entities of the pool are tried before a row is refused.
const TRIES: usize = 20;

/// The entities of the training rows, each kind sorted and without repetition, so that no order of rows shows.
pub(super) struct Entities<'a> {
    pool: Pool,
    texts: HashMap<Kind<'a>, Vec<&'a str>>,
}

/// What replacing and replaced entity have in common.
#[derive(PartialEq, Eq, Hash)]
struct Kind<'a> {
    entity_type: &'a str,
    role: Option<EntityRole>,
    label: Option<LabelId>,
}

impl<'a> Entities<'a> {
    pub(super) fn of(rows: &TrainingRows<'a>, pool: Pool) -> Self {
        let mut texts: HashMap<Kind<'_>, Vec<&str>> = HashMap::new();
        for row in rows.rows() {
            for (role, entity, text) in [
                (EntityRole::Subject, &row.subject, row.subject_word()),
                (EntityRole::Object, &row.object, row.object_word()),
            ] {
                texts.entry(kind(pool, role, entity, row.label)).or_default().push(text);
            }
        }
        for list in texts.values_mut() {
            list.sort_unstable();
            list.dedup();
        }
        Self { pool, texts }
    }

    fn alternatives<'b>(&'b self, parent: &'b Example, role: EntityRole) -> &'b [&'b str] {
        let entity = match role {
            EntityRole::Subject => &parent.subject,
            EntityRole::Object => &parent.object,
        };
        let found = self.texts.get(&kind(self.pool, role, entity, parent.label));
        found.map_or(&[], Vec::as_slice)
    }
}

fn kind(pool: Pool, role: EntityRole, entity: &Entity, label: Option<LabelId>) -> Kind<'_> {
    Kind {
        entity_type: &entity.entity_type,
        role: (pool != Pool::Type).then_some(role),
        label: label.filter(|_| pool == Pool::TypeRoleAndLabel),
    }
}

/// Replaces the subject, the object or both, as chance has it; one of them where no other text fits for what it had.
///
/// A new text does not stand in the sentence yet, and its end tells the form of the particle behind it.
pub(super) fn replace_entities(
    parent: &Example,
    entities: &Entities<'_>,
    chance: &mut ChaCha8Rng,
) -> Result<Made, Refusal> {
    use EntityRole::{Object, Subject};
    let ways: [&[EntityRole]; 5] = [&[Subject], &[Object], &[Subject, Object], &[Subject], &[Object]];
    let original = Draft::of(parent)?;
    let drawn = below(chance, 3);
    for roles in std::iter::once(ways[drawn]).chain(ways[3..].iter().copied()) {
        let mut draft = original.clone();
        let mut repairs = Repairs::default();
        let mut mentions_left = 0;
        let fits = roles.iter().all(|role| {
            let old = draft.entity(*role).to_owned();
            let found = draw(&mut draft, *role, entities.alternatives(parent, *role), parent, chance);
            mentions_left += usize::from(draft.mentions(&old));
            found.map(|more| repairs.add(more)).is_some()
        });
        if fits && let Some(made) = draft.finish(parent, repairs, mentions_left) {
            return Ok(made);
        }
    }
    Err(Refusal::NoReplacement)
}

/// Puts the first text that fits, of those that chance draws.
fn draw(
    draft: &mut Draft,
    role: EntityRole,
    texts: &[&str],
    parent: &Example,
    chance: &mut ChaCha8Rng,
) -> Option<Repairs> {
    if texts.is_empty() {
        return None;
    }
    (0..TRIES).find_map(|_| {
        let text = texts[below(chance, texts.len())];
        // In place of 서울대학교, 서울 would be fine, but a sentence that has a name already would have it twice.
        if text.is_empty() || parent.sentence.contains(text) || draft.mentions(text) || draft.overlaps_other(role, text)
        {
            return None;
        }
        draft.replace(role, text)
    })
}
