use serde_json::{Value, json};

use crate::ids::ApplicationId;
use crate::time::Timestamp;
use crate::world::{Rejection, Session, World};

impl World {
    /// The first event of a session. Its guilds follow one by one.
    pub(crate) fn render_ready(
        &self,
        session: &Session,
        gateway_url: &str,
    ) -> Result<Value, Rejection> {
        let guilds: Vec<Value> = self
            .guilds_of(session.bot())
            .filter(|guild| session.shard.holds(Some(guild.id)))
            .map(|guild| json!({ "id": guild.id, "unavailable": true }))
            .collect();
        let flags = self
            .application(session.application)?
            .intents
            .application_flags();
        Ok(json!({
            "v": 10,
            "user": self.render_self(session.bot())?,
            "guilds": guilds,
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": gateway_url,
            "shard": [session.shard.id, session.shard.count],
            "application": { "id": session.application, "flags": flags },
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "guild_join_requests": [],
            "user_settings": {},
            "geo_ordered_rtc_regions": [],
            "_trace": [],
        }))
    }

    pub(crate) fn render_start_limit(&self, application: ApplicationId, now: Timestamp) -> Value {
        json!({
            "total": self.settings().identify_limit,
            "remaining": self.identifies_left(application, now),
            "reset_after": self.identifies_reset_after(application, now),
            "max_concurrency": self.settings().max_concurrency,
        })
    }
}
