//! A flat dict of Python literals, as `str(dict)` writes it: `{'word': 'it\'s', 'start_idx': 3}`.
//!
//! The grammar is that of Python's string and integer literals (The Python Language Reference, 2.4). Values of other
//! kinds are kept as text; dicts, lists and bytes are refused.

use super::scalar::Scalar;

/// Why a text is no dict: the character (from 1) at which it stops being one, and what is wrong there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) character: usize,
    pub(super) message: String,
}

/// The keys and values in order.
pub(super) fn parse(text: &str) -> Result<Vec<(String, Scalar)>, Broken> {
    let mut parser = Parser { text, at: 0 };
    parser.dict().map_err(|message| Broken {
        character: text[..parser.at].chars().count() + 1,
        message,
    })
}

struct Parser<'a> {
    text: &'a str,
    /// Byte offset, always on a character boundary.
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.at += wanted.len_utf8();
        }
        there
    }

    fn space(&mut self) {
        while self
            .peek()
            .is_some_and(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}'))
        {
            self.at += 1;
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        self.space();
        if self.eat(wanted) {
            Ok(())
        } else {
            Err(format!("`{wanted}` is expected, not {}", self.here()))
        }
    }

    fn here(&self) -> String {
        match self.peek() {
            Some(found) => format!("`{}`", found.escape_debug()),
            None => "the end".to_owned(),
        }
    }

    fn dict(&mut self) -> Result<Vec<(String, Scalar)>, String> {
        self.expect('{')?;
        let mut pairs = Vec::with_capacity(4);
        loop {
            self.space();
            if self.eat('}') {
                break;
            }
            let Some(key) = self.string()? else {
                return Err(format!("a quoted key is expected, not {}", self.here()));
            };
            self.expect(':')?;
            self.space();
            let value = match self.string()? {
                Some(text) => Scalar::Text(text),
                None => self.bare()?,
            };
            pairs.push((key, value));
            self.space();
            if !self.eat(',') {
                self.expect('}')?;
                break;
            }
        }
        self.space();
        if self.peek().is_some() {
            return Err(format!(
                "nothing is expected after the closing brace, not {}",
                self.here()
            ));
        }
        Ok(pairs)
    }

    /// A quoted string with its optional prefix `u` or `r`, or nothing where none begins.
    fn string(&mut self) -> Result<Option<String>, String> {
        let mut rest = self.rest().chars();
        let (prefix, quote) = match (rest.next(), rest.next()) {
            (Some(quote @ ('\'' | '"')), _) => (None, quote),
            (Some(prefix @ ('u' | 'U' | 'r' | 'R')), Some(quote @ ('\'' | '"'))) => (Some(prefix), quote),
            _ => return Ok(None),
        };
        let opening = self.at;
        self.at += 1 + usize::from(prefix.is_some());
        let raw = matches!(prefix, Some('r' | 'R'));
        let mut value = String::new();
        loop {
            // Everything up to the next quote or backslash is copied in one piece.
            let plain = self.rest().find([quote, '\\']).unwrap_or(self.rest().len());
            value.push_str(&self.rest()[..plain]);
            self.at += plain;
            match self.next() {
                None => {
                    self.at = opening;
                    return Err(format!("the string that opens with {quote} here is never closed"));
                }
                Some('\\') if raw => {
                    value.push('\\');
                    value.extend(self.next());
                }
                Some('\\') => self.escape(&mut value)?,
                Some(_) => return Ok(Some(value)),
            }
        }
    }

    /// The rest of an escape, its backslash already taken.
    fn escape(&mut self, value: &mut String) -> Result<(), String> {
        let backslash = self.at - 1;
        let Some(kind) = self.next() else { return Ok(()) };
        let character = match kind {
            '\n' => return Ok(()),
            '\\' | '\'' | '"' => kind,
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => self.code(backslash, 2, 16)?,
            'u' => self.code(backslash, 4, 16)?,
            'U' => self.code(backslash, 8, 16)?,
            '0'..='7' => {
                self.at -= 1;
                let digits = self
                    .rest()
                    .bytes()
                    .take(3)
                    .take_while(|byte| matches!(byte, b'0'..=b'7'))
                    .count();
                self.code(backslash, digits, 8)?
            }
            // Python keeps the backslash of an escape that it does not know.
            _ => {
                value.push('\\');
                kind
            }
        };
        value.push(character);
        Ok(())
    }

    fn code(&mut self, backslash: usize, digits: usize, radix: u32) -> Result<char, String> {
        let code = self
            .rest()
            .get(..digits)
            .filter(|text| text.chars().all(|c| c.is_digit(radix)));
        let character = code
            .and_then(|text| u32::from_str_radix(text, radix).ok())
            .and_then(char::from_u32);
        match character {
            Some(character) => {
                self.at += digits;
                Ok(character)
            }
            None => {
                self.at = backslash;
                Err("the escape here stands for no character".to_owned())
            }
        }
    }

    /// A number or a name such as `None`.
    fn bare(&mut self) -> Result<Scalar, String> {
        let end = self
            .rest()
            .find([',', '}', '{', '[', '(', '\'', '"', ':'])
            .unwrap_or(self.rest().len());
        let token = self.rest()[..end].trim();
        let wordlike = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '+' | '-');
        if token.is_empty() || !token.chars().all(wordlike) {
            return Err(format!("a quoted text or a number is expected, not {}", self.here()));
        }
        self.at += end;
        if token == "None" {
            return Ok(Scalar::Nothing);
        }
        Ok(token
            .replace('_', "")
            .parse()
            .map_or_else(|_| Scalar::Other(token.to_owned()), Scalar::Integer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The value under the only key, for the literal as Python source has it.
    fn value(literal: &str) -> Scalar {
        parse(&format!("{{'k': {literal}}}")).unwrap().remove(0).1
    }

    fn check_text(literal: &str, expected: &str) {
        assert_eq!(value(literal), Scalar::Text(expected.to_owned()), "{literal}");
    }

    fn check_broken(text: &str, character: usize, part: &str) {
        let broken = parse(text).unwrap_err();
        assert!(
            broken.character == character && broken.message.contains(part),
            "{text}: {broken:?}"
        );
    }

    #[test]
    fn a_dict_as_python_prints_it() {
        let pairs = parse("{'word': '그의 \"집\", 그리고', \"start_idx\": 12, 'end_idx': 3,}").unwrap();
        let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["word", "start_idx", "end_idx"]);
        assert_eq!(pairs[0].1, Scalar::Text("그의 \"집\", 그리고".to_owned()));
        assert_eq!(pairs[1].1, Scalar::Integer(12));
        assert_eq!(parse(" { } ").unwrap(), []);
    }

    #[test]
    fn escapes_mean_what_they_mean_in_python() {
        check_text(r"'it\'s'", "it's");
        check_text(r#""a\"b""#, "a\"b");
        check_text(r"'\\ \n \t'", "\\ \n \t");
        check_text(r"'\xa0\u200b\uac00\U0001F600'", "\u{a0}\u{200b}가😀");
        check_text(r"'\60\0'", "0\0");
        check_text("'a\\\nb'", "ab");
        check_text(r"'\q'", "\\q");
        check_text(r"r'\n\''", r"\n\'");
        check_text(r"u'가'", "가");
    }

    #[test]
    fn numbers_and_names() {
        assert_eq!(value("-3"), Scalar::Integer(-3));
        assert_eq!(value("1_000"), Scalar::Integer(1000));
        assert_eq!(value("3.5"), Scalar::Other("3.5".to_owned()));
        assert_eq!(value("None"), Scalar::Nothing);
        assert_eq!(value("True"), Scalar::Other("True".to_owned()));
        assert_eq!(
            value("99999999999999999999"),
            Scalar::Other("99999999999999999999".to_owned())
        );
    }

    #[test]
    fn a_break_is_named_with_its_character() {
        check_broken("", 1, "`{` is expected, not the end");
        check_broken("{'가': 1", 8, "`}` is expected, not the end");
        check_broken("{가: 1}", 2, "a quoted key");
        check_broken("{'a': }", 7, "a quoted text or a number");
        check_broken("{'a': [1]}", 7, "a quoted text or a number");
        check_broken("{'a': 'b}", 7, "never closed");
        check_broken("{'a': 1} x", 10, "nothing is expected");
        check_broken(r"{'a': '\ud800'}", 8, "no character");
        check_broken(r"{'a': '\x4'}", 8, "no character");
        check_broken(r"{'a': '\x가'}", 8, "no character");
    }

    proptest! {
        #[test]
        fn any_text_survives_being_written_as_a_literal(text in any::<String>()) {
            let literal: String = text.chars().map(|c| format!("\\U{:08x}", u32::from(c))).collect();
            prop_assert_eq!(value(&format!("'{literal}'")), Scalar::Text(text.clone()));
            let quoted = text.replace('\\', "\\\\").replace('\'', "\\'");
            prop_assert_eq!(value(&format!("'{quoted}'")), Scalar::Text(text));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            parse(&text).ok();
            parse(&format!("{{'{text}")).ok();
        }
    }
}
