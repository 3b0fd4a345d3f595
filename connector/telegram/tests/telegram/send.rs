//! Sending, changing, deleting and forwarding.

mod albums;
mod changes;
mod forwards;
mod media;
mod own;
mod reactions;
mod references;
mod scene;
mod shelf;
mod texts;
mod transfers;
