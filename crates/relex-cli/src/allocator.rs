//! mimalloc, told to keep the pages that it has.
//!
//! Large tensors come and go thousands of times a minute; giving their pages back to the system
//! and faulting them in again costs about a sixth of a training step. mimalloc reads its options
//! from the environment before `main`, so the program starts itself again with the option set.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PURGE_DELAY: &str = "MIMALLOC_PURGE_DELAY";
/// Which device Burn takes where none is named, as it does for what an optimiser remembered while that is read from a
/// checkpoint. Left to itself it would take a GPU that the program was built for, even on a machine without one.
const DEFAULT_DEVICE: &str = "BURN_DEVICE";

/// Starts the program again with the option, unless the user has set it. Returns if that cannot be
/// done; the program then runs as it is, only slower.
#[cfg(unix)]
pub(crate) fn keep_pages() {
    use std::os::unix::process::CommandExt;

    if std::env::var_os(PURGE_DELAY).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_else(|| "relex".into());
    let _failed = std::process::Command::new(program)
        .arg0(name)
        .args(arguments)
        .env(PURGE_DELAY, "-1")
        .env(DEFAULT_DEVICE, "flex")
        .exec();
}

/// Nothing: other systems cannot replace a running program.
#[cfg(not(unix))]
pub(crate) fn keep_pages() {}
