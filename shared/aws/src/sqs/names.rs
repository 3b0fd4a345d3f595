use patchbay_app::ports::ControlTarget;
use patchbay_domain::ids::PartitionId;

/// What the queues are called.
#[derive(Debug, Clone)]
pub(crate) struct QueueNames {
    prefix: String,
}

impl QueueNames {
    pub(crate) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
        }
    }

    pub(crate) fn tasks(&self, partition: PartitionId) -> String {
        format!("{}tasks-{partition}.fifo", self.prefix)
    }

    pub(crate) fn dead_tasks(&self) -> String {
        format!("{}tasks-dead.fifo", self.prefix)
    }

    pub(crate) fn controls(&self, target: ControlTarget) -> String {
        match target {
            ControlTarget::Partition(partition) => format!("{}control-{partition}", self.prefix),
            ControlTarget::Gateway => format!("{}control-gateway", self.prefix),
        }
    }

    pub(crate) fn dead_controls(&self) -> String {
        format!("{}control-dead", self.prefix)
    }
}
