//! A Discord that lives in one process: REST v10 and gateway v10 over plain HTTP and WebSocket,
//! for unmodified bot libraries.
//!
//! A request or a gateway command comes in at [`rest`] or [`gateway`], where it is held to the
//! rate limits and faults in [`traffic`]. What it changes becomes a change of the [`world`]:
//! written to the journal by [`journaled`], applied, and turned into events for the sessions that
//! listen. [`render`] writes objects as the platform does. Files go through [`files`] to the disk
//! and come back at the [`cdn`]. At [`oauth2`] people let applications
//! act for them. [`control`] is for people and tests: it speaks for users, looks inside and turns
//! knobs.

mod cdn;
mod control;
mod entropy;
mod files;
mod gateway;
mod ids;
mod intents;
mod journaled;
mod listener;
mod oauth2;
mod permissions;
mod platform;
mod render;
mod rest;
mod simulator;
mod time;
mod traffic;
mod world;

pub use entropy::NoEntropy;
pub use files::FilesError;
pub use simulator::{Config, DiscordSimulator, StartError};
