//! The servers that the bot is in.
//!
//! The gateway tells of each after a new session begins, but not after a resumed one; so a
//! server that an event speaks of and nobody has told of yet is asked for over REST.

pub(crate) mod link;
mod listing;
pub(crate) mod payload;
mod permissions;
mod picture;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use patchbay_app::ports::Chats;
use patchbay_domain::Endpoint;
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, DiscordUserId};
use serenity::model::id::RoleId;
use tokio::time::{Instant, timeout};

use crate::persist::{Persistence, Stopped};
use crate::rest::{Rest, RestError};
use listing::{Listing, Threads};
use payload::{ActiveThreads, ChannelObject, GuildObject, MemberObject};
pub(crate) use picture::{GuildPicture, Place, Sight};

/// How long a server that was read again is good for whoever wishes the same.
const REFRESH_PAUSE: Duration = Duration::from_secs(15);
/// How long events wait while a server is read again.
const REFRESH_LIMIT: Duration = Duration::from_secs(10);

/// The picture of all servers of one shard, and the directory that is written from it.
pub(crate) struct Guilds {
    me: DiscordUserId,
    rest: Arc<Rest>,
    chats: Arc<dyn Chats>,
    persistence: Persistence,
    pictures: HashMap<DiscordGuildId, GuildPicture>,
    /// All that the bot is in, told of or not; nothing, until Discord has said which.
    present: Option<HashSet<DiscordGuildId>>,
    /// What the directory has, as far as this shard wrote it.
    listed: HashMap<DiscordGuildId, Listing>,
    /// When servers were read again at somebody's wish.
    refreshed: HashMap<DiscordGuildId, Instant>,
}

impl Guilds {
    pub(crate) fn new(
        me: DiscordUserId,
        rest: Arc<Rest>,
        chats: Arc<dyn Chats>,
        persistence: Persistence,
    ) -> Self {
        Self {
            me,
            rest,
            chats,
            persistence,
            pictures: HashMap::new(),
            present: None,
            listed: HashMap::new(),
            refreshed: HashMap::new(),
        }
    }

    /// Whether Discord has said in which servers the bot is.
    pub(crate) fn are_expected(&self) -> bool {
        self.present.is_some()
    }

    /// How many servers the bot is in.
    pub(crate) fn count(&self) -> usize {
        self.present.as_ref().map_or(0, HashSet::len)
    }

    /// Notes that the bot is in these servers, and in no others.
    pub(crate) fn expect(&mut self, present: Vec<DiscordGuildId>) {
        self.present = Some(present.into_iter().collect());
    }

    pub(crate) fn known(&self, guild: DiscordGuildId) -> Option<&GuildPicture> {
        self.pictures.get(&guild)
    }

    /// How a channel or thread of which messages are read looks to the bot.
    pub(crate) fn sight(&self, of: Endpoint) -> Sight {
        let Endpoint::Discord {
            guild,
            channel,
            thread,
        } = of
        else {
            return Sight::Unknown;
        };
        let is_out = |present: &HashSet<_>| !present.contains(&guild);
        if self.present.as_ref().is_some_and(is_out) {
            return Sight::Gone;
        }
        let picture = self.pictures.get(&guild);
        picture.map_or(Sight::Unknown, |picture| picture.sight(channel, thread))
    }

    /// The server, asked for if need be. Nothing if the bot isn't in it.
    pub(crate) async fn look(
        &mut self,
        guild: DiscordGuildId,
    ) -> Result<Option<&mut GuildPicture>, Stopped> {
        if !self.pictures.contains_key(&guild)
            && let Some(picture) = self.ask(guild).await?
        {
            self.pictures.insert(guild, picture);
            self.write(guild).await?;
        }
        Ok(self.pictures.get_mut(&guild))
    }

    /// Where a message in `holder` stands.
    pub(crate) async fn place(
        &mut self,
        guild: DiscordGuildId,
        holder: DiscordChannelId,
    ) -> Result<Place, Stopped> {
        if let Some(place) = self
            .look(guild)
            .await?
            .and_then(|guild| guild.place_of(holder))
        {
            return Ok(place);
        }
        // A thread that slept when the server was told of.
        let asked: Option<ChannelObject> = self.ask_channel(holder).await?;
        let place = asked.as_ref().map_or(
            Place {
                channel: holder,
                thread: None,
            },
            |found| Place::of(holder, found),
        );
        if let (Some(picture), Some(found)) = (self.pictures.get_mut(&guild), asked) {
            picture.put_channel(found);
        }
        Ok(place)
    }

