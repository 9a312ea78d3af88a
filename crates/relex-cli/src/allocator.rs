//! The C library's allocator, told to keep the pages that it has.
//!
//! Large tensors come and go thousands of times a minute; giving their pages back to the system
//! and faulting them in again costs about a sixth of a training step. glibc reads its options from
//! the environment before `main`, so the program starts itself again with the options set. Other C
//! libraries pay no heed to them.

/// Where glibc's options stand, `name=value` between colons.
const OPTIONS: &str = "GLIBC_TUNABLES";
/// From so many bytes on a piece of memory is the system's own and goes back to it: in practice none.
const OWN_PIECES: &str = "glibc.malloc.mmap_threshold=0x1000000000";
/// From so many free bytes at its end on memory goes back to the system: in practice never.
const GIVEN_BACK: &str = "glibc.malloc.trim_threshold=0x1000000000";

/// Starts the program again with the options, unless they are set already. Returns if that cannot be
/// done; the program then runs as it is, only slower.
#[cfg(unix)]
pub(crate) fn keep_pages() {
    use std::os::unix::process::CommandExt;

    let mut options = std::env::var_os(OPTIONS).unwrap_or_default();
    if options.to_string_lossy().contains(OWN_PIECES) {
        return;
    }
    for option in [OWN_PIECES, GIVEN_BACK] {
        if !options.is_empty() {
            options.push(":");
        }
        options.push(option);
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_else(|| "relex".into());
    let _failed = std::process::Command::new(program)
        .arg0(name)
        .args(arguments)
        .env(OPTIONS, options)
        .exec();
}

/// Nothing: other systems cannot replace a running program.
#[cfg(not(unix))]
pub(crate) fn keep_pages() {}
