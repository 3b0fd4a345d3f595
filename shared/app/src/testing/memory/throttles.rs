use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::throttle::Window;

use super::Store;
use crate::ports::{PortResult, Throttles};

pub(super) type TryTable = BTreeMap<Window, u32>;

#[async_trait]
impl Throttles for Store {
    async fn take(&self, window: &Window, most: u32) -> PortResult<bool> {
        let mut tables = self.tables();
        let tries = tables.tries.entry(window.clone()).or_default();
        let is_left = *tries < most;
        *tries += u32::from(is_left);
        Ok(is_left)
    }

    async fn give_back(&self, window: &Window) -> PortResult<()> {
        if let Some(tries) = self.tables().tries.get_mut(window) {
            *tries = tries.saturating_sub(1);
        }
        Ok(())
    }
}
