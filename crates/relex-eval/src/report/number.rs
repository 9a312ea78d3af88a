//! Numbers as the report writes them.

use crate::interval::Interval;
use crate::metric::Metric;
use crate::text::sign;

/// A score in its metric's unit, with the digits that are worth showing.
pub(super) fn score(value: f64, metric: Metric) -> String {
    format!("{value:.*}", metric.digits())
}

/// Both ends of an interval, with `digits` behind the point.
pub(super) fn interval(interval: &Interval, digits: usize) -> String {
    format!(
        "{:.digits$} – {:.digits$}",
        minus(interval.low, digits),
        minus(interval.high, digits)
    )
    .replace('-', "−")
}

/// A difference with its sign, and a true minus.
pub(super) fn signed(value: f64, digits: usize) -> String {
    format!("{:+.digits$}", minus(value, digits)).replace('-', "−")
}

/// A number with up to `digits` behind the point and no zeros at the end, for axes.
pub(super) fn short(value: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", minus(value, digits));
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    text.replace('-', "−")
}

/// `value`, with 0 in place of −0 and of what `digits` behind the point show as that, which would be written with its sign.
fn minus(value: f64, digits: usize) -> f64 {
    match sign(value, digits) {
        "±" => 0.0,
        _ => value,
    }
}

/// `p`, as a table shows it.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 {
        "< 0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_zeros() {
        assert_eq!(
            (signed(-1.256, 2), signed(0.5, 1), signed(-0.04, 1)),
            ("−1.26".into(), "+0.5".into(), "+0.0".into())
        );
        assert_eq!(
            (short(0.25, 4), short(20.0, 0), short(-0.5, 2), short(0.0, 2)),
            ("0.25".into(), "20".into(), "−0.5".into(), "0".into())
        );
        let wide = Interval {
            low: -0.04,
            high: 1.0,
            level: 0.95,
        };
        assert_eq!(interval(&wide, 1), "0.0 – 1.0");
        assert_eq!((p_value(0.0004), p_value(0.0312)), ("< 0.001".into(), "0.031".into()));
    }
}
