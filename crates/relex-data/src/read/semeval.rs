//! SemEval-2010 Task 8 text (Hendrickx et al. 2010).
//!
//! ```text
//! 15  "They saw that the <e1>equipment</e1> was put inside <e2>drawers</e2>."
//! Content-Container(e1,e2)
//! Comment: the drawer contains the equipment
//! ```
//!
//! An empty line ends a row; test files have neither labels nor comments, and the next number begins the next row.

use super::collect::{BATCH, Collector};
use super::raw::{RawEntity, RawRow, Sentence};
use super::report::{FaultKind, RowFault, RowPlace};
use super::{Reading, check};
use crate::error::{DataError, clip};
use crate::spec::Role;

const COMMENT: &str = "Comment:";

pub(super) fn parse(text: &str, reading: &Reading<'_>, collector: &mut Collector) -> Result<(), DataError> {
    for batch in blocks(text).chunks(BATCH) {
        let place = |number: usize, block: &Block<'_>| RowPlace {
            file: reading.path,
            row: number,
            line: Some(block.line),
        };
        collector.batch(batch, place, |block, row| {
            check::example(block.raw_row(row, reading)?, row, reading)
        })?;
    }
    Ok(())
}

/// The lines of a row, their meaning not yet checked.
struct Block<'a> {
    line: u64,
    sentence: &'a str,
    label: Option<&'a str>,
    has_comment: bool,
    /// A line that is neither sentence, label nor comment.
    surplus: Option<&'a str>,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut is_open = false;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        match blocks.last_mut() {
            _ if line.is_empty() => is_open = false,
            Some(block) if is_open && numbered(line).is_none() => {
                if line.starts_with(COMMENT) {
                    block.has_comment = true;
                } else if block.has_comment {
                    // A comment may go on.
                } else if block.label.is_none() {
                    block.label = Some(line);
                } else {
                    block.surplus.get_or_insert(line);
                }
            }
            _ => {
                is_open = true;
                blocks.push(Block {
                    line: number,
                    sentence: line,
                    label: None,
                    has_comment: false,
                    surplus: None,
                });
            }
        }
    }
    blocks
}

/// The number and what comes after it, of a line that begins a row.
fn numbered(line: &str) -> Option<(&str, &str)> {
    let end = line.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = line.split_at(end);
    let sentence = rest.trim_start();
    (!number.is_empty() && rest.len() > sentence.len() && sentence.starts_with('"')).then_some((number, sentence))
}

impl Block<'_> {
    fn raw_row(&self, row: RowPlace<'_>, reading: &Reading<'_>) -> Result<RawRow, RowFault> {
        let quoted = numbered(self.sentence)
            .and_then(|(number, rest)| Some((number, rest.strip_prefix('"')?.strip_suffix('"')?)));
        let Some((number, tagged)) = quoted else {
            let found = format!(
                "`{}` is not a number and a sentence in double quotes",
                clip(self.sentence)
            );
            return Err(row.malformed(
                found,
                "write it as 15<tab>\"The <e1>first</e1> and the <e2>second</e2>.\"",
            ));
        };
        if let Some(surplus) = self.surplus {
            let found = format!("a second line `{}` follows the label", clip(surplus));
            return Err(row.malformed(found, "put an empty line after each row, and Comment: before a comment"));
        }
        if self.label.is_none() && reading.file.role != Role::Test {
            return Err(row.wrong_kind("label", "nothing", "a line with the label"));
        }
        let (sentence, [subject, object]) = untagged(tagged, row)?;
        Ok(RawRow {
            id: Some(number.to_owned()),
            sentence: Sentence::of_text(sentence),
            subject,
            object,
            label: self.label.map(str::to_owned),
            source: None,
        })
    }
}

/// The sentence without its tags, and what they enclosed.
fn untagged(tagged: &str, row: RowPlace<'_>) -> Result<(String, [RawEntity; 2]), RowFault> {
    const TAGS: [&str; 4] = ["<e1>", "</e1>", "<e2>", "</e2>"];
    let mut places: [Option<i64>; 4] = [None; 4];
    let (mut sentence, mut characters, mut rest) = (String::with_capacity(tagged.len()), 0, tagged);
    let broken = |tag: usize, found: String| {
        let column = if tag < 2 { "e1" } else { "e2" };
        let remedy = "put each entity between one pair of tags, <e1>…</e1> and <e2>…</e2>";
        row.fault(FaultKind::BrokenEntity, Some(column), found, remedy)
    };
    while let Some(at) = rest.find('<') {
        let (before, from_tag) = rest.split_at(at);
        sentence.push_str(before);
        characters += before.chars().count() as i64;
        rest = match TAGS.iter().position(|tag| from_tag.starts_with(tag)) {
            Some(tag) if places[tag].is_some() => return Err(broken(tag, format!("a second {}", TAGS[tag]))),
            Some(tag) => {
                places[tag] = Some(characters);
                &from_tag[TAGS[tag].len()..]
            }
            None => {
                sentence.push('<');
                characters += 1;
                &from_tag[1..]
            }
        };
    }
    sentence.push_str(rest);
    let entity = |open: usize| {
        let place = |tag: usize| places[tag].ok_or_else(|| broken(tag, format!("no {}", TAGS[tag])));
        let (start, end) = (place(open)?, place(open + 1)?);
        if start >= end {
            return Err(broken(
                open,
                format!("nothing between {} and {}", TAGS[open], TAGS[open + 1]),
            ));
        }
        Ok(RawEntity {
            word: None,
            start: Some(start),
            end: Some(end),
            entity_type: None,
        })
    };
    let entities = [entity(0)?, entity(2)?];
    Ok((sentence, entities))
}
