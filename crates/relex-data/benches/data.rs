//! How long reading, auditing and splitting take, on generated rows and, where it is at hand, on KLUE-RE.
//!
//! `cargo bench -p relex-data`; KLUE-RE is looked for in `$RELEX_SHARED` or beside the workspace.

#[path = "../examples/generate_rows/rows.rs"]
#[expect(
    dead_code,
    reason = "the generator also knows shapes and files that are not measured here"
)]
mod rows;

use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use relex_data::{
    ConflictPolicy, DataError, DatasetSpec, Example, Role, SplitConfig, Strategy, Tier, audit, duplicate_groups,
    parse_examples, split,
};
use rows::Shape;

/// A data set in memory.
struct Data {
    name: &'static str,
    spec: DatasetSpec,
    path: PathBuf,
    bytes: Vec<u8>,
    examples: Vec<Example>,
}

fn generated(name: &'static str, count: usize) -> Result<Data, DataError> {
    let spec = rows::spec()?;
    let examples = rows::generate(count, 1, Shape::Realistic)?.collect::<Result<Vec<_>, _>>()?;
    let lines = examples.iter().map(|example| rows::csv_row(example, &spec.labels));
    let text: Vec<String> = [rows::HEADER.to_owned()].into_iter().chain(lines).collect();
    Ok(Data {
        name,
        path: PathBuf::from("train.csv"),
        bytes: text.join("\n").into_bytes(),
        spec,
        examples,
    })
}

fn klue_re() -> Result<Option<Data>, Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("RELEX_SHARED").map_or_else(|| here.join("../../../shared"), PathBuf::from);
    let folder = shared.join("datasets/boostcamp-klue-re");
    let spec = DatasetSpec::from_file(&here.join("../../datasets/klue-re/dataset.toml"))?;
    let Some(file) = spec.find_file(&folder, Role::Train) else {
        return Ok(None);
    };
    let path = folder.join(&file.path);
    let bytes = std::fs::read(&path)?;
    let examples = parse_examples(&bytes, &path, file, &spec)?;
    Ok(Some(Data {
        name: "klue-re",
        spec,
        path,
        bytes,
        examples,
    }))
}

fn measure(criterion: &mut Criterion, data: &Data) -> Result<(), Box<dyn Error>> {
    let mut group = criterion.benchmark_group("data");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .throughput(Throughput::Elements(data.examples.len() as u64));
    let (spec, examples) = (&data.spec, data.examples.as_slice());
    let file = spec.files_for(Role::Train).find(|file| data.path.ends_with(&file.path));
    let file = file.ok_or("the data set does not name its file")?;
    group.bench_function(BenchmarkId::new("read and validate", data.name), |bencher| {
        bencher.iter(|| parse_examples(black_box(&data.bytes), &data.path, file, spec).map(|rows| rows.len()));
    });
    group.bench_function(BenchmarkId::new("tiers 1, 2 and 4", data.name), |bencher| {
        bencher.iter(|| {
            [Tier::Identical, Tier::Folded, Tier::SamePair]
                .map(|tier| duplicate_groups(black_box(examples), tier).count())
        });
    });
    group.bench_function(BenchmarkId::new("near-duplicates", data.name), |bencher| {
        bencher.iter(|| duplicate_groups(black_box(examples), Tier::NearDuplicate).count());
    });
    group.bench_function(BenchmarkId::new("audit", data.name), |bencher| {
        bencher.iter(|| audit(black_box(examples), &spec.labels).rows);
    });
    group.bench_function(BenchmarkId::new("render the page", data.name), |bencher| {
        let found = audit(examples, &spec.labels);
        bencher.iter(|| black_box(&found).render_html().len());
    });
    let config = SplitConfig {
        strategy: Strategy::GroupedKFold { folds: 5 },
        seed: 42,
        tier: Tier::NearDuplicate,
        conflicts: ConflictPolicy::Keep,
    };
    group.bench_function(BenchmarkId::new("split, five grouped folds", data.name), |bencher| {
        bencher.iter(|| split(black_box(examples), &spec.labels, &config).map(|manifest| manifest.folds()));
    });
    group.finish();
    Ok(())
}

/// Rows of which many, or all, are alike: their time must not grow with the number of similar pairs.
fn measure_shapes(criterion: &mut Criterion) -> Result<(), DataError> {
    let mut group = criterion.benchmark_group("near-duplicates by shape");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    for (name, shape, count) in [
        ("realistic", Shape::Realistic, 20_000),
        ("identical", Shape::Identical, 20_000),
        ("cluster", Shape::Cluster, 20_000),
        ("template", Shape::Template, 20_000),
        ("long", Shape::Long, 100),
    ] {
        let examples = rows::generate(count, 1, shape)?.collect::<Result<Vec<_>, _>>()?;
        group.throughput(Throughput::Bytes(
            examples.iter().map(|row| row.sentence.len() as u64).sum(),
        ));
        group.bench_function(BenchmarkId::new(name, count), |bencher| {
            bencher.iter(|| duplicate_groups(black_box(&examples), Tier::NearDuplicate).count());
        });
    }
    group.finish();
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    measure(&mut criterion, &generated("generated-10k", 10_000)?)?;
    measure_shapes(&mut criterion)?;
    match klue_re()? {
        Some(data) => measure(&mut criterion, &data)?,
        None => {
            #[expect(clippy::print_stderr, reason = "a skipped measurement must be seen")]
            {
                eprintln!("skipped: KLUE-RE is not there; set RELEX_SHARED to measure with it");
            }
        }
    }
    criterion.final_summary();
    Ok(())
}
