//! Which messages Patchbay sent itself.
//!
//! Telegram doesn't mark them: a message that the account's owner types on a phone looks the
//! same to the session as one that the session sent. What tells them apart is `updateMessageID`,
//! which only the sending session gets, the answers to sends, and, while neither has come yet (or
//! for the sessions of other accounts in the same chat), that somebody is known to have set out
//! to send such a message there.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use grammers_tl_types as tl;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::{AccountId, MessageId, TelegramChatId, TelegramUserId};
use tl::enums::MessageMedia;

use crate::lock;
use crate::peer;
use crate::recent::Recent;

/// How long a send may go unanswered and still explain a message.
const EXPLAINS_FOR: Duration = Duration::from_mins(10);
const REMEMBERED: usize = 50_000;

/// A message as one account sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) by: AccountId,
    /// Who the account is.
    pub(crate) as_user: TelegramUserId,
    pub(crate) chat: TelegramChatId,
    pub(crate) message: MessageId,
    /// The Telegram user who wrote it, where that is known.
    pub(crate) author: Option<TelegramUserId>,
    pub(crate) text: &'a str,
    pub(crate) carries: Carries,
    pub(crate) now: Timestamp,
}

/// A send about to be made.
#[derive(Debug, Clone)]
pub(crate) struct Sending {
    pub(crate) author: TelegramUserId,
    pub(crate) chat: TelegramChatId,
    pub(crate) random_id: i64,
    pub(crate) look: Look,
    pub(crate) at: Timestamp,
}

/// What a message will look like.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    /// Nothing, where only Telegram knows what it will say.
    pub(crate) text: Option<String>,
    pub(crate) carries: Carries,
}

impl Look {
    pub(crate) fn fits(&self, text: &str, carries: Carries) -> bool {
        // Telegram strips the ends.
        let says_the_same = |own: &String| own.trim() == text.trim();
        self.carries == carries && self.text.as_ref().is_none_or(says_the_same)
    }
}

impl Look {
    /// How many characters a message begins and ends with that this begins and ends with too;
    /// nothing, if it is hardly the same. A reply's own words come last, whatever it quotes.
    pub(crate) fn in_common(&self, text: &str, carries: Carries) -> Option<usize> {
        if self.carries != carries {
            return None;
        }
        let Some(own) = &self.text else {
            return Some(0);
        };
        let (own, text) = (own.trim(), text.trim());
        let same = |(one, other): &(char, char)| one == other;
        let first = own.chars().zip(text.chars()).take_while(same).count();
        let ends = own.chars().rev().zip(text.chars().rev());
        let shorter = own.chars().count().min(text.chars().count());
        let last = ends.take(shorter - first).take_while(same).count();
        let longer = own.chars().count().max(text.chars().count());
        let ends_alike = !text.is_empty() && own.lines().last() == text.lines().last();
        (ends_alike || 2 * (first + last) >= longer).then_some(first + last)
    }
}

/// What a message has beside its text, as far as its sender knows beforehand: Telegram may make
/// a video of an animation, but never a photo of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carries {
    Nothing,
    Photo,
    Document,
    /// A poll, a place and the like.
    Other,
    /// Whatever somebody else wrote.
    Forward,
}

impl Carries {
    pub(crate) fn of(message: &tl::types::Message) -> Self {
        if message.fwd_from.is_some() {
            return Self::Forward;
        }
        match &message.media {
            None | Some(MessageMedia::Empty | MessageMedia::WebPage(_)) => Self::Nothing,
            Some(MessageMedia::Photo(_)) => Self::Photo,
            Some(MessageMedia::Document(_)) => Self::Document,
            Some(_) => Self::Other,
        }
    }
}

/// Shared by all accounts of a process.
#[derive(Debug)]
pub(crate) struct OwnPosts {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    sends: VecDeque<Send>,
    /// With the send that a message came from, where that is certain.
    ids: Recent<Place, Option<i64>>,
    by_random_id: Recent<i64, MessageId>,
}

#[derive(Debug)]
struct Send {
    sending: Sending,
    /// Those whose copy of the message was recognised already: one send explains one message.
    recognised_by: Vec<AccountId>,
}

