//! Catching up with what was missed.
//!
//! The library's own loop drops edits and deletions that come with the last part of a difference
//! and passes over differences that are too long, so both are dealt with here, before the library
//! sees the answer.

use std::time::Duration;

use grammers_session::updates::{PrematureEndReason, UpdatesLike};
use grammers_tl_types as tl;
use tl::enums::updates::{ChannelDifference, Difference};
use tl::enums::{Update, Updates};

use super::ahead::FirstMissed;
use super::inbox::{Batch, Inbox};
use super::{Halt, dialogs};
use crate::connection::{Connection, InvokeError};
use crate::peer;
use crate::refusal;
use crate::translate::Arrival;

/// core.telegram.org/method/updates.getChannelDifference: users are to pass 10 to 100.
const CHANNEL_PART: i32 = 100;
const SERVER_TROUBLE: Duration = Duration::from_secs(30);
const UNKNOWN_TROUBLE: Duration = Duration::from_mins(5);

impl Inbox {
    /// Fetches one part of what is missing; false if nothing is.
    pub(super) async fn fetch_missing(&mut self, connection: &Connection) -> Result<bool, Halt> {
        if let Some(request) = self.boxes.get_difference() {
            self.fetch_account_part(connection, request).await?;
            return Ok(true);
        }
        if let Some(request) = self.boxes.get_channel_difference() {
            Box::pin(self.fetch_channel_part(connection, request)).await?;
            return Ok(true);
        }
        Ok(false)
    }

    async fn fetch_account_part(
        &mut self,
        connection: &Connection,
        request: tl::functions::updates::GetDifference,
    ) -> Result<(), Halt> {
        let arrival = self.arrival_of_difference();
        let mut difference = match connection.invoke(&request).await {
            Ok(difference) => difference,
            Err(error) if error.is("PERSISTENT_TIMESTAMP_*") => {
                return self.start_over(connection, arrival).await;
            }
            Err(error) => return Err(error.into()),
        };
        let missed = FirstMissed::of_account(&difference);
        self.count_newer(connection, &missed, arrival).await?;
        let mut later = Vec::new();
        let mut is_too_long = false;
        match &mut difference {
            Difference::Empty(_) => {}
            Difference::Difference(part) => {
                later = self.take_account_updates(&mut part.other_updates);
            }
            Difference::Slice(part) => {
                later = self.take_account_updates(&mut part.other_updates);
            }
            Difference::TooLong(_) => {
                tracing::info!(account = %self.live.account.id, "too much missed, reading history");
                self.backfill_account(connection, arrival).await?;
                is_too_long = true;
            }
        }
        let (updates, users, chats) = self.boxes.apply_difference(difference);
        let updates = in_order(updates.into_iter().map(|(update, _)| update), later);
        self.take(
            Batch {
                updates,
                users,
                chats,
            },
            arrival,
        )
        .await;
        if is_too_long {
            // What happened since is to be fetched from the position that it told.
            self.check_account();
        }
        Ok(())
    }

    /// Before anything is noted as taken: if it can't be done now, all of it comes again.
    async fn count_newer(
        &mut self,
        connection: &Connection,
        missed: &FirstMissed,
        arrival: Arrival,
    ) -> Result<(), Halt> {
        if !missed.is_empty() {
            self.read_routes().await?;
            self.look_ahead(connection, missed, arrival).await?;
        }
        Ok(())
    }

    /// Telegram does not know our position: takes its own, after reading what history tells.
    async fn start_over(&mut self, connection: &Connection, arrival: Arrival) -> Result<(), Halt> {
        tracing::warn!(account = %self.live.account.id, "position refused, reading history");
        let tl::enums::updates::State::State(state) = connection
            .invoke(&tl::functions::updates::GetState {})
            .await?;
        self.backfill_account(connection, arrival).await?;
        self.adopt(&state);
        Ok(())
    }

    /// Takes out what concerns the account's own box. The library would drop it where only the
    /// secondary box asked for the difference, and deliver it before the new messages otherwise.
    /// The updates of channels stay, to be put in their order.
    fn take_account_updates(&mut self, updates: &mut Vec<Update>) -> Vec<Update> {
        let (of_channels, others) = std::mem::take(updates).into_iter().partition(is_of_channel);
        *updates = of_channels;
        for update in updates.iter_mut() {
            self.keep_own_pts(update);
        }
        others
    }

