//! The servers that the bot is in.
//!
//! The gateway tells of each after a new session begins, but not after a resumed one; so a
//! server that an event speaks of and nobody has told of yet is asked for over REST.

pub(crate) mod link;
pub(crate) mod payload;
mod permissions;
mod picture;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use patchbay_app::ports::Chats;
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, DiscordUserId};
use serenity::model::id::RoleId;

use crate::persist::{Persistence, Stopped};
use crate::rest::{Rest, RestError};
use payload::{ChannelObject, GuildObject, MemberObject};
use picture::Listing;
pub(crate) use picture::{GuildPicture, Place};

/// The picture of all servers of one shard, and the directory that is written from it.
pub(crate) struct Guilds {
    me: DiscordUserId,
    rest: Arc<Rest>,
    chats: Arc<dyn Chats>,
    persistence: Persistence,
    pictures: HashMap<DiscordGuildId, GuildPicture>,
    /// All that the bot is in, told of or not.
    present: HashSet<DiscordGuildId>,
    /// What the directory has, as far as this shard wrote it.
    listed: HashMap<DiscordGuildId, Listing>,
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
            present: HashSet::new(),
            listed: HashMap::new(),
        }
    }

    /// How many servers the bot is in.
    pub(crate) fn count(&self) -> usize {
        self.present.len()
    }

    /// Notes that the bot is in these servers, and in no others.
    pub(crate) fn expect(&mut self, present: Vec<DiscordGuildId>) {
        self.present = present.into_iter().collect();
    }

    pub(crate) fn known(&self, guild: DiscordGuildId) -> Option<&GuildPicture> {
        self.pictures.get(&guild)
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
            picture.channels.insert(holder, found);
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
        self.present.insert(guild);
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

    /// The bot is no longer in it.
    pub(crate) async fn remove(&mut self, guild: DiscordGuildId) -> Result<(), Stopped> {
        self.present.remove(&guild);
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
        let Some(listing) = self.pictures.get(&guild).map(GuildPicture::listing) else {
            return Ok(());
        };
        if self.listed.get(&guild) == Some(&listing) {
            return Ok(());
        }
        self.persistence
            .until_done("write a server to the directory", || {
                self.chats.put_guild(&listing.guild, &listing.channels)
            })
            .await?;
        self.listed.insert(guild, listing);
        Ok(())
    }

    async fn ask(&self, guild: DiscordGuildId) -> Result<Option<GuildPicture>, Stopped> {
        self.persistence
            .until_done("ask for a server", || self.ask_once(guild))
            .await
    }

    async fn ask_once(&self, guild: DiscordGuildId) -> Result<Option<GuildPicture>, RestError> {
        let Some(object) = found::<GuildObject>(self.rest.guild(guild).await)? else {
            return Ok(None);
        };
        let Some(channels) = found(self.rest.guild_channels(guild).await)? else {
            return Ok(None);
        };
        let Some(member) = found::<MemberObject>(self.rest.guild_member(guild, self.me).await)?
        else {
            return Ok(None);
        };
        let object = GuildObject {
            channels,
            members: vec![member],
            ..object
        };
        Ok(Some(GuildPicture::of(object, self.me)))
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
