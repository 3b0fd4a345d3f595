//! The simulator as unmodified grammers sees it.

mod chats;
mod durability;
mod faults;
mod login;
mod messages;
mod support;
mod updates;
