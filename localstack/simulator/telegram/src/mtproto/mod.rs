//! `MTProto` 2.0 as a server speaks it: transports, the envelope around each message, the
//! exchange of an auth key, and the password check.

mod envelope;
mod handshake;
mod rsa;
mod srp;
mod transport;
mod violation;

pub(crate) use envelope::{Opened, Sealed, open, seal};
pub(crate) use handshake::{Handshake, Step};
pub(crate) use rsa::{PUBLIC_KEY_PEM, RsaKey};
pub(crate) use srp::{Challenge, GENERATOR, prime, verifier};
pub(crate) use transport::{FrameReader, FrameWriter, accept};
pub(crate) use violation::Violation;
