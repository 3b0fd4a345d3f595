//! The rules of forwarding, without any I/O, clock or randomness.
//!
//! A platform's update becomes a [`SourceEvent`]; [`route()`] matches it with the pairs of a
//! [`PairIndex`] and yields one [`ForwardTask`] per pair; each task ends in exactly one
//! [`DeliveryState`], kept under its [`DeliveryKey`].
//!
//! - [`ids`]: every kind of id, in one file
//! - [`chat`]: where messages come from and go to
//! - [`text`], [`content`], [`mod@file`], [`special`], [`reaction`], [`event`]: what a message is
//! - [`pair`], [`mod@route`], [`task`], [`send_key`], [`delivery`], [`reason`]: what is done with it
//! - [`user`], [`session`], [`token`], [`plan`], [`api_key`], [`quota`], [`throttle`]: who uses it, and
//!   how much
//! - [`figures`]: what deliveries come to
//! - [`account`], [`bot_link`], [`guild`], [`discord_person`], [`lease`], [`retry`]: what stands around it

pub mod account;
pub mod api_key;
pub mod bot_link;
pub mod chat;
pub mod content;
pub mod delivery;
pub mod discord_person;
pub mod event;
pub mod figures;
pub mod file;
pub mod guild;
pub mod ids;
pub mod lease;
pub mod pair;
pub mod plan;
pub mod quota;
pub mod reaction;
pub mod reason;
pub mod retry;
pub mod route;
pub mod send_key;
pub mod session;
pub mod special;
pub mod task;
pub mod text;
pub mod throttle;
pub mod time;
pub mod token;
pub mod user;

pub use chat::{ChatId, Endpoint, Platform};
pub use content::{Attachment, Author, Content, Cover, LinkPreview, MediaKind};
pub use delivery::{Delivery, DeliveryKey, DeliveryState, OutcomePlace, Share};
pub use event::{Change, Notification, Post, Recovery, Revision, SourceEvent};
pub use file::FileRef;
pub use lease::{Fence, LeaseName};
pub use pair::{GonePair, Pair, PairState};
pub use plan::Plan;
pub use reaction::{Emoji, Reaction};
pub use reason::{FailKind, FailReason, SkipReason};
pub use route::{PairIndex, Routed, route};
pub use send_key::SendKey;
pub use special::Special;
pub use task::{ForwardTask, Manner, Persona, QueuedTask, Retry};
pub use text::Text;
pub use time::Timestamp;
