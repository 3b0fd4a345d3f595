//! Digests as SQS writes them.

use std::fmt::Write;

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String can't fail.
            write!(text, "{byte:02x}").ok();
            text
        })
}
