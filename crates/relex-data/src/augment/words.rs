//! A sentence as words and the white space around them, some of which a recipe may change.

use super::child::Made;
use super::draft::Repairs;
use super::refusal::Refusal;
use crate::example::{Entity, Example, Span};

/// White space, word, white space, word … white space, the first and the last perhaps empty. In Korean a word carries its
/// particles (an eojeol).
///
/// A piece that shares a character with an entity is not free: it stays as it is, and so the entities do.
pub(super) struct Words<'a> {
    parent: &'a Example,
    /// Gaps at even places, words at odd ones.
    pieces: Vec<Piece>,
}

struct Piece {
    text: String,
    /// Its first character's offset in the parent's sentence.
    start: usize,
    length: usize,
    is_free: bool,
}

impl<'a> Words<'a> {
    /// Takes a sentence apart.
    pub(super) fn of(parent: &'a Example) -> Result<Self, Refusal> {
        let (subject, object) = (parent.subject.span, parent.object.span);
        if subject.overlaps(object) {
            return Err(Refusal::Overlapping);
        }
        let mut pieces = vec![Piece::at(0)];
        for (offset, c) in parent.sentence.chars().enumerate() {
            let is_word = pieces.len() % 2 == 0;
            if is_word == c.is_whitespace() {
                pieces.push(Piece::at(offset));
            }
            if let Some(piece) = pieces.last_mut() {
                piece.text.push(c);
                piece.length += 1;
            }
        }
        if pieces.len() % 2 == 0 {
            pieces.push(Piece::at(parent.sentence.chars().count()));
        }
        for piece in &mut pieces {
            let range = Span::new(piece.start, piece.start + piece.length);
            piece.is_free =
                range.is_ok_and(|range| !range.overlaps(subject) && !range.overlaps(object)) || piece.length == 0;
        }
        Ok(Self { parent, pieces })
    }

    /// The number of words, those of entities included.
    pub(super) fn count(&self) -> usize {
        self.pieces.len() / 2
    }

    /// The places of the words that may be changed.
    pub(super) fn free_words(&self) -> Vec<usize> {
        (1..self.pieces.len())
            .step_by(2)
            .filter(|at| self.pieces[*at].is_free)
            .collect()
    }

    /// The places of the gaps before words that may be changed.
    pub(super) fn free_gaps(&self) -> Vec<usize> {
        let gaps = (0..self.pieces.len() - 1).step_by(2);
        gaps.filter(|at| self.pieces[*at].is_free).collect()
    }

    /// Takes words out, each with the white space behind it, and the white space that would end the sentence.
    pub(super) fn remove(&mut self, words: &[usize]) {
        for word in words {
            self.set(*word, String::new());
            // The last gap ends the sentence as before.
            if word + 2 < self.pieces.len() {
                self.set(word + 1, String::new());
            }
        }
        let last = self.pieces.len().saturating_sub(2);
        let end = (1..=last).rev().step_by(2).find(|word| !words.contains(word));
        if let Some(end) = end.filter(|end| *end != last) {
            self.set(end + 1, String::new());
        }
    }

    /// Exchanges two words.
    pub(super) fn exchange(&mut self, left: usize, right: usize) {
        let (one, other) = (self.pieces[left].text.clone(), self.pieces[right].text.clone());
        self.set(left, other);
        self.set(right, one);
    }

    /// Puts `mark` as a word of its own behind a gap.
    pub(super) fn insert(&mut self, gap: usize, mark: &str) {
        let text = format!("{}{mark} ", self.pieces[gap].text);
        self.set(gap, text);
    }

    fn set(&mut self, at: usize, text: String) {
        if self.pieces[at].is_free {
            self.pieces[at].text = text;
        }
    }

