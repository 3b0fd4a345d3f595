use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{Bot, Ids, Payload};
use super::form::Form;
use super::message_form::{read_bot_draft, read_revision};
use super::submission::Submission;
use super::{Answer, Done};
use crate::ids::{ChannelId, MessageId};
use crate::permissions::Permissions;
use crate::platform::Platform;
use crate::world::{
    Actor, CreateMessage, Crosspost, DeleteMessage, DeleteMessages, EditMessage, FieldError,
    Message, Rejection, Reviser, Sender, Viewer, World,
};

const FEWEST_TO_DELETE: usize = 2;
const MOST_TO_DELETE: usize = 100;

pub(super) fn viewer(world: &World, bot: Bot) -> Result<Viewer, Rejection> {
    let reads_content = world.application(bot.application)?.intents.message_content;
    Ok(Viewer {
        bot: bot.user,
        reads_content,
    })
}

pub(super) async fn create(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(channel): Ids<ChannelId>,
    submission: Submission,
) -> Answer {
    let draft = read_bot_draft(&submission.payload, submission.files)?;
    let posted = platform.execute(CreateMessage {
        sender: Sender::Bot(bot.user),
        channel,
        draft,
    })?;
    platform.preview_links(posted.channel, posted.message);
    let rendered = platform.read(|world| {
        let message = world.message(posted.channel, posted.message)?;
        Ok::<_, Rejection>(world.render_created(message, viewer(world, bot)?))
    })?;
    Ok(Json(rendered))
}

pub(super) async fn get(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids((channel, message)): Ids<(ChannelId, MessageId)>,
) -> Answer {
    let rendered = platform.read(|world| {
        world.require(bot.user, channel, Permissions::READ_MESSAGE_HISTORY)?;
        let message = world.message(channel, message)?;
        Ok::<_, Rejection>(world.render_message(message, viewer(world, bot)?))
    })?;
    Ok(Json(rendered))
}

pub(super) async fn edit(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids((channel, message)): Ids<(ChannelId, MessageId)>,
    submission: Submission,
) -> Answer {
    let revision = read_revision(&submission.payload, submission.files)?;
    let reviser = Reviser::Actor(Actor::Bot(bot.user));
    platform.execute(EditMessage {
        reviser,
        channel,
        message,
        revision,
    })?;
    platform.preview_links(channel, message);
    let rendered = platform.read(|world| {
        let message = world.message(channel, message)?;
        Ok::<_, Rejection>(world.render_message(message, viewer(world, bot)?))
    })?;
    Ok(Json(rendered))
}

pub(super) async fn crosspost(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids((channel, message)): Ids<(ChannelId, MessageId)>,
) -> Answer {
    platform.execute(Crosspost {
        actor: Actor::Bot(bot.user),
        channel,
        message,
    })?;
    let rendered = platform.read(|world| {
        let message = world.message(channel, message)?;
        Ok::<_, Rejection>(world.render_message(message, viewer(world, bot)?))
    })?;
    Ok(Json(rendered))
}

pub(super) async fn delete(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids((channel, message)): Ids<(ChannelId, MessageId)>,
) -> Done {
    let reviser = Reviser::Actor(Actor::Bot(bot.user));
    platform.execute(DeleteMessage {
        reviser,
        channel,
        message,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete_many(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(channel): Ids<ChannelId>,
    Payload(payload): Payload,
) -> Done {
    let mut form = Form::of(&payload);
    let messages: Vec<MessageId> = form.snowflakes("messages");
    if !(FEWEST_TO_DELETE..=MOST_TO_DELETE).contains(&messages.len()) {
        form.report(FieldError::bad_length(
            &["messages"],
            FEWEST_TO_DELETE,
            MOST_TO_DELETE,
        ));
    }
    let messages = form.finish(messages)?;
    platform.execute(DeleteMessages {
        actor: Actor::Bot(bot.user),
        channel,
        messages,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which messages of a channel are wanted.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Window {
    around: Option<MessageId>,
    before: Option<MessageId>,
    after: Option<MessageId>,
    limit: Option<i64>,
}

impl Window {
    const DEFAULT: i64 = 50;
    const MOST: i64 = 100;

    fn limit(&self) -> Result<usize, Rejection> {
        let limit = self.limit.unwrap_or(Self::DEFAULT);
        let error = |code, message: String| FieldError::new(&["limit"], code, message);
        if limit < 1 {
            let message = "int value should be greater than or equal to 1.".to_owned();
            return Err(error("NUMBER_TYPE_MIN", message).into());
        }
        if limit > Self::MOST {
            let message = format!("int value should be less than or equal to {}.", Self::MOST);
            return Err(error("NUMBER_TYPE_MAX", message).into());
        }
        Ok(usize::try_from(limit).unwrap_or_default())
    }

    /// The messages in the window, newest first.
    fn select<'a>(
        &self,
        world: &'a World,
        channel: ChannelId,
    ) -> Result<Vec<&'a Message>, Rejection> {
        let (limit, all) = (self.limit()?, world.messages_in(channel));
        let after = |id: MessageId, most| {
            let from = MessageId(id.0.saturating_add(1));
            let mut found: Vec<_> = all.range(from..).map(|(_, one)| one).take(most).collect();
            found.reverse();
            found
        };
        let before = |id: MessageId, most| all.range(..id).rev().map(|(_, one)| one).take(most);
        Ok(if let Some(middle) = self.around {
            let mut found = after(middle, limit / 2);
            found.extend(all.get(&middle));
            let left = limit - found.len();
            found.extend(before(middle, left.min(limit / 2)));
            found
        } else if let Some(id) = self.after {
            after(id, limit)
        } else {
            before(self.before.unwrap_or(MessageId(u64::MAX)), limit).collect()
        })
    }
}

/// Without the permission to read history the list is empty rather than refused.
pub(super) async fn list(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(channel): Ids<ChannelId>,
    Query(window): Query<Window>,
) -> Answer {
    let messages: Vec<Value> = platform.read(|world| {
        let found = world.require(bot.user, channel, Permissions::VIEW_CHANNEL)?;
        let selected = window.select(world, channel)?;
        let held = world.permissions_in(found, bot.user);
        if !held.contains(Permissions::READ_MESSAGE_HISTORY) {
            return Ok(Vec::new());
        }
        let viewer = viewer(world, bot)?;
        let rendered = selected
            .into_iter()
            .map(|message| world.render_message(message, viewer));
        Ok::<_, Rejection>(rendered.collect())
    })?;
    Ok(Json(json!(messages)))
}
