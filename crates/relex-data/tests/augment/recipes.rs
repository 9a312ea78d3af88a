//! What each recipe makes and refuses.

use std::collections::BTreeMap;

use relex_data::{Amount, AugmentConfig, Augmentation, Balance, Example, Paraphrase, Refusal, TrainingRows, augment};

use crate::family::{examples, manifest, spec, with_rows};

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
        (
            example.id.clone(),
            text,
            spec.labels.name(example.label.unwrap()).to_owned(),
        )
    };
    augmentation
        .children
        .iter()
        .map(|child| show(child.example()))
        .collect()
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
            [
                (Refusal::Present, 2),
                (Refusal::Conflicting, 1),
                (Refusal::NoInverse, 1)
            ]
            .into()
        );
    });
}

#[test]
fn a_role_that_no_such_entity_has_is_refused() {
    let spec = spec();
    let mut examples = examples();
    examples[2].object.entity_type = "POH".to_owned(); // a spouse that is named by a word such as 아내
    let (manifest, fold) = manifest(&examples);
    let rows = TrainingRows::of(&manifest, &examples, &spec, fold).unwrap();
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
            [
                "[도예린]은 {사람}과 결혼했다.",
                "[사람]은 {나무결}과 결혼했다.",
                "[사람]은 {사람}과 결혼했다."
            ]
        );
        // Row 6: 오누리는 → 사람은.
        assert!(
            shown(&augmentation)
                .iter()
                .any(|(_, text, _)| text == "[사람]은 {온누리}의 아버지다.")
        );
        assert!(augmentation.recipes[0].particles_changed > 0);

        let config = recipe("entity-masking=[MASK]");
        let masked = augment(rows, &config).unwrap();
        assert!(
            masked
                .children
                .iter()
                .all(|child| child.example().sentence.contains("[MASK]"))
        );
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
            assert!(
                !sentence.contains("검은별") && !sentence.contains("흰구름"),
                "{sentence} knows a validation row"
            );
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
                of("0", "한지호를 낳은 이는 한서윤이다."),
                of("2", "도예린의 짝은 나무결이고, 나무결의 짝은 도예린이다."),
                of("8", "검은별의 짝은 흰구름이다."),
                of("5", "문가람은 도예린을 모른다."),
            ],
            ..recipe("paraphrase")
        };
        let augmentation = augment(rows, &config).unwrap();
        let made: Vec<(String, String)> = shown(&augmentation)
            .into_iter()
            .map(|(id, text, _)| (id, text))
            .collect();
        let row = |id: &str, text: &str| (id.to_owned(), text.to_owned());
        assert_eq!(
            made,
            [
                row("0+paraphrase-1", "{한지호}의 어머니는 [한서윤]이다."),
                row("0+paraphrase-3", "{한지호}를 낳은 이는 [한서윤]이다."),
            ]
        );
        assert_eq!(
            refused(&augmentation),
            [
                (Refusal::UnknownParent, 1),
                (Refusal::LabelLeftOut, 1),
                (Refusal::SubjectMissing, 1),
                (Refusal::SubjectRepeated, 1)
            ]
            .into()
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
    let (manifest, fold) = manifest(&examples);
    let rows = TrainingRows::of(&manifest, &examples, &spec, fold).unwrap();
    let error = augment(&rows, &recipe("role-swap")).unwrap_err().to_string();
    assert!(
        error.contains("`2+role-swap-1` is needed for a child of `2`"),
        "{error}"
    );
}