    /// The child that the words make.
    pub(super) fn finish(&self) -> Option<Made> {
        let moved = |entity: &Entity| -> Option<Entity> {
            let (start, end) = (entity.span.start(), entity.span.end());
            Some(Entity {
                span: Span::new(self.moved(start)?, self.moved(end - 1)? + 1).ok()?,
                entity_type: entity.entity_type.clone(),
            })
        };
        Some(Made {
            example: Example {
                sentence: self.pieces.iter().map(|piece| piece.text.as_str()).collect(),
                subject: moved(&self.parent.subject)?,
                object: moved(&self.parent.object)?,
                ..self.parent.clone()
            },
            subject_word: self.parent.subject_word().to_owned(),
            object_word: self.parent.object_word().to_owned(),
            repairs: Repairs::default(),
            mentions_left: 0,
        })
    }

    /// Where a character of an entity stands now.
    fn moved(&self, offset: usize) -> Option<usize> {
        let mut before = 0;
        for piece in &self.pieces {
            if (piece.start..piece.start + piece.length).contains(&offset) {
                return Some(before + offset - piece.start);
            }
            before += piece.text.chars().count();
        }
        None
    }
}

impl Piece {
    fn at(start: usize) -> Self {
        Self {
            text: String::new(),
            start,
            length: 0,
            is_free: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::LabelSet;

    /// `[…]` is the subject, `{…}` the object.
    fn example(marked: &str) -> Example {
        let plain: String = marked.chars().filter(|c| !"[]{}".contains(*c)).collect();
        let at = |mark| {
            let before = marked.chars().take_while(|c| *c != mark);
            before.filter(|c| !"[]{}".contains(*c)).count()
        };
        let entity = |open, close| Entity {
            span: Span::new(at(open), at(close)).unwrap(),
            entity_type: "PER".to_owned(),
        };
        Example {
            id: "1".to_owned(),
            sentence: plain,
            subject: entity('[', ']'),
            object: entity('{', '}'),
            label: LabelSet::new(["none"], "none").unwrap().at(0),
            source: None,
        }
    }

    fn check(marked: &str, change: impl FnOnce(&mut Words<'_>), expected: &str) {
        let parent = example(marked);
        let mut words = Words::of(&parent).unwrap();
        change(&mut words);
        let made = words.finish().unwrap().example;
        let expected = example(expected);
        assert_eq!(
            (made.sentence, made.subject, made.object),
            (expected.sentence, expected.subject, expected.object)
        );
    }

    #[test]
    fn words_of_entities_are_not_free() {
        let parent = example(" 어제 [조지 해리슨]이  쓴 《{Abbey} Road》다. ");
        let words = Words::of(&parent).unwrap();
        assert_eq!(words.count(), 6);
        let text = |at: &usize| words.pieces[*at].text.clone();
        assert_eq!(
            words.free_words().iter().map(text).collect::<Vec<_>>(),
            ["어제", "쓴", "Road》다."]
        );
        assert_eq!(
            words.free_gaps().iter().map(text).collect::<Vec<_>>(),
            [" ", " ", "  ", " ", " "]
        );
    }

    #[test]
    fn removed_words_take_their_space_along() {
        check("가 나 [다]는 {라} 마", |words| words.remove(&[1, 3]), "[다]는 {라} 마");
        check(
            "가 나 [다]는 {라} 마 바",
            |words| words.remove(&[3, 9, 11]),
            "가 [다]는 {라}",
        );
        check(
            "가 나 [다]는 {라} 마\n",
            |words| words.remove(&[9]),
            "가 나 [다]는 {라}\n",
        );
        check("가 [나 다] 라 {마}", |words| words.remove(&[7]), "가 [나 다] {마}");
        // An entity that the data lets end in a space keeps it.
        check("[가] {나 }다", |words| words.remove(&[5]), "[가] {나 }");
    }

    #[test]
    fn exchanged_and_inserted_words_move_the_entities() {
        check(
            "가나다 [라] 마 {바}",
            |words| words.exchange(1, 5),
            "마 [라] 가나다 {바}",
        );
        check("[가] {나}", |words| words.insert(0, "!"), "! [가] {나}");
        check("[가] {나}", |words| words.insert(2, ";"), "[가] ; {나}");
        check("[가 나] {다}", |words| words.insert(2, ";"), "[가 나] {다}");
    }
}
