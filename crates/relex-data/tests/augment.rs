//! Augmentation on rows written by hand: what each recipe makes and refuses, and what its file lets through.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::collections::BTreeMap;
use std::path::Path;

use relex_data::{
    Amount, AugmentConfig, Augmentation, Balance, DatasetSpec, Entity, Example, Manifest, Paraphrase, Recipe, Refusal,
    Span, SplitConfig, Strategy, Tier, TrainingRows, augment, read_augmented, split, write_augmented,
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

fn spec() -> DatasetSpec {
    DatasetSpec::parse(SPEC, Path::new("family.toml")).unwrap()
}

fn example(id: &str, marked: &str, label: &str) -> Example {
    let is_mark = |c: char| "[]{}".contains(c);
    let at = |mark| marked.chars().take_while(|c| *c != mark).filter(|c| !is_mark(*c)).count();
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

fn examples() -> Vec<Example> {
    ROWS.iter().map(|(id, marked, label)| example(id, marked, label)).collect()
}

/// A split that validates on row 8; the seed is sought, since splits follow the content.
fn manifest(examples: &[Example]) -> Manifest {
    let made = |seed| {
        let config = SplitConfig {
            strategy: Strategy::GroupedHoldOut { valid_fraction: 0.1 },
            seed,
            tier: Tier::Identical,
        };
        split(examples, &spec().labels, &config).unwrap()
    };
    let validates_on_8 = |manifest: &Manifest| {
        let valid = manifest.partition(examples, 0).unwrap().valid;
        valid == [8]
    };
    (0..200).map(made).find(validates_on_8).unwrap()
}

fn with_rows<T>(check: impl FnOnce(&TrainingRows<'_>) -> T) -> T {
    let (examples, spec) = (examples(), spec());
    let manifest = manifest(&examples);
    check(&TrainingRows::of(&manifest, &examples, &spec, 0).unwrap())
}

fn recipe(name: &str) -> AugmentConfig {
    AugmentConfig {
        recipes: vec![name.parse().unwrap()],
        seed: 3,
        ..AugmentConfig::default()
    }
}

/// Id, sentence with marks, label.
fn shown(augmentation: &Augmentation) -> Vec<(String, String, String)> {
    let spec = spec();
    let show = |example: &Example| {
        let mut text = String::new();
        for (at, c) in example.sentence.chars().enumerate() {
            for (span, marks) in [(example.subject.span, "[]"), (example.object.span, "{}")] {
                if span.start() == at {
                    text.push_str(&marks[..1]);
                }
            }
            text.push(c);
            for (span, marks) in [(example.subject.span, "[]"), (example.object.span, "{}")] {
                if span.end() == at + 1 {
                    text.push_str(&marks[1..]);
                }
            }
        }
        (example.id.clone(), text, spec.labels.name(example.label.unwrap()).to_owned())
    };
    augmentation.children.iter().map(|child| show(child.example())).collect()
}

fn refused(augmentation: &Augmentation) -> BTreeMap<Refusal, usize> {
    augmentation.recipes[0].refused.clone()
}

#[test]
fn roles_are_swapped_where_the_table_says_how() {
    with_rows(|rows| {
        let augmentation = augment(rows, &recipe("role-swap")).unwrap();
        let row = |id: &str, text: &str, label: &str| (id.to_owned(), text.to_owned(), label.to_owned());
        assert_eq!(
            shown(&augmentation),
            [
                row("2+role-swap-1", "{도예린}은 [나무결]과 결혼했다.", "per:spouse"),
                row("4+role-swap-1", "[문가람]의 딸 {문새벽}이 왔다.", "per:children"),
            ]
        );
        // 0 and 1 are each other's twins; 6 has a twin that says otherwise; 3 has no inverse; 5 and 7 are negative.
        assert_eq!(
            refused(&augmentation),
            [(Refusal::Present, 2), (Refusal::Conflicting, 1), (Refusal::NoInverse, 1)].into()
        );
    });
}

#[test]
fn a_role_that_no_such_entity_has_is_refused() {
    let spec = spec();
    let mut examples = examples();
    examples[2].object.entity_type = "POH".to_owned(); // a spouse that is named by a word such as 아내
    let manifest = manifest(&examples);
    let rows = TrainingRows::of(&manifest, &examples, &spec, 0).unwrap();
    let augmentation = augment(&rows, &recipe("role-swap")).unwrap();
    assert_eq!(refused(&augmentation)[&Refusal::ForeignType], 1);
}

#[test]
fn masks_bring_their_particles() {
    with_rows(|rows| {
        let config = AugmentConfig {
            balance: Balance {
                amount: Amount::EachRow(5),
                ..Balance::default()
            },
            ..recipe("entity-masking")
        };
        let augmentation = augment(rows, &config).unwrap();
        let mut of_row_2: Vec<String> = shown(&augmentation)
            .into_iter()
            .filter_map(|(id, text, _)| id.starts_with("2+").then_some(text))
            .collect();
        of_row_2.sort();
        assert_eq!(
            of_row_2,
            ["[도예린]은 {사람}과 결혼했다.", "[사람]은 {나무결}과 결혼했다.", "[사람]은 {사람}과 결혼했다."]
        );
        // Row 6: 오누리는 → 사람은.
        assert!(shown(&augmentation).iter().any(|(_, text, _)| text == "[사람]은 {온누리}의 아버지다."));
        assert!(augmentation.recipes[0].particles_changed > 0);

        let config = recipe("entity-masking=[MASK]");
        let masked = augment(rows, &config).unwrap();
        assert!(masked.children.iter().all(|child| child.example().sentence.contains("[MASK]")));
    });
}

#[test]
fn replacing_entities_come_from_the_training_rows() {
    with_rows(|rows| {
        let config = AugmentConfig {
            balance: Balance {
                amount: Amount::EachRow(60),
                ..Balance::default()
            },
            ..recipe("entity-replacement")
        };
        let augmentation = augment(rows, &config).unwrap();
        assert!(augmentation.children.len() > 60);
        for child in &augmentation.children {
            let sentence = &child.example().sentence;
            assert!(!sentence.contains("검은별") && !sentence.contains("흰구름"), "{sentence} knows a validation row");
        }
        // 시인 is the only POH: never replaced, and never in another's place.
        let titles = augmentation.children.iter().filter(|child| child.parent() == "3");
        assert!(titles.clone().count() > 3);
        for child in titles {
            assert_eq!(child.example().object_word(), "시인");
        }
    });
}

#[test]
fn paraphrases_are_adopted_or_counted() {
    let of = |parent: &str, sentence: &str| Paraphrase {
        parent: parent.to_owned(),
        sentence: sentence.to_owned(),
    };
    with_rows(|rows| {
        let config = AugmentConfig {
            paraphrases: vec![
                of("0", "한지호의 어머니는 한서윤이다."),
                of("0", "한지호의 어머니는 그이다."),
                of("0", "never reached, since the row was refused before"),
                of("2", "도예린의 짝은 나무결이고, 나무결의 짝은 도예린이다."),
                of("8", "검은별의 짝은 흰구름이다."),
                of("5", "문가람은 도예린을 모른다."),
            ],
            ..recipe("paraphrase")
        };
        let config = AugmentConfig {
            balance: Balance {
                amount: Amount::EachRow(9),
                ..Balance::default()
            },
            ..config
        };
        let augmentation = augment(rows, &config).unwrap();
        let made: Vec<String> = shown(&augmentation).into_iter().map(|(_, text, _)| text).collect();
        assert_eq!(made, ["{한지호}의 어머니는 [한서윤]이다."]);
        assert_eq!(
            refused(&augmentation),
            [(Refusal::UnknownParent, 1), (Refusal::SubjectMissing, 1), (Refusal::SubjectRepeated, 1)].into()
        );
    });
}

#[test]
fn labels_are_filled_up() {
    with_rows(|rows| {
        let label = spec().labels.id("per:title").unwrap();
        let config = AugmentConfig {
            balance: Balance {
                amount: Amount::Factor(1.0),
                per_label: [(label, 5)].into(),
                ..Balance::default()
            },
            ..recipe("entity-replacement")
        };
        let augmentation = augment(rows, &config).unwrap();
        assert_eq!(augmentation.children.len(), 4);
        let title = &augmentation.labels[label.index()];
        assert_eq!((title.rows, title.made), (1, 4));
        assert!(augmentation.render_text().contains("per:title"));
    });
}

#[test]
fn configurations_that_cannot_be_are_refused() {
    fn check(config: &AugmentConfig, part: &str) {
        let error = with_rows(|rows| augment(rows, config)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    check(&AugmentConfig::default(), "no recipe is named");
    check(&recipe("paraphrase"), "needs paraphrases");
    let mut twice = recipe("word-swap");
    twice.recipes.push("word-swap=0.2".parse().unwrap());
    check(&twice, "word-swap is named twice");
    let mut orphaned = recipe("word-swap");
    orphaned.paraphrases.push(Paraphrase {
        parent: "0".to_owned(),
        sentence: String::new(),
    });
    check(&orphaned, "add the recipe paraphrase");
}

#[test]
fn an_id_that_is_taken_is_no_childs() {
    let spec = spec();
    let mut examples = examples();
    examples[3].id = "2+role-swap-1".to_owned();
    let manifest = manifest(&examples);
    let rows = TrainingRows::of(&manifest, &examples, &spec, 0).unwrap();
    let error = augment(&rows, &recipe("role-swap")).unwrap_err().to_string();
    assert!(error.contains("`2+role-swap-1` is needed for a child of `2`"), "{error}");
}

/// A file, after `change` was made to its text, read back; what is wrong with it.
fn complaint(change: impl FnOnce(String) -> String) -> String {
    with_rows(|rows| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/augmented.jsonl");
        let config = AugmentConfig {
            recipes: ["role-swap", "word-swap=1"].map(|name| name.parse::<Recipe>().unwrap()).into(),
            ..AugmentConfig::default()
        };
        let augmentation = augment(rows, &config).unwrap();
        write_augmented(&path, &augmentation, rows, &config).unwrap();
        assert_eq!(read_augmented(&path, rows).unwrap(), augmentation.children);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, change(text)).unwrap();
        read_augmented(&path, rows).unwrap_err().to_string()
    })
}

#[test]
fn files_that_do_not_fit_are_refused() {
    fn check(from: &str, to: &str, parts: &[&str]) {
        let error = complaint(|text| {
            assert!(text.contains(from), "{from} is not in {text}");
            text.replacen(from, to, 1)
        });
        for part in parts {
            assert!(error.contains(part), "{error}");
        }
    }
    check("\"split\":\"", "\"split\":\"0", &["line 1", "made for the split with the hash 0", "make them again"]);
    check("\"fold\":0", "\"fold\":1", &["line 1", "training side of fold 1", "make them again for fold 0"]);
    check("_version\":1", "_version\":9", &["format version 9", "reads version 1"]);
    check("{\"augmented", "{\"segmented", &["line 1", "not the header of augmented rows"]);
    check("\"parent\":\"2\"", "\"parent\":\"8\"", &["line 2", "`8`, is no training row of fold 0"]);
    check("\"guid\":\"2+role-swap-1\"", "\"guid\":\"2\"", &["line 2", "a training row has the id `2`"]);
    check("\"guid\":\"4+", "\"guid\":\"2+", &["line 3", "the id `2+role-swap-1` occurs twice"]);
}

#[test]
fn rows_that_are_broken_are_refused() {
    fn check(from: &str, to: &str, part: &str) {
        let error = complaint(|text| {
            let (header, rows) = text.split_once('\n').unwrap();
            assert!(rows.contains(from), "{from} is not in {rows}");
            format!("{header}\n{}", rows.replacen(from, to, 1))
        });
        assert!(error.contains("line 2") && error.contains(part), "{error}");
    }
    check("도예린은", "도예리은", "should read");
    check("per:spouse", "per:spuose", "did you mean `per:spouse`?");
    check("\"PER\"", "\"PERS\"", "unknown entity type `PERS`");
    check("\"start_idx\":5", "\"start_idx\":6", "should read");
    check("\"end_idx\":7", "\"end_idx\":18446744073709551615", "should read");
    check("\"end_idx\":7", "\"end_idx\":2", "covers no character");
    check("\"recipe\":\"role-swap\"", "\"recipe\":\"swap\"", "there is no recipe `swap`");
    check("\"label\"", "\"labels\"", "not an augmented row");
}

#[test]
fn lost_lines_are_noticed() {
    let error = complaint(|text| text.lines().take(2).collect::<Vec<_>>().join("\n"));
    assert!(error.contains("but 1 follow; restore the file, or set `rows` to 1"), "{error}");
    let error = complaint(|_| String::new());
    assert!(error.contains("line 1: not the header"), "{error}");
}
