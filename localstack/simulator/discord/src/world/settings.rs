use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Change, Rejection, World};

const MIB: u64 = 1024 * 1024;

/// So many requests in so long a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateLimit {
    pub(crate) limit: u32,
    pub(crate) per_ms: u64,
}

const fn limit(limit: u32, per_ms: u64) -> RateLimit {
    RateLimit { limit, per_ms }
}

/// Every knob that stays turned, also across a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own that the operator turns"
)]
pub(crate) struct Settings {
    pub(crate) heartbeat_interval_ms: u64,
    /// How long a session without a connection can be resumed.
    pub(crate) session_ttl_s: u64,
    /// How many events a session keeps for a RESUME.
    pub(crate) replay_limit: usize,
    pub(crate) nonce_window_s: u64,
    /// How long a code can be exchanged for tokens.
    pub(crate) oauth2_code_ttl_s: u64,
    /// How long an access token can be used.
    pub(crate) oauth2_token_ttl_s: u64,
    pub(crate) identify_limit: u32,
    pub(crate) identify_window_s: u64,
    pub(crate) max_concurrency: u32,
    /// The window of `max_concurrency`.
    pub(crate) identify_interval_ms: u64,
    /// Gateway commands a connection may send in 60 s.
    pub(crate) gateway_commands_per_minute: u32,
    /// Sends every dispatch twice, with the same sequence number.
    pub(crate) duplicate_events: bool,
    /// Sends no dispatch, and never makes up for it.
    pub(crate) lose_events: bool,
    /// Sends events about messages two by two in the wrong order.
    pub(crate) reorder_events: bool,
    /// Hangs up on every connection, to REST and to the gateway.
    pub(crate) refuse_connections: bool,
    /// Hangs up on gateway connections only.
    pub(crate) refuse_gateway: bool,
    /// Whether links in messages are shown as embeds, and how long after the message.
    pub(crate) link_previews: bool,
    pub(crate) link_preview_delay_ms: u64,
    /// Holds bots to slow mode too, unless they may bypass it.
    pub(crate) slow_mode_for_bots: bool,
    /// Files of one message.
    pub(crate) attachment_limit: usize,
    /// Bytes of one file.
    pub(crate) file_size_limit: u64,
    /// Bytes of one request with everything in it.
    pub(crate) request_size_limit: u64,
    /// How long a link to a file is good.
    pub(crate) cdn_link_ttl_s: u64,
    pub(crate) global_limit: RateLimit,
    pub(crate) invalid_request_limit: RateLimit,
    /// By route, as in `POST /channels/{}/messages`.
    pub(crate) rate_limits: BTreeMap<String, RateLimit>,
    pub(crate) default_rate_limit: RateLimit,
}

impl Default for Settings {
    fn default() -> Self {
        let rate_limits = [
            ("POST /channels/{}/messages", limit(5, 5_000)),
            ("PATCH /channels/{}/messages/{}", limit(5, 5_000)),
            ("DELETE /channels/{}/messages/{}", limit(5, 1_000)),
            ("POST /channels/{}/messages/bulk-delete", limit(5, 5_000)),
            ("GET /channels/{}/messages", limit(10, 5_000)),
            ("GET /channels/{}/messages/{}", limit(10, 5_000)),
            ("PATCH /channels/{}", limit(5, 15_000)),
            (
                "PUT /channels/{}/messages/{}/reactions/{}/@me",
                limit(1, 250),
            ),
            ("POST /webhooks/{}/{}", limit(5, 2_000)),
            ("PATCH /webhooks/{}/{}/messages/{}", limit(5, 2_000)),
            ("DELETE /webhooks/{}/{}/messages/{}", limit(5, 2_000)),
            ("GET /webhooks/{}/{}/messages/{}", limit(5, 2_000)),
        ];
        Self {
            heartbeat_interval_ms: 41_250,
            session_ttl_s: 180,
            replay_limit: 10_000,
            nonce_window_s: 300,
            oauth2_code_ttl_s: 100,
            oauth2_token_ttl_s: 604_800,
            identify_limit: 1_000,
            identify_window_s: 24 * 3600,
            max_concurrency: 1,
            identify_interval_ms: 5_000,
            gateway_commands_per_minute: 120,
            duplicate_events: false,
            lose_events: false,
            reorder_events: false,
            refuse_connections: false,
            refuse_gateway: false,
            link_previews: true,
            link_preview_delay_ms: 200,
            slow_mode_for_bots: false,
            attachment_limit: 10,
            file_size_limit: 10 * MIB,
            request_size_limit: 25 * MIB,
            cdn_link_ttl_s: 24 * 3600,
            global_limit: limit(50, 1_000),
            invalid_request_limit: limit(10_000, 600_000),
            rate_limits: rate_limits
                .map(|(route, limit)| (route.to_owned(), limit))
                .into(),
            default_rate_limit: limit(10, 1_000),
        }
    }
}

impl Settings {
    pub(crate) fn rate_limit(&self, route: &str) -> RateLimit {
        self.rate_limits
            .get(route)
            .copied()
            .unwrap_or(self.default_rate_limit)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ChangeSettings {
    pub(crate) settings: Arc<Settings>,
}

impl Change for ChangeSettings {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        world.settings = self.settings;
        Ok(())
    }
}
