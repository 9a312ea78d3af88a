//! Tables whose other keys depend on their `kind`.

use toml::{Table, Value};

const TAGGED: [&[&str]; 3] = [&["loss"], &["schedule"], &["model", "head"]];

/// Takes out those that name no kind, and says whether there were any.
pub(super) fn take_untagged(layer: &mut Table) -> bool {
    let mut found = false;
    for path in TAGGED {
        if let [parents @ .., name] = path
            && let Some(parent) = table_at(layer, parents)
            && let Some(Value::Table(table)) = parent.get(*name)
            && !table.contains_key("kind")
        {
            parent.remove(*name);
            found = true;
        }
    }
    found
}

/// Makes a table of `head = "cls"`, so that a layer over it may add `[model.head]` with `width = 2`.
pub(super) fn spell_out(layer: &mut Table) {
    let head = table_at(layer, &["model"]).and_then(|model| model.get_mut("head"));
    if let Some(head) = head
        && let Value::String(kind) = head
    {
        let kind = Value::String(std::mem::take(kind));
        *head = Value::Table([("kind".to_owned(), kind)].into_iter().collect());
    }
}

fn table_at<'a>(table: &'a mut Table, path: &[&str]) -> Option<&'a mut Table> {
    path.iter()
        .try_fold(table, |table, name| table.get_mut(*name)?.as_table_mut())
}
