//! Duplicates, contradictions and role swaps.

use super::html::{Column, details, ids, name, sentence, table};
use super::plot;
use crate::audit::{Audit, GroupSample, RoleSwap};
use crate::terminal::{SHOWN, count, number, percent};

use crate::audit::table::meaning;

#[expect(clippy::cast_precision_loss, reason = "row counts lie far below 2^52")]
pub(super) fn duplicates(audit: &Audit) -> String {
    let rows: Vec<Vec<String>> = audit
        .duplicates
        .iter()
        .map(|tier| {
            let share = tier.repeated_rows as f64 / audit.rows.max(1) as f64;
            vec![
                meaning(tier.tier).to_owned(),
                plot::bars(&[(share, "bar")]),
                number(tier.repeated_rows),
                number(tier.repeated_groups),
                number(tier.largest),
                percent(tier.exposed),
            ]
        })
        .collect();
    let columns = [
        ("Tier", Column::Text),
        ("Share of rows", Column::Plot),
        ("Rows", Column::Number),
        ("Groups", Column::Number),
        ("Largest", Column::Number),
        ("Exposed", Column::Number),
    ];
    let samples: String = audit
        .duplicates
        .iter()
        .filter(|tier| !tier.samples.is_empty())
        .map(|tier| {
            let groups: String = tier.samples.iter().map(sample).collect();
            details(
                &format!("Largest groups: {}", meaning(tier.tier)),
                &format!("<ol class=\"rows\">\n{groups}</ol>\n"),
            )
        })
        .collect();
    format!(
        "<h2>Duplicates</h2>\n<p class=\"note\">Rows in groups of two or more. Exposed: the share of validation rows with a copy in training, \
         if a tenth of the rows were drawn at random.</p>\n{}{samples}",
        table("Duplicates", &columns, &rows)
    )
}

fn sample(group: &GroupSample) -> String {
    let sentences: String = group.sentences.iter().map(|text| sentence(text)).collect();
    format!(
        "<li>{sentences}<p class=\"facts\">{}: {}</p></li>\n",
        count(group.rows, "row"),
        shown_ids(group)
    )
}

fn shown_ids(group: &GroupSample) -> String {
    let shown = ids(&group.ids);
    match group.rows - group.ids.len() {
        0 => shown,
        hidden => format!("{shown} and {} more", number(hidden)),
    }
}

pub(super) fn conflicts(audit: &Audit) -> String {
    let several = audit.sentences_with_several_labels;
    let note = format!(
        "<p class=\"note\">{} in rows of different labels; that is no mistake where the rows ask about different entities.</p>\n",
        count(several, "sentence")
    );
    if audit.conflicts.is_empty() {
        return format!(
            "<h2>Conflicts</h2>\n{note}<p class=\"note\">No rows with the same sentence, subject and object have different labels.</p>\n"
        );
    }
    let items: String = audit
        .conflicts
        .iter()
        .take(SHOWN)
        .map(|conflict| {
            let answers: String = conflict
                .ids
                .iter()
                .zip(&conflict.labels)
                .take(SHOWN)
                .map(|(id, label)| format!("<span><code>{}</code> {}</span>", name(id), label_name(label)))
                .collect();
            format!(
                "<li>{}<p class=\"facts\"><b>{} → {}</b>{answers}</p></li>\n",
                sentence(&conflict.sentence),
                name(&conflict.subject),
                name(&conflict.object)
            )
        })
        .collect();
    format!(
        "<h2>Conflicts</h2>\n{note}<h3>Same sentence, subject and object, but different labels <small>{}</small></h3>\n<ol class=\"rows\">\n{items}</ol>\n{}",
        count(audit.conflicts.len(), "group"),
        more(audit.conflicts.len())
    )
}

pub(super) fn role_swapped(audit: &Audit) -> String {
    if audit.role_swapped.is_empty() {
        return String::new();
    }
    let pairs: Vec<Vec<String>> = audit
        .role_swapped_labels
        .iter()
        .map(|pair| {
            let [left, right] = pair.labels.each_ref().map(|label| label_name(label));
            vec![left, right, number(pair.pairs)]
        })
        .collect();
    let columns = [
        ("Label", Column::Text),
        ("Label the other way round", Column::Text),
        ("Pairs of rows", Column::Number),
    ];
    let (first, rest) = pairs.split_at(pairs.len().min(SHOWN));
    let all = if rest.is_empty() {
        String::new()
    } else {
        details(
            &format!("{} more", number(rest.len())),
            &table("Further label pairs", &columns, rest),
        )
    };
    let samples: String = audit.role_swapped.iter().take(SHOWN).map(swap).collect();
    format!(
        "<h2>Role swaps</h2>\n<p class=\"note\">The same two entities of a sentence, subject and object in one row, object and subject in another. \
         Labels that are not each other's inverse deserve a look.</p>\n{}{all}{}",
        table("Labels of role swaps", &columns, first),
        details(
            &format!(
                "Examples, {} of {}",
                number(audit.role_swapped.len().min(SHOWN)),
                number(audit.role_swapped.len())
            ),
            &format!("<ol class=\"rows\">\n{samples}</ol>\n")
        )
    )
}

fn swap(swap: &RoleSwap) -> String {
    let [here, there] = swap.subjects.each_ref().map(|subject| name(subject));
    let side = |side: usize, from: &str, to: &str| {
        let answers: Vec<String> = swap.labels[side]
            .iter()
            .take(SHOWN)
            .map(|label| label_name(label))
            .collect();
        format!(
            "<span><b>{from} → {to}</b> {} <small>{}</small></span>",
            answers.join(", "),
            ids(&swap.ids[side])
        )
    };
    format!(
        "<li>{}<p class=\"facts\">{}{}</p></li>\n",
        sentence(&swap.sentence),
        side(0, &here, &there),
        side(1, &there, &here)
    )
}

/// A label for people, who would take nothing for a mistake.
fn label_name(label: &str) -> String {
    if label.is_empty() {
        "<i>no label</i>".to_owned()
    } else {
        name(label)
    }
}

fn more(all: usize) -> String {
    if all > SHOWN {
        format!("<p class=\"note\">And {} more.</p>\n", number(all - SHOWN))
    } else {
        String::new()
    }
}
