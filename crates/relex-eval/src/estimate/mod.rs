//! What a system would score on rows without labels, from its predictions alone.

mod confidence;
mod forecast;
mod terminal;

pub use forecast::{Forecast, ForecastMethod, forecast};
pub use terminal::render_forecasts;