    pub(crate) async fn ask_channel(
        &self,
        channel: DiscordChannelId,
    ) -> Result<Option<ChannelObject>, Stopped> {
        self.persistence
            .until_done("ask for a channel", || async {
                found(self.rest.channel(channel).await)
            })
            .await
    }

    /// Takes a server as `GUILD_CREATE` tells of it.
    pub(crate) async fn put(&mut self, object: GuildObject) -> Result<(), Stopped> {
        let guild = object.id;
        if let Some(present) = &mut self.present {
            present.insert(guild);
        }
        self.pictures
            .insert(guild, GuildPicture::of(object, self.me));
        self.write(guild).await
    }

    /// Changes the picture of a server, and the directory if that changes too.
    pub(crate) async fn change(
        &mut self,
        guild: DiscordGuildId,
        change: impl FnOnce(&mut GuildPicture),
    ) -> Result<(), Stopped> {
        if let Some(picture) = self.look(guild).await? {
            change(picture);
            self.write(guild).await?;
        }
        Ok(())
    }

    /// Reads a server again, at most once in a while. What Discord doesn't answer stays as it is.
    pub(crate) async fn refresh(&mut self, guild: DiscordGuildId) -> Result<(), Stopped> {
        self.refreshed.retain(|_, at| at.elapsed() < REFRESH_PAUSE);
        if self.refreshed.contains_key(&guild) {
            return Ok(());
        }
        self.refreshed.insert(guild, Instant::now());
        let asking = timeout(REFRESH_LIMIT, self.ask_once(guild));
        match self.persistence.unless_stopped(asking).await? {
            Ok(Ok(Some(picture))) => {
                if let Some(present) = &mut self.present {
                    present.insert(guild);
                }
                self.pictures.insert(guild, picture);
                // Whatever the directory has, it is written anew.
                self.listed.remove(&guild);
                self.write(guild).await
            }
            Ok(Ok(None)) => self.remove(guild).await,
            Ok(Err(error)) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(%guild, error, "a server is not read again");
                Ok(())
            }
            Err(_elapsed) => {
                tracing::warn!(%guild, "a server is not read again in time");
                Ok(())
            }
        }
    }

    /// The bot is no longer in it.
    pub(crate) async fn remove(&mut self, guild: DiscordGuildId) -> Result<(), Stopped> {
        if let Some(present) = &mut self.present {
            present.remove(&guild);
        }
        self.pictures.remove(&guild);
        self.listed.remove(&guild);
        self.persistence
            .until_done("remove a server from the directory", || {
                self.chats.remove_guild(guild)
            })
            .await
    }

    /// Forgets what may be wrong, so that it is asked for when it is needed.
    pub(crate) fn forget(&mut self, guild: DiscordGuildId) {
        self.pictures.remove(&guild);
    }

    /// The servers that this shard has told of and that are not among these.
    pub(crate) fn others_than(&self, present: &[DiscordGuildId]) -> Vec<DiscordGuildId> {
        self.pictures
            .keys()
            .filter(|guild| !present.contains(guild))
            .copied()
            .collect()
    }

    async fn write(&mut self, guild: DiscordGuildId) -> Result<(), Stopped> {
        let Some(listing) = self.pictures.get(&guild).map(Listing::of) else {
            return Ok(());
        };
        let listed = self.listed.remove(&guild);
        let is_same = |listed: &Listing| {
            (&listed.guild, &listed.channels) == (&listing.guild, &listing.channels)
        };
        if !listed.as_ref().is_some_and(is_same) {
            self.persistence
                .until_done("write a server to the directory", || {
                    self.chats.put_guild(&listing.guild, &listing.channels)
                })
                .await?;
        }
        let threads = match listed {
            Some(listed) => listed.threads,
            None => self.stored_threads(guild).await?,
        };
        self.write_threads(guild, &threads, &listing.threads)
            .await?;
        self.listed.insert(guild, listing);
        Ok(())
    }

    async fn stored_threads(&self, guild: DiscordGuildId) -> Result<Threads, Stopped> {
        let stored = self
            .persistence
            .until_done("read a server's threads in the directory", || {
                self.chats.threads(guild)
            })
            .await?;
        Ok(stored
            .into_iter()
            .map(|thread| (thread.id, thread))
            .collect())
    }

    /// Writes what changed: each thread is an item.
    async fn write_threads(
        &self,
        guild: DiscordGuildId,
        before: &Threads,
        now: &Threads,
    ) -> Result<(), Stopped> {
        let changed: Vec<_> = now
            .values()
            .filter(|thread| before.get(&thread.id) != Some(thread))
            .cloned()
            .collect();
        let gone: Vec<_> = before
            .values()
            .filter(|thread| !now.contains_key(&thread.id))
            .map(|thread| (thread.channel, thread.id))
            .collect();
        if !changed.is_empty() {
            self.persistence
                .until_done("write threads to the directory", || {
                    self.chats.put_threads(guild, &changed)
                })
                .await?;
        }
        if !gone.is_empty() {
            self.persistence
                .until_done("remove threads from the directory", || {
                    self.chats.remove_threads(guild, &gone)
                })
                .await?;
        }
        Ok(())
    }

    async fn ask(&self, guild: DiscordGuildId) -> Result<Option<GuildPicture>, Stopped> {
        self.persistence
            .until_done("ask for a server", || self.ask_once(guild))
            .await
    }

    async fn ask_once(&self, guild: DiscordGuildId) -> Result<Option<GuildPicture>, RestError> {
        ask(&self.rest, self.me, guild).await
    }

    /// `GUILD_MEMBER_UPDATE` comes for the bot itself whatever its intents.
    pub(crate) async fn put_member(
        &mut self,
        guild: DiscordGuildId,
        member: MemberObject,
    ) -> Result<(), Stopped> {
        if member.user.id != self.me {
            return Ok(());
        }
        self.change(guild, |picture| picture.own_roles = member.roles)
            .await
    }
}

