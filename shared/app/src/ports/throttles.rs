use async_trait::async_trait;
use patchbay_domain::throttle::Window;

use super::PortResult;

/// Counts tries in windows of time.
#[async_trait]
pub trait Throttles: Send + Sync {
    /// Counts one try more. False, with no effect, if there were `most` of them already: however
    /// many come at once, no more than that pass.
    async fn take(&self, window: &Window, most: u32) -> PortResult<bool>;
    /// Counts one try less: it was none of those that are to be counted.
    async fn give_back(&self, window: &Window) -> PortResult<()>;
}
