//! How much memory a process takes, as Linux tells it.

use std::fs;

use anyhow::{Context, Result};

/// A process by its number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process(pub(super) u32);

impl Process {
    /// Bytes that it holds now.
    pub(super) fn resident(self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// The most bytes that it held since the peak was forgotten.
    pub(super) fn peak(self) -> Result<u64> {
        self.status("VmHWM:")
    }

    /// The peak is what it holds now. (`proc_pid_clear_refs(5)`)
    pub(super) fn forget_peak(self) -> Result<()> {
        let file = format!("/proc/{}/clear_refs", self.0);
        fs::write(&file, "5").with_context(|| format!("{file}: the peak can't be reset"))
    }

    fn status(self, field: &str) -> Result<u64> {
        let file = format!("/proc/{}/status", self.0);
        let status = fs::read_to_string(&file)
            .with_context(|| format!("{file}: memory is measured on Linux only"))?;
        bytes(&status, field).with_context(|| format!("{file} has no {field}"))
    }
}

/// Of a line such as `VmRSS:     1234 kB`.
fn bytes(status: &str, field: &str) -> Option<u64> {
    let mut lines = status.lines();
    let amount = lines.find_map(|line| line.strip_prefix(field))?;
    let kibibytes: u64 = amount.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n";
        assert_eq!(bytes(status, "VmRSS:"), Some(1 << 20));
        assert_eq!(bytes(status, "VmHWM:"), Some(2 << 20));
        assert_eq!(bytes(status, "VmSwap:"), None);
    }
}