/// The server as it is now. Nothing if the bot isn't in it.
pub(crate) async fn ask(
    rest: &Rest,
    me: DiscordUserId,
    guild: DiscordGuildId,
) -> Result<Option<GuildPicture>, RestError> {
    let Some(object) = found::<GuildObject>(rest.guild(guild).await)? else {
        return Ok(None);
    };
    let Some(channels) = found(rest.guild_channels(guild).await)? else {
        return Ok(None);
    };
    let Some(member) = found::<MemberObject>(rest.guild_member(guild, me).await)? else {
        return Ok(None);
    };
    let Some(ActiveThreads { threads }) = found(rest.active_threads(guild).await)? else {
        return Ok(None);
    };
    let object = GuildObject {
        channels,
        threads,
        members: vec![member],
        ..object
    };
    Ok(Some(GuildPicture::of(object, me)))
}

/// Whether the bot is shown what was said in a channel. Where it is not, Discord answers that there
/// is nothing. (Get Channel Messages)
pub(crate) fn may_read_history(guild: &GuildPicture, channel: DiscordChannelId) -> bool {
    let member = permissions::Member {
        user: guild.me,
        roles: &guild.own_roles,
    };
    let known = guild.channels.get(&channel);
    known.is_none_or(|known| {
        permissions::in_channel(guild, member, known)
            .contains(serenity::model::Permissions::READ_MESSAGE_HISTORY)
    })
}

/// Whether somebody may decide about a server: its owner, and who may manage it.
pub(crate) fn may_manage(guild: &GuildPicture, user: DiscordUserId, roles: &[RoleId]) -> bool {
    permissions::in_guild(guild, permissions::Member { user, roles })
        .contains(serenity::model::Permissions::MANAGE_GUILD)
}

/// What isn't there, or not for us, is nothing rather than an error.
fn found<T>(answer: Result<T, RestError>) -> Result<Option<T>, RestError> {
    match answer {
        Ok(thing) => Ok(Some(thing)),
        Err(error) if error.is_no_such_thing() => Ok(None),
        Err(error) => Err(error),
    }
}
