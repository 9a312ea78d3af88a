//! Every format, from small files of our own.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::path::{Path, PathBuf};

use relex_data::{DatasetSpec, Example, Role, parse_examples};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats")
}

fn spec(name: &str) -> DatasetSpec {
    DatasetSpec::from_file(&folder().join(format!("{name}.toml"))).unwrap()
}

/// Id, subject, its type, object, its type, label of every row.
fn check(name: &str, role: Role, expected: &[[&str; 6]]) -> Vec<Example> {
    let spec = spec(name);
    let examples = spec.read(&folder(), role).unwrap();
    let found: Vec<[&str; 6]> = examples
        .iter()
        .map(|example| {
            [
                example.id.as_str(),
                example.subject_word(),
                &example.subject.entity_type,
                example.object_word(),
                &example.object.entity_type,
                example.label.map_or("", |label| spec.labels.name(label)),
            ]
        })
        .collect();
    assert_eq!(found, expected);
    examples
}

#[test]
fn semeval_text() {
    let rows = [
        ["1", "kettle", "NOM", "stove", "NOM", "Other"],
        ["2", "sun", "NOM", "fire", "NOM", "Entity-Origin(e2,e1)"],
        ["3", "sailors", "NOM", "crew", "NOM", "Member-Collection(e1,e2)"],
    ];
    let examples = check("semeval", Role::Train, &rows);
    assert_eq!(
        examples[1].sentence,
        "\"Heat,\" she said, \"comes from the sun\" and fire."
    );
    assert_eq!(examples[2].sentence, "The crew of 3 < 4 sailors left.");
    let rows = [
        ["4", "baker", "NOM", "bread", "NOM", ""],
        ["5", "Rain", "NOM", "floods", "NOM", ""],
    ];
    check("semeval", Role::Test, &rows);
}

#[test]
fn tokens_and_their_offsets() {
    let rows = [
        ["a1", "Ada Byron", "PERSON", "chief engineer", "TITLE", "per:title"],
        ["a2", "Acme", "ORGANIZATION", "Bo", "PERSON", "no_relation"],
    ];
    let examples = check("tacred", Role::Train, &rows);
    assert_eq!(examples[0].sentence, "Ada Byron , the 😀 chief engineer .");
    assert_eq!(
        (examples[0].object.span.start(), examples[0].object.span.end()),
        (18, 32)
    );
}

#[test]
fn a_column_for_each_part_and_a_nameless_one_for_ids() {
    let rows = [
        ["7", "Bo", "PER", "Rome", "LOC", "lives_in"],
        ["9", "Bo's bakery", "ORG", "Rome", "LOC", "none"],
    ];
    check("flat", Role::Train, &rows);
    assert_eq!(spec("flat").labels.names(), ["none", "lives_in"]);
}

#[test]
fn keys_in_keys_and_no_ids() {
    let rows = [
        ["1", "Bo", "THING", "the baker", "THING", "met"],
        ["2", "Ada", "THING", "slept .", "THING", "none"],
    ];
    check("nested", Role::Train, &rows);
}

#[test]
fn words_alone() {
    let rows = [
        ["1", "Bo", "THING", "bread", "THING", "bakes"],
        ["2", "Ada", "THING", "👩‍👩‍👧", "THING", "none"],
    ];
    check("words", Role::Train, &rows);
}

