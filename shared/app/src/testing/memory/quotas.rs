use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::ApiKeyId;
use patchbay_domain::quota::{RequestLimits, Usage, Window};

use super::Store;
use crate::ports::{PortResult, Quotas, Taken};

/// How many requests passed in each window.
pub(super) type RequestTable = BTreeMap<(ApiKeyId, Window, i64), u32>;

#[async_trait]
impl Quotas for Store {
    async fn take(
        &self,
        key: ApiKeyId,
        limits: RequestLimits,
        now: Timestamp,
    ) -> PortResult<Taken> {
        let requests = &mut self.tables().requests;
        let place = |window: Window| (key, window, window.number(now));
        let count = |requests: &RequestTable, window| {
            requests.get(&place(window)).copied().unwrap_or_default()
        };
        let usage = |requests: &RequestTable| Usage {
            limits,
            in_minute: count(requests, Window::Minute),
            in_day: count(requests, Window::Day),
            at: now,
        };
        if usage(requests).exhausted().next().is_some() {
            return Ok(Taken::Exhausted(usage(requests)));
        }
        for window in Window::ALL {
            *requests.entry(place(window)).or_default() += 1;
        }
        Ok(Taken::Granted(usage(requests)))
    }
}
