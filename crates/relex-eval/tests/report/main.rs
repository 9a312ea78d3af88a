//! The report: what stands in the page, and what a browser makes of it.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod browsed_rows;
mod browser;
mod chromium;
mod colours;
mod made;
mod opened;
mod page;
