//! How a text in Latin letters ends when it is read in Korean.
//!
//! Acronyms are spelt with the Korean names of the letters. Of words only the spelling is at hand; the rule below follows the
//! loanword orthography (외래어 표기법, chapter 3, section 1: a voiceless stop behind a short vowel is a final consonant, one behind a
//! long vowel or a consonant gets the vowel ㅡ) as far as spelling tells, and is right for most, not for all.

use unicode_normalization::UnicodeNormalization;

use super::ending::Sound;

/// The sound at the end of the last word of `text`, if that ends in a Latin letter.
pub(super) fn ending(text: &str) -> Option<Sound> {
    // é counts as e.
    let plain: String = text.nfd().filter(char::is_ascii).collect();
    let letters_at = plain.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
    let (before, word) = plain.split_at(letters_at);
    let last = text.nfd().filter(|c| c.is_alphanumeric()).last()?;
    if word.is_empty() || !last.is_ascii_alphabetic() {
        return None;
    }
    if before.trim_end().ends_with(|c: char| c.is_ascii_digit())
        && let Some(sound) = unit(word)
    {
        return Some(sound);
    }
    // A last letter with an accent of its own is a vowel, or stands for one more sound: Vastić is 바스티치.
    if text
        .chars()
        .rfind(|c| c.is_alphanumeric())
        .is_some_and(|c| !c.is_ascii())
    {
        return Some(Sound::Open);
    }
    let is_spelt = word.len() == 1
        || word.ends_with(|c: char| c.is_ascii_uppercase())
        || !word.bytes().any(|c| is_vowel(c | 0x20));
    Some(if is_spelt {
        letter(last)
    } else {
        of_word(&word.to_ascii_lowercase())
    })
}

/// The units that are read as words behind a number: 미터, 리터 / 그램, 톤.
fn unit(word: &str) -> Option<Sound> {
    match word {
        "m" | "mm" | "cm" | "km" | "l" | "ml" | "L" | "mL" => Some(Sound::Open),
        "g" | "mg" | "kg" | "t" => Some(Sound::Closed),
        _ => None,
    }
}

/// The name of a letter: 엘 and 알 end in ㄹ, 엠 and 엔 in another consonant, all others in a vowel.
///
/// Of R's two names, 아르 and 알, both standard since 2023 (National Institute of Korean Language, 19 January 2023), the
/// second is what people say.
fn letter(letter: char) -> Sound {
    match letter.to_ascii_uppercase() {
        'L' | 'R' => Sound::Rieul,
        'M' | 'N' => Sound::Closed,
        _ => Sound::Open,
    }
}

/// A word of at least two lower-case letters, by its last ones.
fn of_word(word: &str) -> Sound {
    let letters = word.as_bytes();
    let (last, before) = (letters[letters.len() - 1], letters[letters.len() - 2]);
    let earlier = letters.len().checked_sub(3).map(|at| letters[at]);
    match last {
        b'l' => Sound::Rieul,                    // Seoul, Intel
        b'm' | b'n' => Sound::Closed,            // Team, Samsung Lion
        b'g' if before == b'n' => Sound::Closed, // Boeing
        b'c' => Sound::Closed,                   // Music, Mac
        b'e' if earlier.is_some() => match before {
            // A silent e: Google, Apple / Game, Stone.
            b'l' => Sound::Rieul,
            b'm' | b'n' => Sound::Closed,
            _ => Sound::Open,
        },
        b'k' if before == b'c' => Sound::Closed,          // Rock
        b'b' | b'p' if is_vowel(before) => Sound::Closed, // Club, Group
        b'k' | b't' if is_vowel(before) => match earlier {
            // Book and Internet, but Week and Boat.
            Some(first) if is_vowel(first) && (first, before) != (b'o', b'o') => Sound::Open,
            _ => Sound::Closed,
        },
        _ => Sound::Open,
    }
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: Sound, texts: &[&str]) {
        for text in texts {
            assert_eq!(ending(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn acronyms_are_spelt() {
        let open = [
            "NASA", "KBS", "EBS", "FIFA", "UN", "BTS", "SKT", "2PM", "tvN", "TfL", "H.O.T", "S.E.S",
        ];
        let sound = |text| ending(text).unwrap();
        assert_eq!(
            open.map(sound),
            [
                Sound::Open,   // 에이
                Sound::Open,   // 에스
                Sound::Open,   // 에스
                Sound::Open,   // 에이
                Sound::Closed, // 엔
                Sound::Open,   // 에스
                Sound::Open,   // 티
                Sound::Closed, // 엠
                Sound::Closed, // 엔
                Sound::Rieul,  // 엘
                Sound::Open,   // 티
                Sound::Open,   // 에스
            ]
        );
        check(Sound::Rieul, &["MBL", "VR", "r", "PR"]);
        check(Sound::Closed, &["IBM", "CNN", "n"]);
        check(Sound::Open, &["jtbc", "kbs", "tv"]);
    }

    #[test]
    fn words_follow_their_last_letters() {
        // 인텔, 구글, 애플, 모바일
        check(
            Sound::Rieul,
            &["Intel", "Google", "Apple", "Mobile", "Red Velvet Channel"],
        );
        // 보잉, 팀, 게임, 스톤, 클럽, 북, 록, 인터넷, 그룹, 뮤직
        check(
            Sound::Closed,
            &[
                "Boeing",
                "Team",
                "Game",
                "Rolling Stone",
                "Club",
                "Facebook",
                "Rock",
                "Internet",
                "Group",
                "Music",
            ],
        );
        // 소니, 유튜브, 넷플릭스, 마이크로소프트, 비틀스, 나이키, 위크, 트위터, 밴드, 마크, 포켓몬고
        check(
            Sound::Open,
            &[
                "Sony",
                "YouTube",
                "Netflix",
                "Microsoft",
                "Beatles",
                "Nike",
                "Week",
                "Twitter",
                "Band",
                "Mark",
                "Pokémon Go",
            ],
        );
        check(Sound::Open, &["Beyoncé", "Café", "me", "Vastić"]);
    }

    #[test]
    fn units_are_words() {
        check(Sound::Open, &["42.195km", "10 cm", "3m", "500ml"]);
        check(Sound::Closed, &["60kg", "5 g", "2t"]);
        check(Sound::Closed, &["Team m"]);
    }

    #[test]
    fn other_letters_are_not_guessed() {
        assert_eq!(ending("Толстой"), None);
        assert_eq!(ending("Red 李"), None);
        assert_eq!(ending(""), None);
    }
}
