//! What the tests of the whole share.
//!
//! - [`http`]: the API and the simulators over HTTP
//! - [`hooked`]: ports and senders with something in between
//! - [`running`]: a connector that can be killed
//! - [`stage`]: people, chats and pairs on the simulators
//! - [`message`]: what a chat holds, the same for both platforms
//! - [`campaign`]: random operations while faults strike, compared message by message

pub mod campaign;
pub mod hooked;
pub mod http;
pub mod message;
pub mod running;
pub mod stage;
