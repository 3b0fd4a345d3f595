//! The pairs of a campaign: every direction, and the options that change the way of a message.

use patchbay_domain::Platform;
use patchbay_domain::Platform::{Discord, Telegram};
use serde_json::{Value, json};

use crate::stage::{Room, Wish};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) from: Platform,
    pub(super) to: Platform,
    rooms: (Room, Room),
    options: Value,
}

impl Line {
    pub(super) fn all() -> Vec<Self> {
        let plain = json!({});
        let persona = json!({"appear_as": {"name": "Courier"}});
        let line = |name, from, to, options: &Value| Self {
            name,
            from,
            to,
            rooms: (Room::Chat, Room::Chat),
            options: options.clone(),
        };
        let between = |name, rooms, from, to| Self {
            rooms,
            ..line(name, from, to, &plain)
        };
        let (chat, part) = (Room::Chat, Room::Part);
        vec![
            line("telegram to telegram", Telegram, Telegram, &plain),
            line("telegram to discord", Telegram, Discord, &plain),
            line("discord to telegram", Discord, Telegram, &plain),
            line("discord to discord", Discord, Discord, &plain),
            line(
                "telegram to telegram, forwarded",
                Telegram,
                Telegram,
                &json!({"mode": "forward"}),
            ),
            line(
                "telegram to discord, as a persona",
                Telegram,
                Discord,
                &persona,
            ),
            line(
                "discord to telegram, delayed",
                Discord,
                Telegram,
                &json!({"delay": 1}),
            ),
            line(
                "telegram to discord, delayed",
                Telegram,
                Discord,
                &json!({"delay": 1}),
            ),
            line("telegram to telegram again", Telegram, Telegram, &plain),
            line("telegram to discord again", Telegram, Discord, &plain),
            line("discord to telegram again", Discord, Telegram, &plain),
            line(
                "discord to discord, as a persona",
                Discord,
                Discord,
                &persona,
            ),
            between("topic to thread", (part, part), Telegram, Discord),
            between("thread to topic", (part, part), Discord, Telegram),
            between("topic to topic", (part, part), Telegram, Telegram),
            between("thread to channel", (part, chat), Discord, Discord),
        ]
    }

    pub(super) fn wish(&self) -> Wish {
        Wish {
            from: (self.from, self.rooms.0),
            to: (self.to, self.rooms.1),
            options: self.options.clone(),
        }
    }

    /// A forward of Telegram's own can't be edited, and answers nothing.
    pub(super) fn is_forward(&self) -> bool {
        self.options["mode"] == "forward"
    }
}