/// What is wrong with the one row, for a set's description.
fn refuses(name: &str, role: Role, text: &str, parts: &[&str]) {
    let spec = spec(name);
    let path = Path::new("data.x");
    let file = relex_data::FileSpec {
        role,
        ..spec.files[0].clone()
    };
    let message = parse_examples(text.as_bytes(), path, &file, &spec)
        .unwrap_err()
        .to_string();
    assert!(message.starts_with("data.x"), "{message}");
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn bad_semeval_text() {
    let refuses = |text: &str, parts: &[&str]| refuses("semeval", Role::Train, text, parts);
    refuses(
        "one sentence\n",
        &[
            "row 1 (line 1)",
            "`one sentence` is not a number and a sentence",
            "15<tab>",
        ],
    );
    refuses(
        "\n\n1 \"A <e1>b</e1> <e2>c</e2>.\n",
        &["row 1 (line 3)", "double quotes"],
    );
    let row =
        |sentence: &str, rest: &str| format!("1\t\"x <e1>a</e1> <e2>b</e2>\"\nOther\n\n2\t\"{sentence}\"\n{rest}\n");
    let good = "x <e1>a</e1> <e2>b</e2>";
    refuses(
        &row(good, ""),
        &[
            "row 2 (line 4), column `label`",
            "nothing stands where a line with the label",
        ],
    );
    refuses(
        &row(good, "Othr"),
        &["row 2 (line 4), column `label`", "did you mean `Other`?"],
    );
    refuses(&row(good, "Other\nand more"), &["a second line `and more`", "Comment:"]);
    refuses(&row("<e1>a</e1>", "Other"), &["column `e2`", "no <e2>"]);
    refuses(&row("<e1>a <e2>b</e2>", "Other"), &["column `e1`", "no </e1>"]);
    refuses(
        &row("<e1></e1> <e2>b</e2>", "Other"),
        &["column `e1`", "nothing between <e1> and </e1>"],
    );
    refuses(
        &row("</e1>a<e1> <e2>b</e2>", "Other"),
        &["nothing between <e1> and </e1>"],
    );
    refuses(&row("<e1>a</e1> <e1>b</e1>", "Other"), &["a second <e1>"]);
}

#[test]
fn bad_tokens() {
    let row = |token: &str, start: &str, end: &str| {
        format!(
            "[\n{{\"id\": 1, \"token\": {token}, \"subj_start\": {start}, \"subj_end\": {end}, \"subj_type\": \"PERSON\",
              \"obj_start\": 0, \"obj_end\": 0, \"obj_type\": \"PERSON\", \"relation\": \"no_relation\"}}]"
        )
    };
    let refuses = |text: &str, parts: &[&str]| refuses("tacred", Role::Train, text, parts);
    let tokens = "[\"a\", \"\", \"b\"]";
    refuses(
        &row(tokens, "0", "3"),
        &["row 1 (line 2), column `subj_end`", "subj_end = 3", "3 tokens"],
    );
    refuses(&row(tokens, "-1", "0"), &["column `subj_start`", "subj_start = -1"]);
    refuses(&row(tokens, "2", "1"), &["begins at 2 and would be empty"]);
    refuses(&row(tokens, "1", "1"), &["would be empty"]);
    refuses(
        &row(tokens, "9223372036854775807", "9223372036854775807"),
        &["out of range"],
    );
    refuses(&row(tokens, "\"x\"", "1"), &["`x` stands where a whole number"]);
    refuses(&row("[\"a\", 1]", "0", "0"), &["column `token`", "a list of tokens"]);
    refuses(&row("[]", "0", "0"), &["column `token`", "nothing stands where a text"]);
    refuses(
        &row(tokens, "0", "0").replace("subj_type", "subj_tpye"),
        &["column `subj_type`", "did you mean `subj_tpye`?"],
    );
}

#[test]
fn bad_words() {
    let refuses =
        |row: &str, parts: &[&str]| refuses("words", Role::Train, &format!("text,who,what,relation\n{row}\n"), parts);
    refuses(
        "하하하 웃는다,하하,웃는다,none",
        &[
            "row 1 (line 2), column `who`",
            "`하하` stands in the sentence more than once",
            "0..2, 1..3",
        ],
    );
    refuses("a b,c,b,none", &["column `who`", "`c` stands nowhere"]);
    refuses("a b,,b,none", &["column `who`", "nothing stands where a text"]);
    refuses(
        &format!("{},a,b,none", "a".repeat(1 << 20)),
        &["more than once", "19..20 and more"],
    );
}

#[test]
fn bad_lines_and_columns() {
    refuses(
        "nested",
        Role::Train,
        "{\"token\": []\n",
        &["row 1 (line 1)", "not JSON at character", "whole"],
    );
    refuses(
        "nested",
        Role::Train,
        "\n[1]\n",
        &["row 1 (line 2)", "an object is needed, not an array"],
    );
    let row = "{\"token\": [\"a\"], \"h\": {\"name\": \"a\", \"pos\": [0]}, \"t\": {}, \"relation\": \"none\"}";
    refuses(
        "nested",
        Role::Train,
        row,
        &["column `h`", "no key `pos.1`", "`name`, `pos`"],
    );
    refuses(
        "flat",
        Role::Train,
        "id,text\n1,a\n",
        &["line 1, column ``", "the file has `id`, `text`"],
    );
    refuses(
        "flat",
        Role::Train,
        ",text,subject_word,subject_start,subject_end,subject_type,object_word,object_start,object_end,object_type,relation\n\
         1,a b,a,,1,PER,b,2,3,PER,none\n",
        &["column `subject_start`", "nothing stands where a whole number"],
    );
}
