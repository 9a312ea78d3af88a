//! What is written reads back as the same examples.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use relex_data::{DatasetSpec, Entity, Example, Role, Span, WrittenForm, write_examples};

const FORMS: [(WrittenForm, &str); 3] = [
    (WrittenForm::KlueJson, "rows.json"),
    (WrittenForm::CompetitionCsv, "rows.csv"),
    (WrittenForm::Jsonl, "rows.jsonl"),
];

/// A description whose labels and types are as awkward as their quoting allows.
static SPEC: LazyLock<DatasetSpec> = LazyLock::new(|| {
    let toml = r#"
        name = "x"
        title = "quotes \" and ''' in it"
        licence = ""
        homepage = ""
        labels = ["none", "a,b", "it's \"so\"", "100"]
        negative_label = "none"
        unlabelled = ["?"]
        default_type = "PER"
        type_words = { PER = "사람", "O'R\"G" = "단체" }
        type_aliases = { PERSON = "PER" }
        [fields]
        sentence = "s"
        subject = { word = "w", start = "f", end = "t" }
        object = "o"
        label = "l"
        [entity]
        word = "word"
        start = "pos.0"
        end = "pos.1"
        type = "type"
        offsets = "tokens"
        [[files]]
        role = "train"
        path = "x.jsonl"
        format = "jsonl"
        [files.fields]
        subject = "s"
        [[files]]
        role = "valid"
        path = "x.csv"
        format = "csv"
        sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
        url = "https://example.org"
        [files.fields]
        id = ""
        subject = { word = "w", type = "k" }
        object = { word = "v", type = "k" }
        [files.entity]
        offsets = "none"
    "#;
    DatasetSpec::parse(toml, Path::new("dataset.toml")).unwrap()
});

/// Sentences with everything that quoting, escaping and counting can stumble over.
fn sentence() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "\"",
            "\"\"\"",
            "'",
            ",",
            "\n",
            "\r\n",
            "\r",
            "\t",
            "\\",
            "\\n",
            "\\u0041",
            "{",
            "}",
            " ",
            "\u{a0}",
            "😀",
            "👩\u{200d}👩\u{200d}👧",
            "e\u{301}",
            "각",
            "\u{1100}\u{1161}",
            "\u{feff}",
            "\u{2028}",
            "\0",
            "\u{85}",
            "x",
            "12",
            "<e1>",
            "'''",
            "\u{202e}",
            "#",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 1..24)
        .prop_map(|pieces| pieces.concat())
        .prop_filter("a sentence holds something visible", |text| !text.trim().is_empty())
}

/// Many at once, for most of the time goes into syncing files.
fn examples() -> impl Strategy<Value = Vec<Example>> {
    prop::collection::vec(example(), 1..40).prop_map(|mut examples| {
        for (number, example) in examples.iter_mut().enumerate() {
            example.id.insert_str(0, &number.to_string());
        }
        examples
    })
}

fn example() -> impl Strategy<Value = Example> {
    let span = |length: usize| {
        (0..length)
            .prop_flat_map(move |start| (Just(start), start + 1..=length))
            .prop_map(|(start, end)| Span::new(start, end).unwrap())
    };
    let entity_type = || prop::sample::select(vec!["PER", "O'R\"G"]);
    sentence().prop_flat_map(move |sentence| {
        let length = sentence.chars().count();
        let label = prop::option::of(0..4_usize);
        let source = prop::option::of("[a-z ,\"']{1,6}");
        let parts = (
            span(length),
            entity_type(),
            span(length),
            entity_type(),
            label,
            source,
            "([ \"'a,가]{0,2}x)?",
        );
        parts.prop_map(
            move |(subject, subject_type, object, object_type, label, source, extra)| Example {
                id: extra,
                sentence: sentence.clone(),
                subject: Entity {
                    span: subject,
                    entity_type: subject_type.to_owned(),
                },
                object: Entity {
                    span: object,
                    entity_type: object_type.to_owned(),
                },
                label: label.and_then(|label| SPEC.labels.at(label)),
                source,
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn examples_survive_every_form(examples in examples()) {
        let folder = tempfile::tempdir().unwrap();
        for (form, name) in FORMS {
            write_examples(&folder.path().join(name), &examples, form, &SPEC).unwrap();
            let described = form.describe(&SPEC, Path::new(name), Role::Train);
            prop_assert_eq!(&described.read(folder.path(), Role::Train).unwrap(), &examples, "{}", name);
        }
    }
}

#[test]
fn descriptions_survive_their_file() {
    let again = |spec: &DatasetSpec| DatasetSpec::parse(&spec.to_toml().unwrap(), Path::new("d.toml")).unwrap();
    assert_eq!(again(&SPEC), *SPEC);
    for (form, name) in FORMS {
        let described = form.describe(&SPEC, Path::new(name), Role::Test);
        assert_eq!(again(&described), described);
        // A relation called 100 leaves another mark for rows without one.
        assert_eq!(described.unlabelled, ["unlabelled".to_owned()].into());
    }
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let mut found = vec![fixtures.join("dataset.toml")];
    for folder in [fixtures.join("formats"), datasets] {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        found.extend(entries.map(|path| if path.is_dir() { path.join("dataset.toml") } else { path }));
    }
    found.retain(|path| path.is_file() && path.extension().is_some_and(|extension| extension == "toml"));
    assert!(found.len() >= 10, "{found:?}");
    for path in found {
        let spec = DatasetSpec::from_file(&path).unwrap();
        assert_eq!(again(&spec), spec, "{}", path.display());
    }
}

#[test]
fn the_forms_are_those_of_klue_and_of_the_competition() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let spec = DatasetSpec::from_file(&fixtures.join("dataset.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (role, original) in [(Role::Train, "train.csv"), (Role::Test, "test.csv")] {
        let examples = spec.read(&fixtures, role).unwrap();
        let path = folder.path().join(original);
        write_examples(&path, &examples, WrittenForm::CompetitionCsv, &spec).unwrap();
        // The fixture was written by pandas.
        let expected = std::fs::read_to_string(fixtures.join(original)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    }
    let mut examples = spec.read(&fixtures, Role::Train).unwrap();
    for example in &mut examples {
        example.id.insert_str(0, "tiny-");
    }
    let path = folder.path().join("train.json");
    write_examples(&path, &examples, WrittenForm::KlueJson, &spec).unwrap();
    let value = |path: &Path| -> serde_json::Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    assert_eq!(value(&path), value(&fixtures.join("train.json")));
}
