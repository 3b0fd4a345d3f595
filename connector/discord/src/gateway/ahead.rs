//! Looking ahead in what was missed.
//!
//! A pair may want no more than the last messages of it, but they come oldest first. So as soon as
//! the first missed message of a channel shows up, the channel's history is read once from its
//! end, until as many are counted as any pair wants, or the missed message is reached.

use std::ops::RangeInclusive;

use patchbay_domain::event::{Newer, Origin};
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Change, Recovery, SourceEvent};

use super::handler::Handler;
use super::recover::{oldest, open};
use super::source::Source;
use crate::persist::Stopped;
use crate::rest::HISTORY_PAGE;

/// The end of a channel's history.
pub(super) struct Counted {
    wanted: u16,
    /// The messages about which it tells.
    covers: RangeInclusive<MessageId>,
    messages: Vec<MessageId>,
}

impl Handler<'_> {
    /// Tells the missed posts among these, which stand in one channel or thread, how many came
    /// after each.
    pub(super) async fn count_newer(
        &mut self,
        source: Source,
        events: &mut [SourceEvent],
    ) -> Result<(), Stopped> {
        let Some(wanted) = self.sources.borrow().last_wanted(source) else {
            return Ok(());
        };
        for event in events {
            let is_missed = event.recovery == Recovery::Recovered
                && matches!(event.change, Change::Posted { .. });
            if !is_missed {
                continue;
            }
            let known = self.ahead.get(&source);
            let is_known = known.is_some_and(|it| it.tells_of(event.message, wanted));
            if !is_known {
                match self.count_end(source, event.message, wanted).await? {
                    Some(counted) => self.ahead.insert(source, counted),
                    None => self.ahead.remove(&source),
                };
            }
            if let Some(counted) = self.ahead.get(&source) {
                event.newer = counted.newer(event.message);
            }
        }
        Ok(())
    }

    /// What Patchbay posted doesn't count. Nothing, if the channel is closed to the bot.
    async fn count_end(
        &mut self,
        source: Source,
        first: MessageId,
        wanted: u16,
    ) -> Result<Option<Counted>, Stopped> {
        let mut messages = Vec::new();
        let (mut before, mut last) = (None, first);
        loop {
            let rest = &self.discord.rest;
            let page = self
                .persistence
                .until_done("count a channel's last messages", || async {
                    let page = rest.last_messages(source.channel, before, Self::PATIENCE);
                    open(page.await)
                })
                .await?;
            let Ok(page) = page else {
                return Ok(None);
            };
            let posts = self.posts(source, &page).await?;
            let by_people = posts.iter().filter(|event| is_by_person(event));
            messages.extend(by_people.map(|event| event.message));
            last = messages.iter().copied().fold(last, MessageId::max);
            before = oldest(&page);
            let is_read = page.len() < HISTORY_PAGE || before <= Some(first);
            if is_read || messages.len() >= usize::from(wanted) {
                break;
            }
        }
        Ok(Some(Counted {
            wanted,
            covers: first..=last,
            messages,
        }))
    }
}

impl Counted {
    fn tells_of(&self, message: MessageId, wanted: u16) -> bool {
        self.wanted == wanted && self.covers.contains(&message)
    }

    /// A channel and each thread are sources of their own: the same number holds for both.
    fn newer(&self, message: MessageId) -> Newer {
        let newer = self.messages.iter().filter(|it| **it > message);
        let count = u32::try_from(newer.count()).ok();
        Newer {
            in_chat: count,
            in_thread: count,
        }
    }
}

fn is_by_person(event: &SourceEvent) -> bool {
    let post = event.change.post();
    post.is_some_and(|post| post.origin == Origin::Person)
}
