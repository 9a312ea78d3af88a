//! What the driver's own program tells of a device.

use std::{
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Between two looks.
const EVERY: Duration = Duration::from_millis(250);

/// Looks at the memory in use on a device until it is asked; other programs' memory there counts too.
pub(super) struct Watch {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<Option<u64>>>,
}

impl Watch {
    /// Begins to look; at devices that `nvidia-smi` does not know there is nothing to see.
    pub(super) fn begin(device: &str) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let thread = index(device).map(|index| {
            let ends = Arc::clone(&ends);
            thread::spawn(move || {
                let mut peak = None;
                while !ends.load(Ordering::Relaxed) {
                    peak = peak.max(query(index, "memory.used").and_then(|mib| mib.parse().ok()));
                    thread::sleep(EVERY);
                }
                peak
            })
        });
        Self { ends, thread }
    }

    /// The most that was in use, in MiB.
    pub(super) fn end(mut self) -> Option<u64> {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.take()?.join().ok()?
    }
}

impl Drop for Watch {
    /// What was watched may have failed.
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

/// The device's name and driver, where they can be told.
pub(super) fn device_name(device: &str) -> Option<String> {
    query(index(device)?, "name,driver_version")
}

fn index(device: &str) -> Option<usize> {
    match device.split_once(':') {
        None if device == "cuda" => Some(0),
        Some(("cuda", index)) => index.parse().ok(),
        _ => None,
    }
}

fn query(index: usize, what: &str) -> Option<String> {
    let output = Command::new("nvidia-smi")
        .args([
            &format!("--query-gpu={what}"),
            "--format=csv,noheader,nounits",
            "-i",
            &index.to_string(),
        ])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_the_index_in_their_name() {
        let all = ["cuda", "cuda:0", "cuda:3", "wgpu", "wgpu:1", "cpu"].map(index);
        assert_eq!(all, [Some(0), Some(0), Some(3), None, None, None]);
        assert_eq!(Watch::begin("cpu").end(), None);
    }
}
