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
const ENDINGS: [&str; 6] = ["했다.", "밝혔다.", "이다.", "있다.", "되었다.", "전했다."];
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
    let mut chance = Chance(rng::stream(seed, "generate"));
    let mut remembered: Vec<Vec<String>> = Vec::new();
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
            sentence: words.join(" "),
        })
    }))
}

/// The characters of a word in the sentence, without its particle: at most three.
fn span(words: &[String], at: usize) -> Result<Span, DataError> {
    let start = words[..at].iter().map(|word| word.chars().count() + 1).sum();
    let length = words[at].chars().count().clamp(1, 3);
    Span::new(start, start + length)
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

struct Chance(ChaCha8Rng);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound as u64) as usize
    }

    /// A number below `bound`, small ones more often.
    fn skewed(&mut self, bound: usize) -> usize {
        self.below(bound).min(self.below(bound))
    }

    /// A number from 0 to 1.
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn sentence(&mut self, remembered: &mut Vec<Vec<String>>) -> Vec<String> {
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
        let earlier = remembered[self.below(remembered.len())].clone();
        match kind {
            0..110 => earlier,
            110..120 => self.changed(&earlier, 1),
            _ => {
                let mut words = earlier;
                let last = words.len() - 1;
                words[last] = words[last].replace('.', "!");
                words
            }
        }
    }

    fn words(&mut self, count: usize) -> Vec<String> {
        let mut words: Vec<String> = (1..count).map(|_| self.word()).collect();
        words.push(ENDINGS[self.below(ENDINGS.len())].to_owned());
        words
    }

    /// A word by its rank: the syllables are a fixed function of it.
    fn word(&mut self) -> String {
        let rank = (WORDS as f64).powf(self.unit()) as u64;
        let mut word = syllables(rank);
        word.push_str(PARTICLES[self.below(PARTICLES.len())]);
        word
    }

    /// The words with one syllable of each of `count` of them drawn anew.
    fn changed(&mut self, words: &[String], count: usize) -> Vec<String> {
        let mut words = words.to_vec();
        for part in 0..count {
            // In different thirds of the sentence, so that the changes stay apart.
            let at = part * words.len() / count + self.below((words.len() / count).max(1));
            let at = at.min(words.len() - 1);
            let rest: String = words[at].chars().skip(1).collect();
            words[at] = format!("{}{rest}", syllable(self.0.next_u64()));
        }
        words
    }

    fn places(&mut self, words: usize) -> [usize; 2] {
        let first = self.below(words);
        [first, (first + 1 + self.below(words - 1)) % words]
    }
}

fn syllables(rank: u64) -> String {
    let mut state = rank.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let count = 1 + rank % 4;
    (0..count)
        .map(|_| {
            state = (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            syllable(state >> 16)
        })
        .collect()
}

/// One of 1,596 syllables, with no or a simple final consonant.
fn syllable(number: u64) -> char {
    const FINALS: [u32; 5] = [0, 0, 4, 8, 21];
    let (initial, vowel) = ((number % 19) as u32, (number / 19 % 21) as u32);
    let last = FINALS[(number / 399 % 5) as usize];
    char::from_u32(0xac00 + (initial * 21 + vowel) * 28 + last).unwrap_or('가')
}
