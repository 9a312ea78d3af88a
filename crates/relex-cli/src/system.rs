//! What only the operating system knows.

/// The process's largest resident memory in MiB, where `/proc` tells it.
pub(crate) fn peak_memory_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

/// Where downloads are kept: `$RELEX_CACHE`, else `relex` in the user's cache folder.
pub(crate) fn cache_folder() -> Option<std::path::PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(std::path::PathBuf::from);
    folder("RELEX_CACHE")
        .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("relex")))
        .or_else(|| Some(folder("HOME")?.join(".cache/relex")))
        .or_else(|| Some(folder("LOCALAPPDATA")?.join("relex")))
}
