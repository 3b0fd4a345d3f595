use serde::{Deserialize, Serialize};

use super::{Change, ConnectionId, Rejection, Session, SessionId, Shard, World};
use crate::ids::ApplicationId;
use crate::intents::Intents;
use crate::time::Timestamp;

/// How often an application has identified lately.
#[derive(Debug, Default)]
pub(crate) struct IdentifyBudget {
    window_start: Timestamp,
    used: u32,
    /// The latest identifies, each with the key that `max_concurrency` counts by.
    recent: Vec<(Timestamp, u64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdentifyRefusal {
    /// More than the day's budget.
    BudgetSpent,
    /// More than `max_concurrency` within its window.
    TooSoon,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Identify {
    pub(crate) session: SessionId,
    pub(crate) application: ApplicationId,
    pub(crate) intents: Intents,
    pub(crate) shard: Shard,
    pub(crate) connection: ConnectionId,
    /// Where the client is told to resume.
    pub(crate) gateway_url: String,
}

impl Change for Identify {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let mut session = Session::new(
            self.session.clone(),
            self.application,
            self.intents,
            self.shard,
            self.connection,
        );
        let most = world.settings.replay_limit;
        let ready = world.render_ready(&session, &self.gateway_url)?;
        session.push("READY", &ready, most);
        if self.intents.contains(Intents::GUILDS) {
            for guild in world.guilds_of(session.bot()) {
                if self.shard.holds(Some(guild.id)) {
                    let payload = world.render_guild_create(guild, session.bot());
                    session.push("GUILD_CREATE", &payload, most);
                }
            }
        }
        world.sessions.insert(self.session, session);
        world.spend_identify(self.application, self.shard);
        Ok(())
    }
}

impl World {
    pub(crate) fn identify_refusal(
        &self,
        application: ApplicationId,
        shard: Shard,
        now: Timestamp,
    ) -> Option<IdentifyRefusal> {
        let settings = &self.settings;
        if self.identifies_left(application, now) == 0 {
            return Some(IdentifyRefusal::BudgetSpent);
        }
        let key = shard.id % u64::from(settings.max_concurrency.max(1));
        let recent = &self.budgets.get(&application)?.recent;
        recent
            .iter()
            .any(|&(at, of)| of == key && now.millis_since(at) < settings.identify_interval_ms)
            .then_some(IdentifyRefusal::TooSoon)
    }

    fn spend_identify(&mut self, application: ApplicationId, shard: Shard) {
        let (now, window) = (
            self.now,
            self.settings.identify_window_s.saturating_mul(1000),
        );
        let interval = self.settings.identify_interval_ms;
        let key = shard.id % u64::from(self.settings.max_concurrency.max(1));
        let budget = self.budgets.entry(application).or_default();
        if now.millis_since(budget.window_start) >= window {
            budget.window_start = now;
            budget.used = 0;
        }
        budget.used += 1;
        budget
            .recent
            .retain(|&(at, _)| now.millis_since(at) < interval);
        budget.recent.push((now, key));
    }

    pub(crate) fn identifies_left(&self, application: ApplicationId, now: Timestamp) -> u32 {
        let used = self.budgets.get(&application).map_or(0, |budget| {
            let window = self.settings.identify_window_s.saturating_mul(1000);
            if now.millis_since(budget.window_start) < window {
                budget.used
            } else {
                0
            }
        });
        self.settings.identify_limit.saturating_sub(used)
    }

    /// How many milliseconds until the budget is whole again.
    pub(crate) fn identifies_reset_after(&self, application: ApplicationId, now: Timestamp) -> u64 {
        self.budgets.get(&application).map_or(0, |budget| {
            let window = self.settings.identify_window_s.saturating_mul(1000);
            window.saturating_sub(now.millis_since(budget.window_start))
        })
    }
}
