//! The sound with which a text ends when it is read aloud in Korean.

use unicode_normalization::UnicodeNormalization;

use super::latin;

/// What decides the form of the particle behind a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sound {
    /// No final consonant: 나무, 2 (이), A (에이).
    Open,
    /// The final consonant ㄹ, which takes 로 and not 으로: 서울, 1 (일), L (엘).
    Rieul,
    /// Any other final consonant: 조선, 3 (삼), M (엠).
    Closed,
}

/// Whether the sound is written, or was inferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// Hangul, or digits, which are read in one way.
    Written,
    /// Letters of another alphabet, which some writers read otherwise.
    Inferred,
}

/// The sound at the end of `text`; nothing where it cannot be told, as after a Chinese character.
///
/// Quotation marks and punctuation at the end are silent. A parenthesis at the end is a remark on what stands before it, and the
/// particle goes by that: 나이(年歲)는.
pub(super) fn ending(text: &str) -> Option<(Sound, Evidence)> {
    // Compatibility forms make one character of a decomposed syllable, `km` of ㎞ and a digit of a circled one.
    let text: String = text.nfkc().collect();
    let read = spoken(&text);
    let last = read.chars().next_back()?;
    if let Some(sound) = syllable(last) {
        return Some((sound, Evidence::Written));
    }
    if last.is_ascii_digit() {
        return Some((number(read), Evidence::Written));
    }
    match last {
        // 퍼센트 or 프로; 도; 플러스.
        '%' | '°' | '+' => Some((Sound::Open, Evidence::Written)),
        'ん' | 'ン' => Some((Sound::Closed, Evidence::Inferred)),
        'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー' => Some((Sound::Open, Evidence::Inferred)),
        _ => latin::ending(read).map(|sound| (sound, Evidence::Inferred)),
    }
}

/// The text up to the last character that is heard, without remarks in parentheses behind it.
fn spoken(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_end_matches(is_silent);
        let Some(inner) = rest.strip_suffix(')') else {
            return rest;
        };
        rest = match opening(rest).map(|open| &rest[..open]) {
            Some(before) if before.chars().any(|c| !is_silent(c)) => before,
            _ => inner,
        };
    }
}

/// Where the parenthesis opens that the last character closes.
fn opening(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn is_silent(c: char) -> bool {
    !c.is_alphanumeric() && !matches!(c, ')' | '%' | '°' | '+')
}

/// The sound of a Hangul syllable: its code is (initial × 21 + vowel) × 28 + final, counted from 가 (Unicode, section 3.12).
fn syllable(c: char) -> Option<Sound> {
    let index = u32::from(c).checked_sub(0xAC00).filter(|index| *index < 11_172)?;
    Some(match index % 28 {
        0 => Sound::Open,
        8 => Sound::Rieul,
        _ => Sound::Closed,
    })
}

/// The sound of the digits at the end, read as Sino-Korean numerals: by the last digit, or by the unit that the zeros make.
fn number(text: &str) -> Sound {
    let start = text.trim_end_matches(|c: char| c.is_ascii_digit() || c == ',').len();
    let digits: Vec<u8> = text[start..].bytes().filter(u8::is_ascii_digit).collect();
    // Behind a point digits are read one by one: 3.10 ends in 영.
    let is_fraction = text[..start].ends_with('.');
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    match digits.iter().rev().find(|digit| **digit != b'0') {
        Some(digit) if zeros == 0 => match digit {
            b'1' | b'7' | b'8' => Sound::Rieul, // 일, 칠, 팔
            b'3' | b'6' => Sound::Closed,       // 삼, 육
            _ => Sound::Open,                   // 이, 사, 오, 구
        },
        // 조 is 10¹², 해 is 10²⁰; 십, 백, 천, 만, 억 and 경 have a final consonant, and so have 영 and 공.
        Some(_) if !is_fraction && matches!(zeros, 12..=15 | 20..=23) => Sound::Open,
        _ => Sound::Closed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: Sound, texts: &[&str]) {
        for text in texts {
            assert_eq!(ending(text).map(|(sound, _)| sound), Some(expected), "{text}");
        }
    }

    #[test]
    fn hangul_ends_as_it_is_written() {
        check(Sound::Open, &["나무", "철수", "위", "회의", "대한민국 정부"]);
        check(Sound::Rieul, &["서울", "이순신의 칼", "별"]);
        // ㄺ, ㄼ and the like are no ㄹ.
        check(Sound::Closed, &["조선", "닭", "값", "여덟", "강", "부엌"]);
        check(Sound::Closed, &["\u{1109}\u{1161}\u{11AB}"]); // 산, decomposed
        check(Sound::Open, &["\u{1102}\u{1161}"]); // 나, decomposed
    }

    #[test]
    fn digits_end_as_they_are_read() {
        // 일, 칠, 팔 / 삼, 육, 영 / 이, 사, 오, 구
        check(Sound::Rieul, &["1", "7", "8", "21", "1987", "3.1"]);
        check(Sound::Closed, &["3", "6", "0", "13", "2006", "007 0"]);
        check(Sound::Open, &["2", "4", "5", "9", "1945", "3.14", "1,234"]);
        // 십, 이십, 백, 이천, 만, 백만, 일억, 천억 / 조, 십조, 천조 / 경 / 해
        check(
            Sound::Closed,
            &["10", "20", "100", "2000", "10,000", "1000000", "100000000"],
        );
        check(Sound::Closed, &["100,000,000,000", "10000000000000000"]);
        check(
            Sound::Open,
            &["1000000000000", "10,000,000,000,000", "1000000000000000"],
        );
        check(Sound::Open, &["100000000000000000000"]);
        check(Sound::Closed, &["3.10", "0.000000000000", "-40"]);
        check(Sound::Open, &["100%", "36.5℃", "50 %", "①②"]);
    }

    #[test]
    fn quotes_and_remarks_are_silent() {
        check(
            Sound::Closed,
            &["《조선》", "'조선'", "“조선”", "조선!", "조선…", "<조선>", "[조선]"],
        );
        check(
            Sound::Open,
            &[
                "나이(年歲)",
                "삼성전자 (주)",
                "손(手) 위(上)",
                "“철수”(7)",
                "아이유(李知恩)!",
                "나(가(조))",
            ],
        );
        check(Sound::Closed, &["(조선)", "((조선))", "(주)조선"]);
        check(Sound::Rieul, &["㈜서울", "서울㈜"]);
    }

    #[test]
    fn other_scripts() {
        check(Sound::Open, &["さくら", "スター", "NHKスターズ"]);
        check(Sound::Closed, &["にほん", "ドラえもん", "ドラゴン"]);
        for unreadable in ["", "…", "()", "李舜臣", "Толстой", "ㅋㅋ", "🙂"] {
            assert_eq!(ending(unreadable), None, "{unreadable}");
        }
    }

    #[test]
    fn only_what_is_written_counts_as_written() {
        let evidence = |text| ending(text).map(|(_, evidence)| evidence);
        assert_eq!(evidence("나무"), Some(Evidence::Written));
        assert_eq!(evidence("2020"), Some(Evidence::Written));
        assert_eq!(evidence("NASA"), Some(Evidence::Inferred));
        assert_eq!(evidence("ゼルダ"), Some(Evidence::Inferred));
    }
}
