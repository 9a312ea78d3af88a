use super::reference::{self, TableReference};

/// What keys are called elsewhere, on the command line or in other programs, and here.
const OTHER_NAMES: [(&str, &str); 8] = [
    ("data_dir", "folder"),
    ("files", "folder"),
    ("lr", "learning_rate"),
    ("max_grad_norm", "max_gradient_norm"),
    ("warmup_ratio", "warmup"),
    ("warmup_steps", "warmup"),
    ("num_train_epochs", "epochs"),
    ("max_length", "max_tokens"),
];

/// The key that does not exist, if that is the error.
pub(super) fn unknown_key(error: &toml::de::Error) -> Option<&str> {
    error
        .message()
        .starts_with("unknown field")
        .then(|| error.message().split('`').nth(1))?
}

/// The parser's message about a value in `table`, which is of this kind if it has one: for a key or a name that does not
/// exist with the nearest one, or with the kind that has it.
pub(super) fn explain(error: &toml::de::Error, tables: &[TableReference], table: &str, kind: Option<&str>) -> String {
    let message = error.message().trim_end();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(unknown) = quoted.next().filter(|_| message.starts_with("unknown")) else {
        return message.to_owned();
    };
    let own_keys = reference::keys_of(tables, table, kind);
    let is_key = unknown_key(error).is_some();
    // Of a table with kinds the parser knows only the keys of the kind.
    let (message, known) = if is_key && !own_keys.is_empty() && quoted.clone().all(|key| own_keys.contains(&key)) {
        let listed: Vec<String> = own_keys.iter().map(|key| format!("`{key}`")).collect();
        let message = format!("unknown field `{unknown}`, expected one of {}", listed.join(", "));
        (message, own_keys)
    } else {
        (message.to_owned(), quoted.collect())
    };
    let owners = reference::kinds_with(tables, table, unknown);
    if is_key && !owners.is_empty() {
        let kind = kind.unwrap_or("none");
        return format!(
            "{message}\n`{unknown}` is a key of {table}.kind = \"{}\"; here the kind is \"{kind}\"",
            owners.join("\" and \"")
        );
    }
    if let Some((_, name)) = OTHER_NAMES
        .iter()
        .find(|(other, name)| *other == unknown && known.contains(name))
    {
        return format!("{message}\ndid you mean `{name}`?");
    }
    let nearest = known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len() / 2);
    match nearest {
        Some((_, name)) => format!("{message}\ndid you mean `{name}`?"),
        None => message,
    }
}