    async fn fetch_channel_part(
        &mut self,
        connection: &Connection,
        mut request: tl::functions::updates::GetChannelDifference,
    ) -> Result<(), Halt> {
        let tl::enums::InputChannel::Channel(channel) = &request.channel else {
            return Err(Halt::Ended("a difference of no channel"));
        };
        let channel_id = channel.channel_id;
        let Some(access_hash) = self.access_hash(connection, channel_id).await? else {
            tracing::info!(account = %self.live.account.id, channel_id, "not in this channel");
            self.lose_chat(peer::of_channel(channel_id)).await;
            self.boxes
                .end_channel_difference(PrematureEndReason::Banned);
            return Ok(());
        };
        request.channel = tl::types::InputChannel {
            channel_id,
            access_hash,
        }
        .into();
        request.limit = CHANNEL_PART;
        match connection.invoke(&request).await {
            Ok(difference) => {
                self.take_channel_part(connection, channel_id, difference)
                    .await
            }
            Err(error) => {
                self.channel_part_refused(connection, channel_id, error)
                    .await
            }
        }
    }

    async fn take_channel_part(
        &mut self,
        connection: &Connection,
        channel_id: i64,
        difference: ChannelDifference,
    ) -> Result<(), Halt> {
        let chat = peer::of_channel(channel_id);
        let arrival = self.arrival_of_difference();
        let missed = FirstMissed::of_channel(&difference);
        self.count_newer(connection, &missed, arrival).await?;
        let mut later = Vec::new();
        let mut difference = match difference {
            ChannelDifference::Empty(_) => difference,
            ChannelDifference::Difference(mut part) => {
                later = std::mem::take(&mut part.other_updates);
                ChannelDifference::Difference(part)
            }
            ChannelDifference::TooLong(too_long) => {
                self.backfill_source(connection, chat, arrival).await?;
                after_too_long(too_long)
                    .ok_or(Halt::Ended("a channel's difference without a position"))?
                    .into()
            }
        };
        // How soon to ask again is meant for a chat that somebody looks at.
        if !self.sources.contains(&chat) {
            forget_timeout(&mut difference);
        }
        let (updates, users, chats) = self.boxes.apply_channel_difference(difference);
        let updates = in_order(updates.into_iter().map(|(update, _)| update), later);
        self.take(
            Batch {
                updates,
                users,
                chats,
            },
            arrival,
        )
        .await;
        Ok(())
    }

    async fn channel_part_refused(
        &mut self,
        connection: &Connection,
        channel_id: i64,
        error: InvokeError,
    ) -> Result<(), Halt> {
        let Some(refused) = error.refusal() else {
            return Err(error.into());
        };
        let account = self.live.account.id;
        let wait = refusal::flood_wait(refused);
        match refused.name.as_str() {
            _ if refusal::is_about_lost_chat(refused) => {
                tracing::info!(%account, channel_id, refused = refused.name, "channel lost");
                self.boxes
                    .end_channel_difference(PrematureEndReason::Banned);
                self.lose_chat(peer::of_channel(channel_id)).await;
            }
            "PERSISTENT_TIMESTAMP_INVALID" | "PERSISTENT_TIMESTAMP_EMPTY" => {
                tracing::warn!(%account, channel_id, "position refused, reading history");
                let arrival = self.arrival_of_difference();
                self.backfill_source(connection, peer::of_channel(channel_id), arrival)
                    .await?;
                self.boxes
                    .end_channel_difference(PrematureEndReason::Banned);
                self.wants_dialogs = true;
            }
            name if wait.is_some()
                || refused.code == 500
                || name == "PERSISTENT_TIMESTAMP_OUTDATED" =>
            {
                let pause = wait.unwrap_or(SERVER_TROUBLE);
                tracing::info!(%account, channel_id, refused = name, ?pause, "channel waits");
                self.boxes
                    .end_channel_difference(PrematureEndReason::TemporaryServerIssues);
                self.stall(channel_id, pause);
            }
            _ if refusal::ends_session(refused) => return Err(error.into()),
            _ => {
                // One channel must not hold up all others.
                let code = refusal::code(refused);
                tracing::warn!(%account, channel_id, refused = code, "channel refused, waits");
                self.boxes
                    .end_channel_difference(PrematureEndReason::TemporaryServerIssues);
                self.stall(channel_id, UNKNOWN_TROUBLE);
            }
        }
        Ok(())
    }

    async fn access_hash(
        &mut self,
        connection: &Connection,
        channel_id: i64,
    ) -> Result<Option<i64>, Halt> {
        let chat = peer::of_channel(channel_id);
        let known = |inbox: &Self| inbox.live.directory.get(chat).and_then(|it| it.access_hash);
        if let Some(hash) = known(self) {
            return Ok(Some(hash));
        }
        self.read_dialogs(connection).await?;
        Ok(known(self))
    }

