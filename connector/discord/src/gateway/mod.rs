//! Listening to one shard.
//!
//! `connection` keeps the gateway connected and passes its events through a bounded channel,
//! so that a slow store slows the gateway down instead of filling the memory. `handler` takes
//! them in order: hands messages to the ingest, keeps the picture of the servers, and moves the
//! `position` behind what is handed in. Where the gateway can't go on with a session,
//! `recover` reads what was missed from the channels' history. `gather` reads what stands under
//! the messages that people react to.

mod ahead;
mod connection;
mod frame;
mod gather;
mod handler;
mod position;
mod readable;
mod recover;
mod source;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use patchbay_app::ports::{FencedOut, Ingest};
use patchbay_domain::Fence;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use twilight_gateway::ShardId;

use crate::discord::Inner;
use crate::guilds::Guilds;
use crate::guilds::link::{REPLIES_WAITING, post_replies};
use crate::persist::{Persistence, Stopped};
use crate::state::ShardState;
use connection::Reader;
use gather::Gathering;
use handler::Handler;
use position::Progress;
pub(crate) use recover::{id_of, read};
pub(crate) use source::shard_of;
pub use source::{Source, Sources};

/// Why a shard is no longer listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardEnd {
    Stopped,
    /// A newer owner saved a position.
    FencedOut,
}

/// How many events may wait to be handled.
const EVENTS_WAITING: usize = 2048;
/// How many states of reactions may.
const REACTIONS_WAITING: usize = 16;
/// What is left to be told of reactions at the end may take this long.
const LAST_REACTIONS: Duration = Duration::from_secs(1);

pub(crate) async fn run(
    discord: &Inner,
    shard: u32,
    fence: Fence,
    ingest: Arc<dyn Ingest>,
    sources: watch::Receiver<Sources>,
    stop: CancellationToken,
) -> ShardEnd {
    // The handler stops the connection when it is fenced out.
    let stop = stop.child_token();
    let persistence = Persistence {
        stop: stop.clone(),
        ids: Arc::clone(&discord.ports.ids),
    };
    let since = discord.ports.clock.now();
    discord.states.set(shard, ShardState::Connecting { since });
    let Some(id) = ShardId::new_checked(shard, discord.config.shards) else {
        tracing::error!(
            shard,
            shards = discord.config.shards,
            "there is no such shard"
        );
        return ShardEnd::Stopped;
    };
    let begun = begin(discord, &persistence, shard, fence).await;
    let Ok((progress, me)) = begun else {
        return ShardEnd::Stopped;
    };

    let (frames, frames_in) = mpsc::channel(EVENTS_WAITING);
    let (replies, replies_in) = mpsc::channel(REPLIES_WAITING);
    let gathering = Arc::new(Gathering::new(discord.config.reactions_every));
    let (reactions, reacted) = mpsc::channel(REACTIONS_WAITING);
    let position = progress.position.clone();
    let reader = Reader {
        discord,
        shard: id,
        persistence: persistence.clone(),
        frames,
    };
    let guilds = Guilds::new(
        me.user,
        Arc::clone(&discord.rest),
        Arc::clone(&discord.ports.chats),
        persistence.clone(),
    );
    let handler = Handler {
        discord,
        shard,
        me,
        persistence,
        ingest: Arc::clone(&ingest),
        sources,
        guilds,
        progress,
        replies,
        refreshes: discord.refreshes.listen(shard),
        unstored: handler::Unstored::default(),
        ahead: HashMap::new(),
        gathering: Arc::clone(&gathering),
        reacted,
        looks: HashMap::new(),
    };
    let handle = async {
        let end = Box::pin(handler.run(frames_in)).await;
        stop.cancel();
        end
    };
    let (end, (), (), ()) = tokio::join!(
        handle,
        Box::pin(reader.run(position)),
        post_replies(&discord.rest, replies_in, &stop),
        gathering.run(discord, reactions, &stop),
    );
    match end {
        Ok(()) => {
            let last = tell_last(discord, &gathering, ingest.as_ref());
            if timeout(LAST_REACTIONS, last).await.is_err() {
                tracing::warn!(shard, "the last reactions are not told");
            }
            ShardEnd::Stopped
        }
        Err(FencedOut) => ShardEnd::FencedOut,
    }
}

/// What was gathered and not told yet: nobody else knows of it.
async fn tell_last(discord: &Inner, gathering: &Gathering, ingest: &dyn Ingest) {
    let events = gathering.rest(discord).await;
    if events.is_empty() {
        return;
    }
    if let Err(error) = ingest.ingest(&events).await {
        let error: &dyn std::error::Error = &error;
        tracing::warn!(error, "the last reactions are not told");
    }
}

/// What has to be known before the first event.
async fn begin(
    discord: &Inner,
    persistence: &Persistence,
    shard: u32,
    fence: Fence,
) -> Result<(Progress, crate::translate::Identity), Stopped> {
    let progress = persistence
        .until_done("load the gateway position", || {
            Progress::load(Arc::clone(&discord.ports.positions), shard, fence)
        })
        .await?;
    let mut failures = 0;
    loop {
        match persistence.unless_stopped(discord.identity()).await? {
            Ok(me) => return Ok((progress, me)),
            Err(error) => {
                failures += 1;
                let pause = connection::pause_after(discord, persistence, shard, &error, failures);
                persistence
                    .unless_stopped(tokio::time::sleep(pause))
                    .await?;
            }
        }
    }
}
