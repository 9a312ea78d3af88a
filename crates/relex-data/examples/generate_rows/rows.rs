//! Made-up rows for measurements: text that is built like Korean news (words with particles, frequent and rare ones,
//! lengths like KLUE-RE's), with repeated and nearly repeated sentences, and shapes that are hard to compare.

use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use relex_data::{DataError, DatasetSpec, Entity, Example, LabelId, LabelSet, Span, rng};

/// The `dataset.toml` of the rows.
pub(crate) const DATASET: &str = r#"name = "generated"
title = "Generated rows"
licence = "CC0-1.0"
homepage = ""
labels = ["no_relation", "org:top_members/employees", "per:employee_of", "per:title", "org:member_of", "org:place_of_headquarters", "per:date_of_birth", "org:founded", "per:parents", "per:children"]
negative_label = "no_relation"
unlabelled = []
type_words = { PER = "사람", ORG = "단체", LOC = "위치", DAT = "날짜", POH = "기타", NOH = "숫자" }
fields = { id = "id", sentence = "sentence", subject = "subject_entity", object = "object_entity", label = "label", source = "source" }
entity = { word = "word", start = "start_idx", end = "end_idx", type = "type", offsets = "inclusive" }
files = [{ role = "train", path = "train.csv", format = "csv" }]
"#;

/// The first line of the CSV file.
pub(crate) const HEADER: &str = "id,sentence,subject_entity,object_entity,label,source";

const TYPES: [&str; 6] = ["PER", "ORG", "LOC", "DAT", "POH", "NOH"];
const SOURCES: [&str; 3] = ["wikipedia", "wikitree", "policy_briefing"];
const PARTICLES: [&str; 14] = [
    "은", "는", "이", "가", "을", "를", "의", "에", "에서", "로", "와", "도", "", "",
];
const ENDINGS: [&str; 6] = ["했다", "밝혔다", "이다", "있다", "되었다", "전했다"];
/// Frequent syllables of Korean text, the most frequent about first.
const SYLLABLES: &str = "이다는에의고하을가사지로한기은도인대자정해서시어스리를일아부수라전원나국제장조연보과구주공관경성동비학있으선신방여그문유상위중소단발세민역계회\
물건안영치화재명분산진오년개통미반실마무생용면현적행업모간노드말남내등만북당르거금니의본임저타토무우형강박송최윤황홍백곽심변허천탁";
/// Distinct words; the r-th is drawn about 1/r times as often as the first.
const WORDS: u64 = 30_000;
/// Earlier sentences that may be repeated.
const REMEMBERED: usize = 2_000;

/// How the rows resemble each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As in KLUE-RE: 11 % of the rows repeat a sentence, 1 % nearly, the rest share words.
    Realistic,
    /// One sentence, all rows; half of them with subject and object the other way round.
    Identical,
    /// One sentence in which one character differs.
    Cluster,
    /// One sentence with three gaps filled at random: alike, but mostly below the threshold.
    Template,
    /// Realistic sentences, but 20,000 characters long.
    Long,
}

impl Shape {
    /// The names of the shapes.
    pub(crate) const NAMES: [&'static str; 5] = ["realistic", "identical", "cluster", "template", "long"];

    /// The shape called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let shapes = [
            Self::Realistic,
            Self::Identical,
            Self::Cluster,
            Self::Template,
            Self::Long,
        ];
        let at = Self::NAMES.iter().position(|known| *known == name)?;
        shapes.get(at).copied()
    }
}

/// The description of the rows.
pub(crate) fn spec() -> Result<DatasetSpec, DataError> {
    DatasetSpec::parse(DATASET, Path::new("dataset.toml"))
}

/// The rows, the same for the same seed; a longer data set begins with the rows of a shorter one.
pub(crate) fn generate(
    count: usize,
    seed: u64,
    shape: Shape,
) -> Result<impl Iterator<Item = Result<Example, DataError>>, DataError> {
    let labels: Vec<LabelId> = spec()?.labels.ids().collect();
    let mut chance = Chance {
        stream: rng::stream(seed, "generate"),
        syllables: SYLLABLES.chars().collect(),
    };
    let mut remembered: Vec<Vec<Word>> = Vec::new();
    let template = chance.words(22);
    Ok((0..count).map(move |row| {
        let words = match shape {
            Shape::Realistic => chance.sentence(&mut remembered),
            Shape::Identical => template.clone(),
            Shape::Cluster => chance.changed(&template, 1),
            Shape::Template => chance.changed(&template, 3),
            Shape::Long => chance.words(5_000),
        };
        let places = match shape {
            Shape::Identical => [[0, 1], [1, 0]][row % 2],
            _ => chance.places(words.len()),
        };
        let entity = |at: usize, kind: usize| {
            Ok::<_, DataError>(Entity {
                span: span(&words, at)?,
                entity_type: TYPES[kind].to_owned(),
            })
        };
        // The second word of a pair is the rarer kind, as in real data.
        let (subject, object) = (chance.skewed(2), chance.skewed(6));
        Ok(Example {
            id: row.to_string(),
            subject: entity(places[0], subject)?,
            object: entity(places[1], object)?,
            label: labels.get(chance.skewed(labels.len())).copied(),
            source: Some(SOURCES[chance.skewed(3)].to_owned()),
            sentence: words.iter().map(Word::text).collect::<Vec<_>>().join(" "),
        })
    }))
}

