//! Writes made-up rows as a data set that `relex` reads, to measure with:
//!
//! ```text
//! cargo run --release -p relex-data --example generate_rows -- 1000000 million [realistic]
//! relex audit --dataset million
//! ```

mod rows;

use std::error::Error;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

use rows::{DATASET, HEADER, Shape, csv_row, generate, spec};

const SEED: u64 = 1;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = || format!("usage: generate_rows ROWS FOLDER [{}]", Shape::NAMES.join(" | "));
    let (Some(count), Some(folder)) = (arguments.first(), arguments.get(1)) else {
        return Err(usage().into());
    };
    let count: usize = count.parse().map_err(|_| usage())?;
    let shape = match arguments.get(2) {
        None => Shape::Realistic,
        Some(name) => Shape::named(name).ok_or_else(usage)?,
    };
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    fs::write(folder.join("dataset.toml"), DATASET)?;
    let labels = spec()?.labels;
    let mut out = BufWriter::new(fs::File::create(folder.join("train.csv"))?);
    writeln!(out, "{HEADER}")?;
    for example in generate(count, SEED, shape)? {
        writeln!(out, "{}", csv_row(&example?, &labels))?;
    }
    out.flush()?;
    Ok(())
}
