//! The simulator as unmodified grammers sees it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what the tests share fails as they do"
)]
#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::large_futures,
    reason = "the library's types are large, and a test asks for one of their many forms"
)]

mod albums;
mod changes;
mod chats;
mod durability;
mod endings;
mod faults;
mod login;
mod media;
mod messages;
mod support;
mod topics;
mod updates;
