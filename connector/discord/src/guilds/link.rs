//! `patchbay link CODE`, written in a server by somebody who may manage it, opens the server to
//! the user who was given the code.

use std::time::Duration;

use patchbay_app::link_discord;
use patchbay_app::ports::{GuildLinking, Ports};
use patchbay_domain::guild::LinkCode;
use patchbay_domain::ids::{DiscordChannelId, DiscordUserId, MessageId};
use serenity::builder::{CreateAllowedMentions, CreateMessage};
use serenity::model::channel::{Message, MessageReference, MessageReferenceKind, Nonce};
use serenity::model::id::{ChannelId, RoleId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{GuildPicture, may_manage};
use crate::persist::{Persistence, Stopped};
use crate::rest::{Rest, Written};

/// What became of a link command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Linked,
    MayNot,
    UnknownCode,
    /// The plan of whoever asked for the server allows no more.
    Full,
}

impl Outcome {
    fn reply(self) -> &'static str {
        match self {
            Self::Linked => "This server is now linked to Patchbay.",
            Self::MayNot => {
                "Only the owner of this server, or somebody with the Manage Server permission, \
                 can link it to Patchbay."
            }
            Self::Full => {
                "The Patchbay user who asked for this server can't link any more on their plan. \
                 Unlink another server there, or choose a larger plan, then write this again."
            }
            Self::UnknownCode => {
                "That code is unknown or has expired. Ask for a new one in Patchbay."
            }
        }
    }
}

/// The code, if the message is the command. Bots don't give it.
pub(crate) fn command(message: &Message) -> Option<LinkCode> {
    LinkCode::in_message(&message.content)
        .filter(|_| !message.author.bot && message.webhook_id.is_none())
}

/// Obeys the command if its author may give it.
pub(crate) async fn obey(
    code: &LinkCode,
    message: &Message,
    guild: &GuildPicture,
    ports: &Ports,
    persistence: &Persistence,
) -> Result<Outcome, Stopped> {
    let roles: &[RoleId] = message.member.as_ref().map_or(&[], |member| &member.roles);
    if !may_manage(guild, DiscordUserId(message.author.id.get()), roles) {
        return Ok(Outcome::MayNot);
    }
    let waiting = persistence
        .until_done("look for a link request", || {
            ports.guild_links.waiting(guild.id, code, ports.clock.now())
        })
        .await?;
    let Some(request) = waiting else {
        return Ok(Outcome::UnknownCode);
    };
    let linking = persistence
        .until_done("fulfil a link request", || {
            link_discord::fulfil(ports, &request)
        })
        .await?;
    match linking {
        Some(GuildLinking::Linked) => {
            tracing::info!(guild = %guild.id, owner = %request.owner, "server linked");
            Ok(Outcome::Linked)
        }
        Some(GuildLinking::Full) => Ok(Outcome::Full),
        None => Ok(Outcome::UnknownCode),
    }
}

/// An answer to a command, to be posted below it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) channel: DiscordChannelId,
    pub(crate) to: MessageId,
    pub(crate) outcome: Outcome,
}

/// How many replies may wait. Whoever writes more commands gets no reply to them.
pub(crate) const REPLIES_WAITING: usize = 32;

/// Posts replies aside from the events, which must not wait for them.
pub(crate) async fn post_replies(
    rest: &Rest,
    mut replies: mpsc::Receiver<Reply>,
    stop: &CancellationToken,
) {
    while let Some(Some(reply)) = stop.run_until_cancelled(replies.recv()).await {
        if let Some(Err(error)) = stop.run_until_cancelled(post(rest, &reply)).await {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(channel = %reply.channel, error, "a link command goes unanswered");
        }
    }
}

async fn post(rest: &Rest, reply: &Reply) -> Result<MessageId, crate::rest::RestError> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let reference = MessageReference::new(
        MessageReferenceKind::Default,
        ChannelId::new(reply.channel.0),
    )
    .message_id(serenity::model::id::MessageId::new(reply.to.0))
    .fail_if_not_exists(false);
    let message = CreateMessage::new()
        .content(reply.outcome.reply())
        .reference_message(reference)
        .allowed_mentions(CreateAllowedMentions::new())
        // A command that is seen twice is answered once.
        .nonce(Nonce::String(format!("link-{}", reply.to)))
        .enforce_nonce(true);
    let message = Written::alone(&message)?;
    let created = rest.create_message(reply.channel, &message, PATIENCE);
    Ok(created.await?.id)
}
