//! A sentence taken apart around its entities, so that they can be exchanged without losing sight of each other.

use super::article::article_before;
use super::child::Made;
use super::korean::{Particle, particle_after};
use super::refusal::Refusal;
use crate::example::{Entity, Example, Span};

/// Which of a row's two entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum EntityRole {
    Subject,
    Object,
}

/// The pieces of a sentence: text, entity, text, entity, text.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    texts: [String; 3],
    entities: [String; 2],
    /// Whose entity comes first.
    first: EntityRole,
}

/// What had to change around the entities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Repairs {
    /// Korean particles that took another form.
    pub(super) particles: usize,
    /// English articles that did.
    pub(super) articles: usize,
}

impl Repairs {
    pub(super) fn add(&mut self, other: Self) {
        self.particles += other.particles;
        self.articles += other.articles;
    }
}

impl Draft {
    /// Takes a row apart; refuses entities that overlap or reach out of the sentence.
    pub(super) fn of(example: &Example) -> Result<Self, Refusal> {
        let (subject, object) = (example.subject.span, example.object.span);
        let (first, spans) = if subject <= object {
            (EntityRole::Subject, [subject, object])
        } else {
            (EntityRole::Object, [object, subject])
        };
        let piece = |from: usize, to: usize| -> Result<String, Refusal> {
            if from == to {
                return Ok(String::new());
            }
            let span = Span::new(from, to).map_err(|_| Refusal::Overlapping)?;
            Ok(span.of(&example.sentence).ok_or(Refusal::Overlapping)?.to_owned())
        };
        let length = example.sentence.chars().count();
        Ok(Self {
            texts: [
                piece(0, spans[0].start())?,
                piece(spans[0].end(), spans[1].start())?,
                piece(spans[1].end(), length)?,
            ],
            entities: [
                piece(spans[0].start(), spans[0].end())?,
                piece(spans[1].start(), spans[1].end())?,
            ],
            first,
        })
    }

    /// Puts `new` where an entity stood, and adapts the particle behind it and the article before it.
    ///
    /// Nothing is returned, and nothing changed, where the particle's form would be open; see `Particle::Unclear`.
    pub(super) fn replace(&mut self, role: EntityRole, new: &str) -> Option<Repairs> {
        let place = usize::from(role != self.first);
        let old = &self.entities[place];
        let between = self.texts[1].len();
        let tail = match place {
            // A particle may stand behind a remark that holds the other entity.
            0 => format!("{}{}{}", self.texts[1], self.entities[1], self.texts[2]),
            _ => self.texts[2].clone(),
        };
        let particle = match particle_after(old, new, &tail) {
            Particle::Unclear => return None,
            Particle::Fits => None,
            Particle::Changes { at, to } => {
                let behind_both = between + self.entities[1].len();
                if place == 1 {
                    Some((2, at, to))
                } else if at.end <= between {
                    Some((1, at, to))
                } else if at.start >= behind_both {
                    Some((2, at.start - behind_both..at.end - behind_both, to))
                } else {
                    // Characters of the other entity.
                    None
                }
            }
        };
        let article = article_before(old, new, &self.texts[place]);
        new.clone_into(&mut self.entities[place]);
        let repairs = Repairs {
            particles: usize::from(particle.is_some()),
            articles: usize::from(article.is_some()),
        };
        if let Some((text, at, to)) = particle {
            self.texts[text].replace_range(at, to);
        }
        if let Some((at, to)) = article {
            self.texts[place].replace_range(at, to);
        }
        Some(repairs)
    }

    /// Puts `new` where an entity stood, and nothing else.
    pub(super) fn put(&mut self, role: EntityRole, new: &str) {
        new.clone_into(&mut self.entities[usize::from(role != self.first)]);
    }

    /// The characters of an entity.
    pub(super) fn entity(&self, role: EntityRole) -> &str {
        &self.entities[usize::from(role != self.first)]
    }

    /// Whether `text` stands outside the two entities.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.texts.iter().any(|piece| piece.contains(text))
    }

    /// Whether the other entity is `text`, holds it or is held by it.
    pub(super) fn overlaps_other(&self, role: EntityRole, text: &str) -> bool {
        let other = &self.entities[usize::from(role == self.first)];
        other.contains(text) || text.contains(other.as_str())
    }

    /// The child that the pieces make: in all but sentence and places it is the parent. Nothing if an entity is empty.
    pub(super) fn finish(&self, parent: &Example, repairs: Repairs, mentions_left: usize) -> Option<Made> {
        let length = |text: &str| text.chars().count();
        let first_start = length(&self.texts[0]);
        let first_end = first_start + length(&self.entities[0]);
        let second_start = first_end + length(&self.texts[1]);
        let second_end = second_start + length(&self.entities[1]);
        let first = Span::new(first_start, first_end).ok()?;
        let second = Span::new(second_start, second_end).ok()?;
        let (subject, object) = match self.first {
            EntityRole::Subject => (first, second),
            EntityRole::Object => (second, first),
        };
        let [before, between, after] = &self.texts;
        let sentence = [before.as_str(), &self.entities[0], between, &self.entities[1], after].concat();
        let moved = |entity: &Entity, span| Entity { span, ..entity.clone() };
        Some(Made {
            example: Example {
                sentence,
                subject: moved(&parent.subject, subject),
                object: moved(&parent.object, object),
                ..parent.clone()
            },
            subject_word: self.entity(EntityRole::Subject).to_owned(),
            object_word: self.entity(EntityRole::Object).to_owned(),
            repairs,
            mentions_left,
        })
    }
}
