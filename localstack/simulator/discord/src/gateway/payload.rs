use serde::Deserialize;
use serde_json::Value;

use super::close::{self, CloseCode};
use crate::ids::{GuildId, UserId};
use crate::intents::Intents;
use crate::world::Shard;

/// The largest command a client may send.
const LARGEST: usize = 4096;

/// What a client says.
#[derive(Debug)]
pub(super) enum Command {
    Heartbeat,
    Identify(Identification),
    Resume(Resumption),
    RequestMembers(MembersRequest),
    /// A presence or a voice state: accepted, shown to nobody.
    Ignored,
}

#[derive(Debug)]
pub(super) struct Identification {
    pub(super) token: String,
    pub(super) intents: Intents,
    pub(super) shard: Shard,
    pub(super) compress: bool,
}

#[derive(Debug)]
pub(super) struct Resumption {
    pub(super) token: String,
    pub(super) session: String,
    pub(super) seq: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct MembersRequest {
    pub(super) guild_id: GuildId,
    #[serde(default)]
    pub(super) query: String,
    #[serde(default)]
    pub(super) limit: usize,
    #[serde(default)]
    pub(super) user_ids: Option<UserIds>,
    #[serde(default)]
    pub(super) nonce: Option<String>,
}

/// One id or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum UserIds {
    Many(Vec<UserId>),
    One(UserId),
}

#[derive(Deserialize)]
struct Frame {
    op: u64,
    #[serde(default)]
    d: Value,
}

#[derive(Deserialize)]
struct IdentifyData {
    token: String,
    intents: Intents,
    #[serde(default)]
    shard: Option<(u64, u64)>,
    #[serde(default)]
    compress: Option<bool>,
}

#[derive(Deserialize)]
struct ResumeData {
    token: String,
    session_id: String,
    seq: u64,
}

/// Clients send the token with or without the scheme of the header.
fn bare(token: &str) -> String {
    token.strip_prefix("Bot ").unwrap_or(token).to_owned()
}

pub(super) fn parse(frame: &[u8]) -> Result<Command, CloseCode> {
    fn read<T: serde::de::DeserializeOwned>(data: Value) -> Result<T, CloseCode> {
        serde_json::from_value(data).map_err(|_invalid| close::DECODE_ERROR)
    }
    if frame.len() > LARGEST {
        return Err(close::DECODE_ERROR);
    }
    let frame: Frame = serde_json::from_slice(frame).map_err(|_invalid| close::DECODE_ERROR)?;
    match frame.op {
        1 => Ok(Command::Heartbeat),
        2 => {
            let data: IdentifyData = read(frame.d)?;
            let (id, count) = data.shard.unwrap_or((0, 1));
            Ok(Command::Identify(Identification {
                token: bare(&data.token),
                intents: data.intents,
                shard: Shard { id, count },
                compress: data.compress.unwrap_or_default(),
            }))
        }
        3 | 4 => Ok(Command::Ignored),
        6 => {
            let data: ResumeData = read(frame.d)?;
            let (token, session) = (bare(&data.token), data.session_id);
            Ok(Command::Resume(Resumption {
                token,
                session,
                seq: data.seq,
            }))
        }
        8 => read(frame.d).map(Command::RequestMembers),
        _ => Err(close::UNKNOWN_OPCODE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_closes_with_the_code_that_says_so() {
        let code = |frame: &str| parse(frame.as_bytes()).err().map(|code| code.number);
        assert_eq!(code("{"), Some(4002));
        assert_eq!(code(r#"{"op":2,"d":{}}"#), Some(4002));
        assert_eq!(code(r#"{"op":99}"#), Some(4001));
        assert_eq!(
            code(&format!(r#"{{"op":1,"d":"{}"}}"#, "x".repeat(4096))),
            Some(4002)
        );
        assert_eq!(code(r#"{"op":1,"d":null}"#), None);
    }

    #[test]
    fn a_token_may_carry_its_scheme() {
        let frame = br#"{"op":6,"d":{"token":"Bot t","session_id":"s","seq":4}}"#;
        let Command::Resume(resume) = parse(frame).unwrap() else {
            panic!("not a resume")
        };
        assert_eq!((resume.token.as_str(), resume.seq), ("t", 4));
    }
}
