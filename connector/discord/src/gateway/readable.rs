//! Whether the channels that pairs read can be read.

use patchbay_app::ports::SourceSeen;
use patchbay_domain::Endpoint;
use patchbay_domain::ids::DiscordGuildId;
use patchbay_domain::pair::SourceLoss;

use super::handler::Handler;
use super::source::Source;
use crate::guilds::Sight;

impl Handler<'_> {
    /// Tells it of the sources in one server, or of all. What can't be noted now is told again with
    /// the next look at all of them.
    pub(super) async fn tell_of_sources(&mut self, of: Option<DiscordGuildId>) {
        let mut seen = Vec::new();
        for source in self.own_sources() {
            if of.is_none_or(|guild| guild == source.guild)
                && let Some(endpoint) = self.sources.borrow().endpoint(source)
                && let Some(lost) = self.loss_of(source, endpoint)
            {
                seen.push(SourceSeen {
                    source: endpoint,
                    lost,
                });
            }
        }
        if seen.is_empty() {
            return;
        }
        if let Err(error) = self.ingest.seen(&seen).await {
            tracing::warn!(
                shard = self.shard,
                error = &error as &dyn std::error::Error,
                "whether sources can be read is not noted yet"
            );
        }
    }

    /// What a history told counts until something is heard of its server.
    pub(super) async fn heard_of(&mut self, guild: DiscordGuildId) {
        self.looks.retain(|source, _| source.guild != guild);
        self.tell_of_sources(Some(guild)).await;
    }

    /// Nothing, if nothing is known of it. The inner one is nothing for what can be read.
    fn loss_of(&self, source: Source, endpoint: Endpoint) -> Option<Option<SourceLoss>> {
        let look = self.looks.get(&source).copied();
        match self.guilds.sight(endpoint) {
            Sight::Gone => Some(Some(SourceLoss::Lost)),
            Sight::Closed => Some(Some(SourceLoss::Unreadable)),
            Sight::Open => Some(look.flatten()),
            Sight::Unknown => look,
        }
    }
}
