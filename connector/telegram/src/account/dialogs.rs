//! The list of an account's chats.

use std::collections::{BTreeMap, HashMap, HashSet};

use grammers_tl_types as tl;
use patchbay_domain::account::TelegramChat;
use patchbay_domain::ids::{TelegramChatId, TelegramUserId};

use crate::connection::{Connection, InvokeError};
use crate::directory::{self, Listing};
use crate::peer;

const PAGE: i32 = 100;

/// All chats, and how far each channel's updates are at this moment.
#[derive(Debug, Default)]
pub(crate) struct Dialogs {
    /// Whether these are certainly all.
    pub(crate) are_complete: bool,
    pub(crate) chats: Vec<TelegramChat>,
    pub(crate) channel_pts: BTreeMap<i64, i32>,
    /// Those that the account is let into no more; they stay in the list.
    pub(crate) absent: Vec<TelegramChatId>,
    /// Groups that went on as supergroups.
    pub(crate) moved: Vec<(TelegramChatId, TelegramChatId)>,
}

struct Page {
    dialogs: Vec<tl::types::Dialog>,
    messages: Vec<tl::enums::Message>,
    chats: Vec<tl::enums::Chat>,
    users: Vec<tl::enums::User>,
    is_last: bool,
}

pub(crate) async fn load(
    connection: &Connection,
    me: TelegramUserId,
) -> Result<Dialogs, InvokeError> {
    let mut all = Dialogs::default();
    let mut seen = HashSet::new();
    let mut request = tl::functions::messages::GetDialogs {
        exclude_pinned: false,
        folder_id: None,
        offset_date: 0,
        offset_id: 0,
        offset_peer: tl::enums::InputPeer::Empty,
        limit: PAGE,
        hash: 0,
    };
    loop {
        let page = page(connection.invoke(&request).await?);
        let before = seen.len();
        let chats = all.take(&page, &mut seen);
        if page.is_last || seen.len() == before {
            all.are_complete = true;
            return Ok(all);
        }
        let Some(offset) = offset(&page, &chats, me) else {
            tracing::warn!("a page of chats of which none can be named, the rest is left out");
            return Ok(all);
        };
        (request.offset_date, request.offset_id, request.offset_peer) = offset;
        // The pinned ones come first, on the first page.
        request.exclude_pinned = true;
    }
}

fn page(dialogs: tl::enums::messages::Dialogs) -> Page {
    let (dialogs, messages, chats, users, is_last) = match dialogs {
        tl::enums::messages::Dialogs::Dialogs(all) => {
            (all.dialogs, all.messages, all.chats, all.users, true)
        }
        tl::enums::messages::Dialogs::Slice(slice) => (
            slice.dialogs,
            slice.messages,
            slice.chats,
            slice.users,
            false,
        ),
        tl::enums::messages::Dialogs::NotModified(_) => Default::default(),
    };
    let dialogs = dialogs
        .into_iter()
        .filter_map(|dialog| match dialog {
            tl::enums::Dialog::Dialog(dialog) => Some(dialog),
            // Its chats are in the list by themselves.
            tl::enums::Dialog::Folder(_) | tl::enums::Dialog::Community(_) => None,
        })
        .collect();
    Page {
        dialogs,
        messages,
        chats,
        users,
        is_last,
    }
}

impl Dialogs {
    fn take(
        &mut self,
        page: &Page,
        seen: &mut HashSet<TelegramChatId>,
    ) -> HashMap<TelegramChatId, TelegramChat> {
        let users = page.users.iter().filter_map(directory::of_user);
        let mut chats = Vec::new();
        for chat in &page.chats {
            match directory::of_chat(chat) {
                Listing::Present(chat) => chats.push(chat),
                Listing::Moved { from, to } => self.moved.push((from, to)),
                Listing::Absent(chat) => self.absent.push(chat),
                Listing::Unclear => {}
            }
        }
        let known: HashMap<TelegramChatId, TelegramChat> =
            users.chain(chats).map(|chat| (chat.id, chat)).collect();
        for dialog in &page.dialogs {
            let id = peer::of_peer(&dialog.peer);
            if let Some(chat) = known.get(&id).filter(|_| seen.insert(id)) {
                self.chats.push(chat.clone());
                if let (Some(channel), Some(pts)) = (peer::channel_id(id), dialog.pts) {
                    self.channel_pts.insert(channel, pts);
                }
            }
        }
        known
    }
}

/// Where the next page begins: after the last chat of this one that can be named.
fn offset(
    page: &Page,
    chats: &HashMap<TelegramChatId, TelegramChat>,
    me: TelegramUserId,
) -> Option<(i32, i32, tl::enums::InputPeer)> {
    let dates: HashMap<(TelegramChatId, i32), i32> =
        page.messages.iter().filter_map(dated).collect();
    page.dialogs.iter().rev().find_map(|dialog| {
        let id = peer::of_peer(&dialog.peer);
        let date = dates.get(&(id, dialog.top_message))?;
        Some((*date, dialog.top_message, peer::input(chats.get(&id)?, me)?))
    })
}

fn dated(message: &tl::enums::Message) -> Option<((TelegramChatId, i32), i32)> {
    match message {
        tl::enums::Message::Message(message) => {
            Some(((peer::of_peer(&message.peer_id), message.id), message.date))
        }
        tl::enums::Message::Service(message) => {
            Some(((peer::of_peer(&message.peer_id), message.id), message.date))
        }
        tl::enums::Message::Empty(_) => None,
    }
}
