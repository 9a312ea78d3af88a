//! Text stands out from what is behind it, in both schemes: WCAG 2.1, levels AA of 1.4.3 and 1.4.11.

use std::collections::HashMap;

use relex_eval::render_html;

use crate::made::report;

type Colour = [f64; 3];

/// Custom properties of the `:root` rules, the light scheme's and the dark one's.
fn schemes() -> [HashMap<String, Colour>; 2] {
    let html = render_html(&report(&["one"])).unwrap();
    let mut rules = html
        .split(":root {")
        .skip(1)
        .map(|rest| rest.split_once('}').unwrap().0);
    let [light, dark] = [rules.next().unwrap(), rules.next().unwrap()].map(properties);
    // What the dark scheme does not name it has from the light one.
    [light.clone(), light.into_iter().chain(dark).collect()]
}

fn properties(rule: &str) -> HashMap<String, Colour> {
    rule.split(';')
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(':'))
        .filter_map(|(name, value)| Some((name.to_owned(), colour(value.trim())?)))
        .collect()
}

/// `#rrggbb`, or three numbers.
fn colour(value: &str) -> Option<Colour> {
    if let Some(digits) = value.strip_prefix('#') {
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok().map(f64::from);
        return Some([part(0)?, part(2)?, part(4)?]);
    }
    let parts: Vec<f64> = value.split(' ').map_while(|part| part.parse().ok()).collect();
    parts.try_into().ok()
}

fn luminance(colour: Colour) -> f64 {
    let linear = colour.map(|part| {
        let share = part / 255.0;
        if share <= 0.040_45 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// `share` of one colour on another.
fn over(top: Colour, share: f64, ground: Colour) -> Colour {
    std::array::from_fn(|part| share * top[part] + (1.0 - share) * ground[part])
}

#[test]
fn contrasts_are_enough() {
    // Black on white.
    assert!((contrast([0.0; 3], [255.0; 3]) - 21.0).abs() < 1e-9);
    for (scheme, name) in schemes().iter().zip(["light", "dark"]) {
        let colour = |name: &str| *scheme.get(name).unwrap_or_else(|| panic!("--{name}"));
        let check = |what: &str, one: Colour, other: Colour, least: f64| {
            let found = contrast(one, other);
            assert!(found >= least, "{name}: {what} has {found:.2}, not {least}");
        };
        for ground in ["ground", "surface"] {
            for text in ["text", "quiet", "accent", "right-text", "wrong-text"] {
                check(&format!("{text} on {ground}"), colour(text), colour(ground), 4.5);
            }
            // Lines, bars and the edges of controls.
            for mark in ["c0", "c1", "c2", "c3", "c4", "c5", "edge"] {
                check(&format!("{mark} on {ground}"), colour(mark), colour(ground), 3.0);
            }
        }
        for part in ["right", "wrong", "subject", "object"] {
            let (text, ground) = (format!("{part}-text"), format!("{part}-ground"));
            check(&text, colour(&text), colour(&ground), 4.5);
        }
        // The most strongly shaded cell of the matrix.
        for shade in ["right", "wrong"] {
            let ground = over(colour(shade), 0.6, colour("surface"));
            check(&format!("text on the shade {shade}"), colour("text"), ground, 4.5);
        }
    }
}
