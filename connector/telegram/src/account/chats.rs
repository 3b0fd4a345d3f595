//! Keeping the directory of chats as Telegram tells it.

use std::collections::HashSet;

use grammers_tl_types as tl;
use patchbay_app::ports::PortResult;
use patchbay_domain::ids::TelegramChatId;
use tl::enums::Update;
use tokio::time::Instant;

use super::dialogs::Dialogs;
use super::inbox::Inbox;
use crate::directory::{self, Listing};
use crate::peer;

impl Inbox {
    /// Keeps names, and the directory up to date.
    pub(super) async fn learn(
        &mut self,
        users: &[tl::enums::User],
        chats: &[tl::enums::Chat],
        updates: &[Update],
    ) {
        self.translator.learn_names(users, chats);
        let private: HashSet<TelegramChatId> = updates.iter().filter_map(private_chat).collect();
        for chat in users.iter().filter_map(directory::of_user) {
            let is_listed = self.live.directory.contains(chat.id) || private.contains(&chat.id);
            if is_listed {
                self.unsaved_chats.extend(self.live.directory.put(chat));
            }
        }
        for chat in chats {
            match directory::of_chat(chat) {
                Listing::Present(chat) => {
                    if let Some(news) = self.live.directory.put(chat) {
                        self.found_chat(news.id);
                        self.unsaved_chats.push(news);
                    }
                }
                Listing::Absent(chat) => self.lose_chat(chat).await,
                Listing::Moved { from, to } => {
                    self.follow([(from, to)]).await;
                    self.forget_chat(from).await;
                }
                Listing::Unclear => {}
            }
        }
        self.save_chats().await;
        self.learn_topics(updates).await;
    }

    pub(super) async fn forget_chat(&mut self, chat: TelegramChatId) {
        if !self.live.directory.remove(chat) {
            return;
        }
        self.unsaved_chats.retain(|unsaved| unsaved.id != chat);
        if let Err(error) = self
            .ports
            .chats
            .remove_telegram(self.live.account.id, chat)
            .await
        {
            tracing::warn!(
                account = %self.live.account.id,
                %chat,
                error = &error as &dyn std::error::Error,
                "the directory still lists a chat that the account is not in"
            );
        }
    }

    /// The directory is a convenience: messages don't wait for it, and what could not be written
    /// is written with what comes next.
    async fn save_chats(&mut self) {
        if self.unsaved_chats.is_empty() {
            return;
        }
        match self
            .ports
            .chats
            .put_telegram(self.live.account.id, &self.unsaved_chats)
            .await
        {
            Ok(()) => self.unsaved_chats.clear(),
            Err(error) => tracing::warn!(
                account = %self.live.account.id,
                error = &error as &dyn std::error::Error,
                "directory not written"
            ),
        }
    }

    /// For people to see; nothing waits for it.
    async fn note_chats_read(&self) {
        let (account, now) = (&self.live.account, self.ports.clock.now());
        let accounts = &self.ports.accounts;
        if let Err(error) = accounts.chats_read(account.owner, account.id, now).await {
            tracing::warn!(
                account = %account.id,
                error = &error as &dyn std::error::Error,
                "not noted that the list of chats was read"
            );
        }
    }

    /// Makes what was read from the list of chats known.
    pub(super) async fn take_dialogs(&mut self, dialogs: Dialogs) -> PortResult<()> {
        let present: HashSet<TelegramChatId> = dialogs.chats.iter().map(|chat| chat.id).collect();
        let listed = if dialogs.are_complete {
            self.live.directory.ids()
        } else {
            Vec::new()
        };
        for gone in listed.into_iter().filter(|id| !present.contains(id)) {
            self.forget_chat(gone).await;
        }
        for chat in dialogs.absent {
            self.lose_chat(chat).await;
        }
        for chat in dialogs.chats {
            if let Some(news) = self.live.directory.put_counted(chat) {
                self.found_chat(news.id);
                self.unsaved_chats.push(news);
            }
        }
        if !self.unsaved_chats.is_empty() {
            self.ports
                .chats
                .put_telegram(self.live.account.id, &self.unsaved_chats)
                .await?;
            self.unsaved_chats.clear();
        }
        self.follow(dialogs.moved).await;
        for (channel, pts) in dialogs.channel_pts {
            self.boxes.try_set_channel_state(channel, pts);
        }
        if dialogs.are_complete {
            self.note_chats_read().await;
        }
        self.wants_dialogs = false;
        self.dialogs_read_at = Some(Instant::now());
        self.note_handed_on();
        Ok(())
    }
}

/// The private chat in which an update brings a message.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all others bring no message"
)]
fn private_chat(update: &Update) -> Option<TelegramChatId> {
    match update {
        Update::NewMessage(new) => match &new.message {
            tl::enums::Message::Message(message) => {
                Some(peer::of_peer(&message.peer_id)).filter(|chat| peer::is_user(*chat))
            }
            tl::enums::Message::Empty(_) | tl::enums::Message::Service(_) => None,
        },
        _ => None,
    }
}
