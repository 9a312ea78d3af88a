//! The form in which sentences are compared.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// A sentence in NFC and lower case, with neither white space nor punctuation: only its letters, marks and digits.
///
/// Everything that is neither alphanumeric nor a combining mark on its letter is dropped. A sentence without any letter
/// or digit is kept as it is in NFC, since dropping everything would make all of these equal.
///
/// ```
/// assert_eq!(relex_data::fold_text("“가나” 다, ABC."), "가나다abc");
/// ```
#[must_use]
pub fn fold_text(sentence: &str) -> String {
    let composed = compose(Cow::Borrowed(sentence));
    let folded: String = composed
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| is_kept(*c))
        .collect();
    if !folded.chars().any(char::is_alphanumeric) {
        return composed.into_owned();
    }
    // Lower-casing can take a composed letter apart (U+0130), and dropping can bring a letter and a mark together.
    compose(Cow::Owned(folded)).into_owned()
}

/// NFC; almost every text is in it already, which is quick to see.
fn compose(text: Cow<'_, str>) -> Cow<'_, str> {
    if is_nfc(&text) {
        text
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

fn is_kept(c: char) -> bool {
    c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::fold_text;
    use proptest::prelude::*;

    fn equal(left: &str, right: &str) {
        assert_eq!(fold_text(left), fold_text(right));
    }

    #[test]
    fn composition_case_space_and_punctuation_do_not_count() {
        equal("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}");
        equal("Café ABC", "CAFE\u{301}\u{a0}abc");
        equal("그는 ‘왕’이다.", "그는 '왕' 이다");
    }

    #[test]
    fn different_words_stay_different() {
        assert_ne!(fold_text("가1"), fold_text("가2"));
        assert_ne!(fold_text("..."), fold_text("!!!"));
        assert_ne!(fold_text("..."), fold_text("…"));
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold_text(&text);
            prop_assert_eq!(fold_text(&once), once);
        }
    }
}
