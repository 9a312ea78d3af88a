//! What only the operating system knows.

/// The process's largest resident memory in MiB, where `/proc` tells it.
pub(crate) fn peak_memory_mib() -> Option<f64> {
    resident_memory_mib().map(|[_, peak]| peak)
}

/// An amount of memory as it is told.
pub(crate) fn in_mib(mib: Option<f64>) -> String {
    mib.map_or("unknown".into(), |mib| format!("{mib:.0} MiB"))
}

/// The process's resident memory in MiB, now and at its largest, where `/proc` tells it.
pub(crate) fn resident_memory_mib() -> Option<[f64; 2]> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mib = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib / 1024.0)
    };
    Some([mib("VmRSS:")?, mib("VmHWM:")?])
}

/// Processor seconds that the process has used in all its threads, where `/proc` tells it.
pub(crate) fn processor_seconds() -> Option<f64> {
    /// Linux counts for user programs in hundredths of a second on every architecture.
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name stands in brackets and may hold anything; user and system time are fields 14 and 15.
    let mut after_name = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || after_name.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_A_SECOND)
}

/// Where downloads are kept: `$RELEX_CACHE`, else `relex` in the user's cache folder.
pub(crate) fn cache_folder() -> Option<std::path::PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(std::path::PathBuf::from)
    };
    folder("RELEX_CACHE")
        .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("relex")))
        .or_else(|| Some(folder("HOME")?.join(".cache/relex")))
        .or_else(|| Some(folder("LOCALAPPDATA")?.join("relex")))
}

/// Makes `link` another name of `file`: a symbolic link with the text `target` where there are such links, else a hard
/// link or a copy.
pub(crate) fn write_link(
    file: &std::path::Path,
    target: &std::path::Path,
    link: &std::path::Path,
) -> std::io::Result<()> {
    #[cfg(unix)]
    if std::os::unix::fs::symlink(target, link).is_ok() {
        return Ok(());
    }
    #[cfg(not(unix))]
    let _ = target;
    std::fs::hard_link(file, link).or_else(|_| std::fs::copy(file, link).map(drop))
}

/// Folders that were not there when it was made; those still empty when it is dropped are removed,
/// so that work that fails leaves none behind.
pub(crate) struct NewFolders(Vec<std::path::PathBuf>);

impl NewFolders {
    /// To be called before `folder` and its parents are made.
    pub(crate) fn before_making(folder: &std::path::Path) -> Self {
        let missing = folder
            .ancestors()
            .take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        Self(missing.map(std::path::Path::to_path_buf).collect())
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // Fails, as it should, where something is in it.
            let _ = std::fs::remove_dir(folder);
        }
    }
}
