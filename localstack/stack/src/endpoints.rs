use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where everything is, as printed at start and as written to `endpoints.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Users keep the partition that they were put in, so their number stays.
    pub partitions: u16,
    pub api: String,
    pub health: String,
    pub aws: String,
    /// The folder of the mails that were sent.
    #[serde(default)]
    pub mailbox: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulators: Option<SimulatorEndpoints>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimulatorEndpoints {
    pub control: String,
    /// MTProto over TCP.
    pub telegram: String,
    /// REST and gateway.
    pub discord: String,
}

impl Endpoints {
    pub const FILE: &str = "endpoints.json";

    /// Those of an earlier start, if there was one.
    pub(crate) fn read(data: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(data.join(Self::FILE)).ok()?).ok()
    }

    /// Whoever reads the file finds the old one or the new one, never a part.
    pub(crate) fn write(&self, data: &Path) -> io::Result<()> {
        let half = data.join("endpoints.json.new");
        fs::write(&half, serde_json::to_vec_pretty(self)?)?;
        fs::rename(half, data.join(Self::FILE))
    }
}
