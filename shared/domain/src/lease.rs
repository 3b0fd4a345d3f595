use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{ConnectorId, PartitionId};
use crate::time::Timestamp;

/// What has one owner at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeaseName {
    Partition(PartitionId),
    /// The Discord gateway connection of one shard.
    GatewayShard(u32),
}

impl fmt::Display for LeaseName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partition(partition) => write!(formatter, "partition-{partition}"),
            Self::GatewayShard(shard) => write!(formatter, "gateway-{shard}"),
        }
    }
}

/// A fencing token: grows with each change of owner, so that a write of a former owner, however
/// late, can be told from one of the present owner and refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub u64);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub name: LeaseName,
    pub owner: ConnectorId,
    pub fence: Fence,
    pub expires_at: Timestamp,
}