/// A word, and the particle or full stop after it.
#[derive(Debug, Clone)]
struct Word {
    stem: String,
    tail: &'static str,
}

impl Word {
    fn text(&self) -> String {
        format!("{}{}", self.stem, self.tail)
    }
}

/// The characters of a word in the sentence, without what stands after it.
fn span(words: &[Word], at: usize) -> Result<Span, DataError> {
    let start = words[..at].iter().map(|word| word.text().chars().count() + 1).sum();
    Span::new(start, start + words[at].stem.chars().count())
}

/// A row of the CSV file. The made-up texts hold no quote and no backslash.
pub(crate) fn csv_row(example: &Example, labels: &LabelSet) -> String {
    let entity = |entity: &Entity, word: &str| {
        format!(
            "{{'word': '{word}', 'start_idx': {}, 'end_idx': {}, 'type': '{}'}}",
            entity.span.start(),
            entity.span.end() - 1,
            entity.entity_type
        )
    };
    format!(
        "{},\"{}\",\"{}\",\"{}\",{},{}",
        example.id,
        example.sentence,
        entity(&example.subject, example.subject_word()),
        entity(&example.object, example.object_word()),
        example.label.map(|label| labels.name(label)).unwrap_or_default(),
        example.source.as_deref().unwrap_or_default()
    )
}

struct Chance {
    stream: ChaCha8Rng,
    syllables: Vec<char>,
}

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        (self.stream.next_u64() % bound as u64) as usize
    }

    /// A number below `bound`, small ones more often.
    fn skewed(&mut self, bound: usize) -> usize {
        self.below(bound).min(self.below(bound))
    }

    /// A number from 0 to 1.
    fn unit(&mut self) -> f64 {
        (self.stream.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn sentence(&mut self, remembered: &mut Vec<Vec<Word>>) -> Vec<Word> {
        let kind = self.below(1000);
        if remembered.is_empty() || kind >= 125 {
            let mut length = 4 + self.below(11) + self.below(11) + self.below(11);
            if self.below(20) == 0 {
                length *= 2;
            }
            let words = self.words(length);
            if remembered.len() < REMEMBERED {
                remembered.push(words.clone());
            } else {
                let at = self.below(REMEMBERED);
                remembered[at].clone_from(&words);
            }
            return words;
        }
        let mut words = remembered[self.below(remembered.len())].clone();
        match kind {
            0..110 => words,
            110..120 => self.changed(&words, 1),
            _ => {
                words
                    .iter_mut()
                    .filter(|word| word.tail == ".")
                    .for_each(|word| word.tail = "!");
                words
            }
        }
    }

    fn words(&mut self, count: usize) -> Vec<Word> {
        let mut words: Vec<Word> = (1..count).map(|_| self.word()).collect();
        words.push(Word {
            stem: ENDINGS[self.below(ENDINGS.len())].to_owned(),
            tail: ".",
        });
        words
    }

    /// A word by its rank.
    fn word(&mut self) -> Word {
        let rank = (WORDS as f64).powf(self.unit()) as u64;
        Word {
            stem: self.stem(rank),
            tail: PARTICLES[self.below(PARTICLES.len())],
        }
    }

    /// The word of a rank: one to four syllables that are a fixed function of it.
    fn stem(&self, rank: u64) -> String {
        let mut state = rank.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut below = |bound: u64| {
            state = (state ^ (state >> 29))
                .wrapping_mul(0xbf58_476d_1ce4_e5b9)
                .wrapping_add(1);
            ((state >> 20) % bound) as usize
        };
        let length = 1 + below(2) + below(3);
        let count = self.syllables.len() as u64;
        (0..length)
            .map(|_| self.syllables[below(count).min(below(count))])
            .collect()
    }

    /// The words with the first syllable of `count` of them drawn anew.
    fn changed(&mut self, words: &[Word], count: usize) -> Vec<Word> {
        let mut words = words.to_vec();
        for part in 0..count {
            // In different parts of the sentence, so that the changes stay apart.
            let at = part * words.len() / count + self.below((words.len() / count).max(1));
            let at = at.min(words.len() - 1);
            let rest: String = words[at].stem.chars().skip(1).collect();
            words[at].stem = format!("{}{rest}", rare_syllable(self.stream.next_u64()));
        }
        words
    }

    fn places(&mut self, words: usize) -> [usize; 2] {
        let first = self.below(words);
        [first, (first + 1 + self.below(words - 1)) % words]
    }
}

/// Any of the 11,172 syllables of Unicode.
fn rare_syllable(number: u64) -> char {
    char::from_u32(0xac00 + (number % 11_172) as u32).unwrap_or('가')
}
