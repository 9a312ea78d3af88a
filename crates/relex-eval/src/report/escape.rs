//! Text that stays text wherever it is put into the page.

pub(super) use relex_data::text::escape_html as escape;

/// `value` as JSON that can stand inside a `<script>` element: no `<`, so no `</script>` and no
/// `<!--`, whatever the strings hold.
pub(super) fn script_json(value: &serde_json::Value) -> String {
    // In JSON these characters occur inside strings only, where \u escapes mean the same.
    value
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// `bytes` in base64 (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, at| {
            group << 8 | u32::from(chunk.get(at).copied().unwrap_or(0))
        });
        for digit in 0..4 {
            if digit <= chunk.len() {
                text.push(char::from(DIGITS[(group >> (18 - 6 * digit)) as usize & 63]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base64_of_the_standard() {
        // RFC 4648, section 10.
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (text, expected) in vectors {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    proptest! {
        #[test]
        fn json_in_a_script_cannot_leave_it_and_means_the_same(text in "(</script>|<!--|&|\\PC|[\"\\\\\u{2028}\n])*") {
            let value = serde_json::json!([text]);
            let embedded = script_json(&value);
            let leaves = embedded.contains(['<', '\u{2028}']);
            prop_assert!(!leaves, "{}", embedded);
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&embedded).unwrap(), value);
        }
    }
}