/// Channels and supergroups number their messages for everybody alike, an account numbers those
/// of its private chats and basic groups by itself.
type Place = (Option<AccountId>, TelegramChatId, MessageId);

fn place(account: AccountId, chat: TelegramChatId, message: MessageId) -> Place {
    (
        peer::channel_id(chat).is_none().then_some(account),
        chat,
        message,
    )
}

impl OwnPosts {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                sends: VecDeque::new(),
                ids: Recent::new(REMEMBERED),
                by_random_id: Recent::new(REMEMBERED),
            }),
        }
    }

    pub(crate) fn sets_out(&self, sending: Sending) {
        let mut state = lock(&self.state);
        let now = sending.at;
        state.sends.retain(|send| {
            now.since(send.sending.at) < EXPLAINS_FOR && send.sending.random_id != sending.random_id
        });
        state.sends.push_back(Send {
            sending,
            recognised_by: Vec::new(),
        });
    }

    /// The send had no effect.
    pub(crate) fn gave_up(&self, random_id: i64) {
        lock(&self.state)
            .sends
            .retain(|send| send.sending.random_id != random_id);
    }

    /// Telegram said which message a send of this account became.
    pub(crate) fn became(&self, account: AccountId, random_id: i64, message: MessageId) {
        let mut state = lock(&self.state);
        state.by_random_id.put(random_id, message);
        let chat = state
            .sends
            .iter_mut()
            .find(|send| send.sending.random_id == random_id)
            .map(|send| {
                send.recognised_by.push(account);
                send.sending.chat
            });
        if let Some(chat) = chat {
            state
                .ids
                .put(place(account, chat, message), Some(random_id));
        }
    }

    pub(crate) fn message_of(&self, random_id: i64) -> Option<MessageId> {
        lock(&self.state).by_random_id.get(&random_id).copied()
    }

    pub(crate) fn note(&self, account: AccountId, chat: TelegramChatId, message: MessageId) {
        let mut state = lock(&self.state);
        let here = place(account, chat, message);
        if state.ids.get(&here).is_none() {
            state.ids.put(here, None);
        }
    }

    /// The send that this message certainly came from.
    pub(crate) fn send_of(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        message: MessageId,
    ) -> Option<i64> {
        lock(&self.state)
            .ids
            .get(&place(account, chat, message))
            .copied()
            .flatten()
    }

    /// Whether this message is certainly one of ours.
    pub(crate) fn is_known(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        message: MessageId,
    ) -> bool {
        let here = place(account, chat, message);
        lock(&self.state).ids.get(&here).is_some()
    }

    pub(crate) fn is_own(&self, seen: Seen<'_>) -> bool {
        let mut state = lock(&self.state);
        let here = place(seen.by, seen.chat, seen.message);
        if state.ids.get(&here).is_some() {
            return true;
        }
        let send = state.sends.iter_mut().find(|send| {
            let sending = &send.sending;
            let same_chat = sending.chat == seen.chat
                || (peer::is_user(seen.chat)
                    && sending.chat.0 == seen.as_user.0
                    && sending.author.0 == seen.chat.0);
            same_chat
                && seen.author == Some(sending.author)
                && sending.look.fits(seen.text, seen.carries)
                && seen.now.since(sending.at) < EXPLAINS_FOR
                && !send.recognised_by.contains(&seen.by)
        });
        match send {
            Some(send) => {
                send.recognised_by.push(seen.by);
                state.ids.put(here, None);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: AccountId = AccountId::from_bits(1);
    const BOB: AccountId = AccountId::from_bits(2);
    const GROUP: TelegramChatId = TelegramChatId(-77);
    const CHANNEL: TelegramChatId = TelegramChatId(-1_000_000_000_077);

    fn sending(chat: TelegramChatId) -> Sending {
        Sending {
            author: TelegramUserId(11),
            chat,
            random_id: 5,
            look: Look {
                text: Some("hello".to_owned()),
                carries: Carries::Nothing,
            },
            at: Timestamp(0),
        }
    }

    fn seen(by: AccountId, chat: TelegramChatId, message: u64) -> Seen<'static> {
        Seen {
            by,
            as_user: TelegramUserId(if by == ANN { 11 } else { 22 }),
            chat,
            message: MessageId(message),
            author: Some(TelegramUserId(11)),
            text: "hello",
            carries: Carries::Nothing,
            now: Timestamp(1000),
        }
    }

    #[test]
    fn an_answered_send_explains_its_message_and_no_other() {
        let own = OwnPosts::new();
        own.sets_out(sending(CHANNEL));
        own.became(ANN, 5, MessageId(9));
        assert!(own.is_own(seen(ANN, CHANNEL, 9)));
        assert!(
            own.is_own(seen(BOB, CHANNEL, 9)),
            "a channel's ids are the same for all"
        );
        assert!(
            !own.is_own(seen(ANN, CHANNEL, 10)),
            "the same text typed by hand"
        );
        assert_eq!(own.message_of(5), Some(MessageId(9)));
    }

    #[test]
    fn an_unanswered_send_explains_one_message_per_account_for_a_while() {
        let own = OwnPosts::new();
        own.sets_out(sending(GROUP));
        assert!(!own.is_own(Seen {
            text: "bye",
            ..seen(ANN, GROUP, 3)
        }));
        assert!(!own.is_own(Seen {
            author: Some(TelegramUserId(22)),
            ..seen(ANN, GROUP, 3)
        }));
        assert!(!own.is_own(Seen {
            carries: Carries::Photo,
            ..seen(ANN, GROUP, 3)
        }));
        assert!(!own.is_own(seen(ANN, TelegramChatId(-78), 3)));
        let late = Timestamp(0).plus(EXPLAINS_FOR);
        assert!(!own.is_own(Seen {
            now: late,
            ..seen(ANN, GROUP, 3)
        }));
        assert!(own.is_own(seen(ANN, GROUP, 3)));
        assert!(own.is_own(seen(ANN, GROUP, 3)), "seen again");
        assert!(!own.is_own(seen(ANN, GROUP, 4)));
        assert!(
            own.is_own(seen(BOB, GROUP, 8)),
            "the other account's number for it"
        );
        assert!(!own.is_own(seen(BOB, GROUP, 9)));
    }

    #[test]
    fn what_a_message_has_in_common_with_a_send_is_counted() {
        let look = Look {
            text: Some("| the quoted line\nyes".to_owned()),
            carries: Carries::Nothing,
        };
        for (text, expected) in [
            ("| the quoted line\nyes", Some(21)),
            ("| the quoted lines\nyes", Some(21)),
            ("| something else\nyes", Some(7)),
            ("yes", Some(3)),
            ("| the quoted line\nno", Some(18)),
            ("no", None),
            ("", None),
        ] {
            assert_eq!(look.in_common(text, Carries::Nothing), expected, "{text}");
        }
        assert_eq!(look.in_common("yes", Carries::Photo), None);
    }

    #[test]
    fn a_forward_is_known_by_being_one() {
        let own = OwnPosts::new();
        own.sets_out(Sending {
            look: Look {
                text: None,
                carries: Carries::Forward,
            },
            ..sending(GROUP)
        });
        assert!(!own.is_own(seen(ANN, GROUP, 3)));
        let forward = |message| Seen {
            carries: Carries::Forward,
            ..seen(ANN, GROUP, message)
        };
        assert!(own.is_own(forward(4)));
        assert!(!own.is_own(forward(5)), "one send, one message");
    }

    #[test]
    fn the_other_side_of_a_private_chat_recognises_it() {
        let own = OwnPosts::new();
        own.sets_out(sending(TelegramChatId(22)));
        assert!(own.is_own(seen(BOB, TelegramChatId(11), 4)));
    }

    #[test]
    fn a_send_without_effect_explains_nothing() {
        let own = OwnPosts::new();
        own.sets_out(sending(GROUP));
        own.gave_up(5);
        assert!(!own.is_own(seen(ANN, GROUP, 3)));
    }
}
