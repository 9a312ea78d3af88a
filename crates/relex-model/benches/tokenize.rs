//! Sentences a second from text to marker positions and ids, by tokenizer, and how long the same takes from the cache.
//!
//! `cargo bench -p relex-model --bench tokenize`; KLUE-RE is looked for in `$RELEX_SHARED` or beside the workspace, else
//! the sample data set is taken over and over. `docs/benchmarks/tokenizing.py` is the yardstick.

#![expect(clippy::print_stderr, reason = "a benchmark says what it cannot measure")]

use std::{
    hint::black_box,
    path::{Path, PathBuf},
};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use relex_data::{DatasetSpec, Marked, Markers, Role, mark};
use relex_model::TextEncoder;

/// Rows in KLUE-RE.
const ROWS: usize = 32_470;

fn tokenize(criterion: &mut Criterion) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("RELEX_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    let marked = sentences(&workspace, &shared);
    let marked: Vec<(&str, Marked)> = marked.iter().map(|marked| ("", marked.clone())).collect();

    let mut group = criterion.benchmark_group("tokenize");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(marked.len() as u64));
    for (name, folder) in [
        ("e5-small-ko-en", workspace.join("datasets/encoders/e5-small-ko-en")),
        ("kpfbert", shared.join("tokenizers/kpfbert")),
    ] {
        let Ok(encoder) = TextEncoder::from_folder(&folder, 256) else {
            eprintln!(
                "skipped: {} is not there; set RELEX_SHARED to measure with it",
                folder.display()
            );
            continue;
        };
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(encoder.encode_all(&marked).expect("every sentence can be encoded")));
        });
        let cache = tempfile::tempdir().expect("there is room for temporary files");
        let encoder = encoder.with_cache(cache.path());
        encoder.encode_all(&marked).expect("every sentence can be encoded");
        group.bench_function(format!("{name} from the cache"), |bencher| {
            bencher.iter(|| black_box(encoder.encode_all(&marked).expect("every sentence is there")));
        });
    }
    group.finish();
}

/// Sentences with typed punctuation, the default.
fn sentences(workspace: &Path, shared: &Path) -> Vec<Marked> {
    let klue = shared.join("datasets/klue-re");
    let (name, folder) = if klue.is_dir() {
        ("klue-re", klue)
    } else {
        eprintln!("KLUE-RE is not there; measuring with the sample data set");
        ("sample", workspace.join("datasets/sample"))
    };
    let spec = DatasetSpec::from_file(&workspace.join("datasets").join(name).join("dataset.toml"))
        .expect("the description is part of the repository");
    let examples = spec.read(&folder, Role::Train).expect("the rows are in order");
    let rows = examples.iter().cycle().take(ROWS);
    rows.map(|row| mark(row, Markers::TypedPunctuation, &spec).expect("every row can be marked"))
        .collect()
}

criterion_group!(benches, tokenize);
criterion_main!(benches);
