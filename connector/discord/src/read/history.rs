//! The posts of a pair's source, read from its history.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use patchbay_app::ports::{HistoryError, HistoryPage, HistoryStart};
use patchbay_domain::Recovery;
use patchbay_domain::ids::{DiscordGuildId, MessageId};
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::DiscordReader;
use crate::discord::Inner;
use crate::gateway::{id_of, read};
use crate::guilds::{self, GuildPicture, Place, link};
use crate::rest::{HISTORY_PAGE, RestError};
use crate::snowflake;
use crate::translate::{self, Identity, Received, Scene};

/// How long requests wait for limits; whoever asks comes back later.
const PATIENCE: Duration = Duration::from_secs(30);
const LATER: Duration = Duration::from_secs(1);
/// A server's names of roles and channels change seldom, and cost four requests.
const PICTURE_KEPT: Duration = Duration::from_mins(10);

/// Servers as they were a while ago at most. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Pictures {
    known: Arc<Mutex<HashMap<DiscordGuildId, Known>>>,
}

/// As it was then.
type Known = (Instant, Arc<GuildPicture>);

impl Pictures {
    fn get(&self, guild: DiscordGuildId) -> Option<Arc<GuildPicture>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (since, _)| since.elapsed() < PICTURE_KEPT);
        known.get(&guild).map(|(_, picture)| Arc::clone(picture))
    }

    fn put(&self, guild: DiscordGuildId, picture: &Arc<GuildPicture>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(guild, (Instant::now(), Arc::clone(picture)));
    }
}

/// What is needed to read one channel or thread.
pub(super) struct Shelf<'a> {
    discord: &'a Inner,
    me: Identity,
    guild: Arc<GuildPicture>,
    place: Place,
}

impl DiscordReader {
    pub(super) async fn shelf(
        &self,
        guild: DiscordGuildId,
        place: Place,
    ) -> Result<Shelf<'_>, HistoryError> {
        let discord = &*self.discord;
        let me = discord.identity().await;
        let me = me.map_err(|error| failed(&error))?;
        let known = self.pictures.get(guild);
        let guild = match known {
            Some(known) => known,
            None => self.see(me, guild).await?,
        };
        Ok(Shelf {
            discord,
            me,
            guild,
            place,
        })
    }

    async fn see(
        &self,
        me: Identity,
        guild: DiscordGuildId,
    ) -> Result<Arc<GuildPicture>, HistoryError> {
        let picture = Arc::new(look(&self.discord, me, guild).await?);
        self.pictures.put(guild, &picture);
        Ok(picture)
    }
}

async fn look(
    discord: &Inner,
    me: Identity,
    guild: DiscordGuildId,
) -> Result<GuildPicture, HistoryError> {
    let asked = guilds::ask(&discord.rest, me.user, guild).await;
    let asked = asked.map_err(|error| failed(&error))?;
    asked.ok_or(HistoryError::Closed)
}

impl Shelf<'_> {
    pub(super) async fn page(
        &self,
        start: HistoryStart,
        limit: usize,
    ) -> Result<HistoryPage, HistoryError> {
        let after = match start {
            HistoryStart::After(message) => message,
            HistoryStart::Since(at) => snowflake::before(at),
            HistoryStart::Last(count) => self.before_last(count.get()).await?,
        };
        let page = self.read(Some(("after", after)), limit).await?;
        if page.is_empty() && !matches!(start, HistoryStart::After(_)) {
            self.check_right().await?;
        }
        let posts = page.iter().rev().filter_map(|raw| self.post(raw));
        Ok(HistoryPage {
            posts: posts.collect(),
            next: page.iter().filter_map(|raw| id_of(raw)).max(),
        })
    }

    /// What can't be read must not look like what was never said.
    async fn check_right(&self) -> Result<(), HistoryError> {
        // As it is now, not as it was a while ago.
        let guild = look(self.discord, self.me, self.guild.id).await?;
        if guilds::may_read_history(&guild, self.place.channel) {
            Ok(())
        } else {
            Err(HistoryError::Closed)
        }
    }

    /// The message before the last so many posts, or one that is before all.
    async fn before_last(&self, count: u16) -> Result<MessageId, HistoryError> {
        let (mut left, mut before) = (count, None);
        loop {
            let place = before.map(|before| ("before", before));
            let page = self.read(place, HISTORY_PAGE).await?;
            for raw in &page {
                let Some(id) = id_of(raw) else { continue };
                if left == 0 {
                    return Ok(id);
                }
                if self.post(raw).is_some() {
                    left -= 1;
                }
                before = Some(id);
            }
            if page.len() < HISTORY_PAGE {
                return Ok(MessageId(0));
            }
        }
    }

    async fn read(
        &self,
        place: Option<(&'static str, MessageId)>,
        limit: usize,
    ) -> Result<Vec<Box<RawValue>>, HistoryError> {
        let (rest, holder) = (&self.discord.rest, self.place.holder());
        let page = rest.history_page(holder, place, limit, PATIENCE).await;
        page.map_err(|error| failed(&error))
    }

    /// What the pair would have read, had it been posted now.
    fn post(&self, raw: &RawValue) -> Option<patchbay_domain::SourceEvent> {
        let received: Received = read(self.place.holder(), raw)?;
        if link::command(&received.message).is_some() {
            return None;
        }
        let scene = Scene {
            me: self.me,
            guild: Some(&self.guild),
            cdn: &self.discord.config.cdn,
            place: self.place,
            recovery: Recovery::Requested,
        };
        translate::posted(&received, scene)
    }
}

fn failed(error: &RestError) -> HistoryError {
    match error {
        RestError::Limited { after } => HistoryError::Limited { after: *after },
        error if error.is_no_such_thing() => HistoryError::Closed,
        RestError::Unwritable(_)
        | RestError::Refused { .. }
        | RestError::Failing { .. }
        | RestError::Unreachable { .. }
        | RestError::Source { .. }
        | RestError::TooLarge { .. }
        | RestError::Unreadable { .. } => HistoryError::Retry {
            after: LATER,
            why: error.to_string(),
        },
    }
}
