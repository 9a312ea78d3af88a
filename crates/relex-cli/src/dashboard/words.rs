//! Numbers and texts as they are shown.

use ratatui::text::Span;

/// With a comma between thousands.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds as hours, minutes and seconds.
pub(crate) fn clock(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A curve in a line: means of neighbouring points as bars, `width` of them at most.
pub(crate) fn sparkline(points: &[(f64, f64)], width: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let cells: Vec<f64> = (0..width.min(points.len()))
        .map(|cell| {
            let bound = |cell: usize| cell * points.len() / width.min(points.len());
            let of_cell = &points[bound(cell)..bound(cell + 1)];
            of_cell.iter().map(|(_, value)| value).sum::<f64>() / of_cell.len() as f64
        })
        .collect();
    let low = cells.iter().copied().fold(f64::INFINITY, f64::min);
    let high = cells.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let height = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        BARS[((share * 8.0) as usize).min(7)]
    };
    cells.into_iter().map(height).collect()
}

/// A text in lines of at most `width` cells, broken between words; a word that is wider by itself is left to be cut.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if cells(line) + 1 + cells(word) <= width => *line = format!("{line} {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// How wide a text is on a terminal: Hangul takes two cells a syllable.
fn cells(text: &str) -> usize {
    Span::raw(text).width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("after epoch 1: micro-F1", 12), ["after epoch", "1: micro-F1"]);
        assert_eq!(wrapped("runs/a-very-long-name is", 6), ["runs/a-very-long-name", "is"]);
        // Five cells, and four.
        assert_eq!(wrapped("한 글 자", 5), ["한 글", "자"]);
        assert!(wrapped("", 5).is_empty());
    }

    #[test]
    fn numbers_have_commas() {
        let all = [0, 999, 1_000, 12_345, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn time_is_told_as_on_a_clock() {
        let all = [0.4, 59.6, 3_599.0, 3_661.0, 360_000.0].map(clock);
        assert_eq!(all, ["0:00", "1:00", "59:59", "1:01:01", "100:00:00"]);
    }

    #[test]
    fn a_sparkline_goes_from_the_least_to_the_most() {
        let points: Vec<(f64, f64)> = (0..16).map(|at| (f64::from(at), f64::from(at))).collect();
        assert_eq!(sparkline(&points, 8), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&points[..2], 8), "▁█");
        assert_eq!(sparkline(&[(0.0, 3.0), (1.0, 3.0)], 8), "▅▅");
        assert_eq!(sparkline(&[], 8), "");
    }
}
