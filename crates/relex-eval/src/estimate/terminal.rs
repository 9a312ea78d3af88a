//! Predicted scores as plain text for a terminal.

use std::fmt::Write;

use super::forecast::Forecast;
use crate::text::{WIDTH, printable, with_interval, wrapped};

/// Each method's prediction with its interval and what it assumes, as aligned plain text that ends in a line
/// break. `negative` is the negative label.
pub fn render_forecasts(forecasts: &[Forecast], negative: &str) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write_forecasts(&mut text, forecasts, negative);
    text
}

fn write_forecasts(text: &mut String, forecasts: &[Forecast], negative: &str) -> std::fmt::Result {
    let level = forecasts
        .first()
        .map_or(95.0, |forecast| forecast.micro_f1.interval.level * 100.0);
    writeln!(
        text,
        "  expected on the target, {level} % intervals; micro-F1 is without {}\n",
        printable(negative)
    )?;
    writeln!(text, "  {:<32} {:>22}  {:>22}", "", "micro-F1", "accuracy")?;
    for forecast in forecasts {
        writeln!(
            text,
            "  {:<32} {:>22}  {:>22}",
            forecast.method.name(),
            with_interval(&forecast.micro_f1, 1.0),
            with_interval(&forecast.accuracy, 1.0)
        )?;
    }
    writeln!(text)?;
    for forecast in forecasts {
        let line = format!("{} {}", forecast.method.name(), forecast.method.assumption());
        writeln!(text, "{}", wrapped(&line, WIDTH, "  "))?;
    }
    Ok(())
}
