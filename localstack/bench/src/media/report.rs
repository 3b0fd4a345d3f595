use serde::Serialize;

/// What transfers took.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// What the connector held before the first of them, with its sessions connected.
    pub(super) idle_rss_bytes: u64,
    pub(super) transfers: Vec<Measured>,
}

#[derive(Debug, Serialize)]
pub(super) struct Measured {
    /// How many at once.
    pub(super) files: usize,
    pub(super) bytes_each: u64,
    pub(super) seconds: f64,
    pub(super) mib_per_second: f64,
    pub(super) peak_rss_above_idle_bytes: u64,
}

impl Report {
    pub(crate) fn table(&self) -> String {
        let mut lines = vec![format!(
            "{:>6}{:>11}{:>10}{:>9}{:>26}",
            "files", "MiB each", "seconds", "MiB/s", "peak above idle, MiB"
        )];
        for measured in &self.transfers {
            lines.push(format!(
                "{:>6}{:>11.1}{:>10.1}{:>9.1}{:>26.1}",
                measured.files,
                mebibytes(measured.bytes_each),
                measured.seconds,
                measured.mib_per_second,
                mebibytes(measured.peak_rss_above_idle_bytes),
            ));
        }
        lines.push(String::new());
        lines.push(format!(
            "The connector alone, in a process of its own, held {:.1} MiB when idle.",
            mebibytes(self.idle_rss_bytes)
        ));
        lines.join("\n") + "\n"
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub(super) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
