use std::time::Duration;

use patchbay_app::ports::SendError;
use patchbay_domain::FailReason;
use reqwest::StatusCode;

use crate::persist::Failure;
use crate::rest::RestError;

pub(super) const UNKNOWN_CHANNEL: u32 = 10003;
const UNKNOWN_GUILD: u32 = 10004;
/// Of a request that is too large.
pub(super) const TOO_LARGE: u32 = 40005;
pub(super) const UNKNOWN_MESSAGE: u32 = 10008;
pub(super) const UNKNOWN_EMOJI: u32 = 10014;
pub(super) const UNKNOWN_WEBHOOK: u32 = 10015;
const MISSING_ACCESS: u32 = 50001;
pub(super) const NOT_THE_AUTHOR: u32 = 50005;
pub(super) const MISSING_PERMISSIONS: u32 = 50013;
pub(super) const INVALID_WEBHOOK_TOKEN: u32 = 50027;
pub(super) const TOO_OLD_TO_DELETE_AT_ONCE: u32 = 50034;
pub(super) const THREAD_ARCHIVED: u32 = 50083;
const THREAD_LOCKED: u32 = 160_005;

/// What a failure means for the message. (Opcodes and Status Codes, "JSON")
pub(crate) fn verdict(error: &RestError) -> SendError {
    const RETRY: Duration = Duration::from_secs(1);
    match error {
        RestError::Limited { after } => SendError::Limited { after: *after },
        RestError::TooLarge { index, most } => SendError::FileTooLarge {
            index: *index,
            most: *most,
        },
        RestError::Source { index, source } => source.clone().of_attachment(*index),
        RestError::Refused {
            status: StatusCode::UNAUTHORIZED,
            code,
            ..
        } if *code != INVALID_WEBHOOK_TOKEN => {
            tracing::error!("Discord doesn't know the bot token: nothing can be sent");
            SendError::Fail(FailReason::NotAllowed)
        }
        RestError::Refused { status, code, .. } => of_refusal(*status, *code),
        RestError::Failing { .. }
        | RestError::Unreachable { .. }
        | RestError::Unreadable { .. }
        | RestError::Unwritable(_) => SendError::Retry {
            after: RETRY.max(error.wait()),
            why: error.to_string(),
        },
    }
}

fn of_refusal(status: StatusCode, code: u32) -> SendError {
    SendError::Fail(match (status, code) {
        (_, UNKNOWN_MESSAGE) => return SendError::MessageGone,
        (_, UNKNOWN_CHANNEL | UNKNOWN_GUILD) | (StatusCode::NOT_FOUND, _) => {
            FailReason::DestinationLost
        }
        (_, MISSING_ACCESS | MISSING_PERMISSIONS | THREAD_LOCKED) | (StatusCode::FORBIDDEN, _) => {
            FailReason::NotAllowed
        }
        (status, 0) => FailReason::Refused {
            code: format!("HTTP {}", status.as_u16()),
        },
        (_, code) => FailReason::Refused {
            code: code.to_string(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: u32) -> SendError {
        let body = format!(r#"{{"message":"no","code":{code}}}"#);
        verdict(&RestError::of_status(
            StatusCode::from_u16(status).unwrap(),
            body.as_bytes(),
        ))
    }

    #[test]
    fn each_refusal_says_what_becomes_of_the_message() {
        let refusal = |code: &str| {
            SendError::Fail(FailReason::Refused {
                code: code.to_owned(),
            })
        };
        let (closed, lost) = (FailReason::NotAllowed, FailReason::DestinationLost);
        for (status, code, expected) in [
            (403, 50001, SendError::Fail(closed.clone())),
            (403, 50013, SendError::Fail(closed.clone())),
            (401, 0, SendError::Fail(closed.clone())),
            (400, 160_005, SendError::Fail(closed)),
            (404, 10003, SendError::Fail(lost.clone())),
            (404, 10004, SendError::Fail(lost)),
            (404, 10008, SendError::MessageGone),
            (400, 50035, refusal("50035")),
            (400, 30007, refusal("30007")),
            (413, 0, refusal("HTTP 413")),
        ] {
            assert_eq!(refused(status, code), expected, "{status} {code}");
        }
        for ambiguous in [408, 500, 502, 503, 302] {
            assert!(
                matches!(refused(ambiguous, 0), SendError::Retry { .. }),
                "{ambiguous}"
            );
        }
    }
}