    pub(super) async fn read_dialogs(&mut self, connection: &Connection) -> Result<(), Halt> {
        let dialogs = dialogs::load(connection, self.live.account.telegram_user).await?;
        self.take_dialogs(dialogs).await?;
        Ok(())
    }

    /// `updateChannelTooLong` may tell how far the channel is on the server, and the library
    /// would take that for how far we are.
    fn keep_own_pts(&mut self, update: &mut Update) {
        if let Update::ChannelTooLong(too_long) = update {
            let is_known = self
                .boxes
                .session_state()
                .channels
                .iter()
                .any(|channel| channel.id == too_long.channel_id);
            if is_known {
                too_long.pts = None;
            } else {
                self.wants_dialogs = true;
            }
        } else if let Update::Channel(changed) = update
            && !self
                .live
                .directory
                .contains(peer::of_channel(changed.channel_id))
        {
            // The account joined it, and nothing tells how far it is.
            self.wants_dialogs = true;
        }
    }

    pub(super) fn keep_own_pts_in_all(&mut self, updates: &mut UpdatesLike) {
        let UpdatesLike::Updates(updates) = updates else {
            return;
        };
        match updates {
            Updates::Updates(all) => all.updates.iter_mut().for_each(|it| self.keep_own_pts(it)),
            Updates::Combined(all) => all.updates.iter_mut().for_each(|it| self.keep_own_pts(it)),
            Updates::UpdateShort(short) => self.keep_own_pts(&mut short.update),
            Updates::TooLong
            | Updates::UpdateShortMessage(_)
            | Updates::UpdateShortChatMessage(_)
            | Updates::UpdateShortSentMessage(_) => {}
        }
    }

    pub(super) fn ask_stalled_again(&mut self) {
        let now = tokio::time::Instant::now();
        let due: Vec<i64> = self
            .stalled
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(channel, _)| *channel)
            .collect();
        for channel in due {
            self.stalled.remove(&channel);
            self.check_channel(channel);
        }
    }

    /// History is read for chats that a pair reads; nobody asks for the others.
    async fn backfill_source(
        &mut self,
        connection: &Connection,
        chat: patchbay_domain::ids::TelegramChatId,
        arrival: Arrival,
    ) -> Result<(), Halt> {
        self.read_routes().await?;
        if self.sources.contains(&chat) {
            self.backfill(connection, chat, arrival).await?;
        }
        Ok(())
    }
}

/// New messages first, then what happened to them.
fn in_order(applied: impl Iterator<Item = Update>, later: Vec<Update>) -> Vec<Update> {
    let (mut fresh, rest): (Vec<Update>, Vec<Update>) = applied.partition(is_fresh);
    fresh.extend(later);
    fresh.extend(rest);
    fresh
}

/// A new message of a difference: the library gives it no position.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all others are no new messages"
)]
fn is_fresh(update: &Update) -> bool {
    match update {
        Update::NewMessage(new) => new.pts == 0,
        Update::NewChannelMessage(new) => new.pts == 0,
        _ => false,
    }
}

fn is_of_channel(update: &Update) -> bool {
    matches!(
        update,
        Update::ChannelTooLong(_)
            | Update::Channel(_)
            | Update::NewChannelMessage(_)
            | Update::EditChannelMessage(_)
            | Update::DeleteChannelMessages(_)
            | Update::ReadChannelInbox(_)
            | Update::ChannelWebPage(_)
            | Update::PinnedChannelMessages(_)
    )
}

/// An answer without messages that ends where the server is.
fn after_too_long(
    too_long: tl::types::updates::ChannelDifferenceTooLong,
) -> Option<tl::types::updates::ChannelDifference> {
    let pts = match too_long.dialog {
        tl::enums::Dialog::Dialog(dialog) => dialog.pts?,
        tl::enums::Dialog::Folder(_) | tl::enums::Dialog::Community(_) => return None,
    };
    Some(tl::types::updates::ChannelDifference {
        r#final: true,
        pts,
        timeout: too_long.timeout,
        new_messages: Vec::new(),
        other_updates: Vec::new(),
        chats: too_long.chats,
        users: too_long.users,
    })
}

fn forget_timeout(difference: &mut ChannelDifference) {
    match difference {
        ChannelDifference::Empty(part) => part.timeout = None,
        ChannelDifference::TooLong(part) => part.timeout = None,
        ChannelDifference::Difference(part) => part.timeout = None,
    }
}
