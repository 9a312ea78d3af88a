//! Rows written by hand.

use std::path::Path;

use relex_data::{
    ConflictPolicy, DatasetSpec, Entity, Example, Manifest, Span, SplitConfig, Strategy, Tier, TrainingRows, split,
};

const SPEC: &str = r#"
name = "family"
title = "Rows by hand"
licence = "CC0-1.0"
homepage = ""
labels = ["no_relation", "per:parents", "per:children", "per:spouse", "per:title"]
negative_label = "no_relation"
inverse_relations = { "per:parents" = "per:children", "per:spouse" = "per:spouse" }
type_words = { PER = "사람", POH = "기타" }
fields = { id = "id", sentence = "sentence", subject = "s", object = "o", label = "label" }
entity = { word = "word", start = "start", end = "end", type = "type", offsets = "exclusive" }
files = [{ role = "train", path = "train.csv", format = "csv" }]
"#;

/// Rows as `[subject]`, `{object}` and the rest; the last one is for validation.
const ROWS: [(&str, &str, &str); 9] = [
    ("0", "[한서윤]은 {한지호}를 낳았다.", "per:children"),
    ("1", "{한서윤}은 [한지호]를 낳았다.", "per:parents"),
    ("2", "[도예린]은 {나무결}과 결혼했다.", "per:spouse"),
    ("3", "[도예린]은 {시인}이다.", "per:title"),
    ("4", "{문가람}의 딸 [문새벽]이 왔다.", "per:parents"),
    ("5", "[문가람]과 {도예린}은 만난 적이 없다.", "no_relation"),
    ("6", "[오누리]는 {온누리}의 아버지다.", "per:children"),
    ("7", "{오누리}는 [온누리]의 아버지다.", "no_relation"),
    ("8", "[검은별]과 {흰구름}은 부부다.", "per:spouse"),
];

pub(crate) fn spec() -> DatasetSpec {
    DatasetSpec::parse(SPEC, Path::new("family.toml")).unwrap()
}

fn example(id: &str, marked: &str, label: &str) -> Example {
    let is_mark = |c: char| "[]{}".contains(c);
    let at = |mark| {
        marked
            .chars()
            .take_while(|c| *c != mark)
            .filter(|c| !is_mark(*c))
            .count()
    };
    let entity = |open, close, entity_type: &str| Entity {
        span: Span::new(at(open), at(close)).unwrap(),
        entity_type: entity_type.to_owned(),
    };
    Example {
        id: id.to_owned(),
        sentence: marked.chars().filter(|c| !is_mark(*c)).collect(),
        subject: entity('[', ']', "PER"),
        object: entity('{', '}', if label == "per:title" { "POH" } else { "PER" }),
        label: spec().labels.id(label),
        source: None,
    }
}

pub(crate) fn examples() -> Vec<Example> {
    ROWS.iter()
        .map(|(id, marked, label)| example(id, marked, label))
        .collect()
}

/// Every row is a fold of its own; the manifest with the fold that validates on row 8.
pub(crate) fn manifest(examples: &[Example]) -> (Manifest, usize) {
    let config = SplitConfig {
        strategy: Strategy::GroupedKFold { folds: ROWS.len() },
        seed: 1,
        tier: Tier::SamePair,
        conflicts: ConflictPolicy::Keep,
    };
    let manifest = split(examples, &spec().labels, &config).unwrap();
    let validates_on_8 = |fold: &usize| manifest.partition(examples, *fold).unwrap().valid == [8];
    let fold = (0..ROWS.len()).find(validates_on_8).unwrap();
    (manifest, fold)
}

/// Hands over the rows that row 8 does not belong to.
pub(crate) fn with_rows<T>(check: impl FnOnce(&TrainingRows<'_>) -> T) -> T {
    let (examples, spec) = (examples(), spec());
    let (manifest, fold) = manifest(&examples);
    check(&TrainingRows::of(&manifest, &examples, &spec, fold).unwrap())
}
