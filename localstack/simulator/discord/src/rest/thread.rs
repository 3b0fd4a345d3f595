use std::cmp::Reverse;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::channel::read_archive_minutes;
use super::extract::{Bot, Ids, Payload};
use super::form::Form;
use super::message::viewer;
use super::message_form::read_draft;
use super::submission::{Submission, Upload};
use super::{Answer, Done};
use crate::ids::{ChannelId, MessageId};
use crate::permissions::Permissions;
use crate::platform::Platform;
use crate::world::{
    Actor, Channel, ChannelKind, Draft, FieldError, JoinThread, LeaveThread, Rejection, Sender,
    StartThread, ThreadOrigin, World,
};

const LONGEST_NAME: usize = 100;
const MOST_THREADS: usize = 100;

/// Reads what every new thread has; where it comes from is put in by the caller.
fn read_thread(
    form: &mut Form<'_>,
    bot: Bot,
    parent: ChannelId,
    origin: ThreadOrigin,
) -> StartThread {
    let name = form
        .text("name", LONGEST_NAME)
        .unwrap_or_default()
        .to_owned();
    if name.is_empty() {
        form.report(FieldError::bad_length(&["name"], 1, LONGEST_NAME));
    }
    StartThread {
        starter: Sender::Bot(bot.user),
        parent,
        origin,
        name,
        auto_archive_minutes: read_archive_minutes(form),
        rate_limit_per_user: form.integer("rate_limit_per_user").unwrap_or_default(),
        invitable: form.boolean("invitable").unwrap_or(true),
        tags: form.snowflakes("applied_tags"),
    }
}

/// A thread without a message, or a post in a forum.
pub(super) async fn start(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(parent): Ids<ChannelId>,
    submission: Submission,
) -> Answer {
    let is_forum = platform.read(|world| world.channel(parent).map(|parent| parent.kind))?
        == ChannelKind::Forum;
    let mut form = Form::of(&submission.payload);
    let origin = if is_forum {
        ThreadOrigin::Post(Box::new(read_first_message(&mut form, submission.files)))
    } else {
        let number = form.integer("type");
        let number = number.unwrap_or(u64::from(ChannelKind::PrivateThread.number()));
        let kind = ChannelKind::thread_numbered(number);
        ThreadOrigin::Nothing(kind.unwrap_or_else(|| {
            let message = "Value must be one of {10, 11, 12}.";
            form.report(FieldError::new(&["type"], "BASE_TYPE_CHOICES", message));
            ChannelKind::PrivateThread
        }))
    };
    let asked = read_thread(&mut form, bot, parent, origin);
    let thread = platform.execute(form.finish(asked)?)?;
    platform.preview_links(thread, MessageId(thread.0));
    let rendered = platform.read(|world| {
        let mut rendered = world.render_channel_for(world.channel(thread)?, bot.user);
        if is_forum {
            let first = world.message(thread, MessageId(thread.0))?;
            rendered["message"] = world.render_created(first, viewer(world, bot)?);
        }
        Ok::<_, Rejection>(rendered)
    })?;
    Ok(Json(rendered))
}

fn read_first_message(form: &mut Form<'_>, uploads: Vec<Upload>) -> Draft {
    let Some(value) = form.value("message") else {
        form.report(FieldError::required(&["message"]));
        return Draft::default();
    };
    let mut inner = Form::of(value);
    let draft = read_draft(&mut inner, uploads);
    match inner.finish(draft) {
        Ok(draft) => draft,
        Err(rejection) => {
            form.adopt(&["message"], rejection);
            Draft::default()
        }
    }
}

pub(super) async fn start_from_message(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids((parent, message)): Ids<(ChannelId, MessageId)>,
    Payload(payload): Payload,
) -> Answer {
    let mut form = Form::of(&payload);
    let asked = read_thread(&mut form, bot, parent, ThreadOrigin::Message(message));
    let thread = platform.execute(form.finish(asked)?)?;
    let rendered = platform.read(|world| {
        world
            .channel(thread)
            .map(|thread| world.render_channel_for(thread, bot.user))
    })?;
    Ok(Json(rendered))
}

pub(super) async fn join(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(thread): Ids<ChannelId>,
) -> Done {
    platform.execute(JoinThread {
        actor: Actor::Bot(bot.user),
        thread,
        user: bot.user,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn leave(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(thread): Ids<ChannelId>,
) -> Done {
    platform.execute(LeaveThread {
        actor: Actor::Bot(bot.user),
        thread,
        user: bot.user,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct ArchivedQuery {
    /// A moment as the platform writes it; such texts sort like the moments.
    before: Option<String>,
    limit: Option<usize>,
}

pub(super) async fn archived_public(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(parent): Ids<ChannelId>,
    Query(query): Query<ArchivedQuery>,
) -> Answer {
    archived(&platform, bot, parent, &query, Permissions::NONE, |kind| {
        kind != ChannelKind::PrivateThread
    })
}

pub(super) async fn archived_private(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(parent): Ids<ChannelId>,
    Query(query): Query<ArchivedQuery>,
) -> Answer {
    let needed = Permissions::MANAGE_THREADS;
    archived(&platform, bot, parent, &query, needed, |kind| {
        kind == ChannelKind::PrivateThread
    })
}

/// The archived threads of a channel, those first that were archived last.
fn archived(
    platform: &Platform,
    bot: Bot,
    parent: ChannelId,
    query: &ArchivedQuery,
    needed: Permissions,
    wanted: impl Fn(ChannelKind) -> bool,
) -> Answer {
    let most = query.limit.unwrap_or(MOST_THREADS).clamp(1, MOST_THREADS);
    let rendered: Value = platform.read(|world: &World| {
        let needed = needed | Permissions::READ_MESSAGE_HISTORY;
        let parent = world.require(bot.user, parent, needed)?;
        let guild = parent.guild().ok_or(Rejection::WrongChannelType)?;
        let at = |channel: &Channel| {
            let thread = channel.thread().filter(|thread| thread.archived)?;
            Some(thread.archive_changed_at)
        };
        let mut threads: Vec<_> = world
            .threads_of(guild)
            .filter(|thread| thread.parent() == Some(parent.id) && wanted(thread.kind))
            .filter_map(|thread| Some((at(thread)?, thread)))
            .filter(|(at, _)| {
                let before = query.before.as_ref();
                before.is_none_or(|before| at.iso8601() < *before)
            })
            .collect();
        threads.sort_by_key(|(at, thread)| Reverse((*at, thread.id)));
        let has_more = threads.len() > most;
        let threads: Vec<_> = threads.into_iter().map(|(_, one)| one).take(most).collect();
        let mut rendered = world.render_threads(&threads, bot.user);
        rendered["has_more"] = json!(has_more);
        Ok::<_, Rejection>(rendered)
    })?;
    Ok(Json(rendered))
}
