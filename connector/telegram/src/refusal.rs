//! What Telegram's errors mean (core.telegram.org/api/errors and the error lists of each method).

use std::time::Duration;

use grammers_mtsender::RpcError;
use patchbay_app::ports::SendError;
use patchbay_domain::FailReason;
use patchbay_domain::account::LimitReason;

/// How long an account rests that Telegram limits: it tells no time, and nothing but patience or
/// an appeal lifts that.
const LIMITED_REST: Duration = Duration::from_hours(6);
const SERVER_TROUBLE: Duration = Duration::from_secs(3);

/// The session is gone for good; only a new login helps.
pub(crate) fn ends_session(refused: &RpcError) -> bool {
    matches!(
        refused.name.as_str(),
        "AUTH_KEY_UNREGISTERED"
            | "AUTH_KEY_INVALID"
            | "AUTH_KEY_PERM_EMPTY"
            | "AUTH_KEY_DUPLICATED"
            | "SESSION_REVOKED"
            | "SESSION_EXPIRED"
            | "USER_DEACTIVATED"
            | "USER_DEACTIVATED_BAN"
    )
}

/// Whether Telegram limits the account, and why (core.telegram.org/api/auth#frozen-accounts for
/// those that are frozen).
pub(crate) fn limitation(refused: &RpcError) -> Option<(LimitReason, Duration)> {
    let reason = match refused.name.as_str() {
        "PEER_FLOOD" => LimitReason::Spam,
        "FROZEN_METHOD_INVALID" | "FROZEN_PARTICIPANT_MISSING" => LimitReason::Frozen,
        _ => return None,
    };
    Some((reason, LIMITED_REST))
}

/// How long the account must make no such request.
pub(crate) fn flood_wait(refused: &RpcError) -> Option<Duration> {
    let seconds = || {
        refused
            .value
            .map_or(Duration::from_mins(1), |s| Duration::from_secs(s.into()))
    };
    if let Some((_, rest)) = limitation(refused) {
        return Some(rest);
    }
    match refused.name.as_str() {
        "SLOWMODE_WAIT" => None,
        _ if refused.code == 420 => Some(seconds()),
        _ => None,
    }
}

/// What a refused send means for the message.
pub(crate) fn of_send(refused: &RpcError) -> SendError {
    if ends_session(refused) {
        return SendError::Fail(FailReason::LoggedOut);
    }
    if let Some(after) = flood_wait(refused) {
        return SendError::Limited { after };
    }
    let wait = || Duration::from_secs(refused.value.unwrap_or(60).into());
    match refused.name.as_str() {
        "SLOWMODE_WAIT" => SendError::Limited { after: wait() },
        name if forbids_a_kind(name) => SendError::Fail(FailReason::NotAllowed),
        "CHAT_WRITE_FORBIDDEN"
        | "CHAT_ADMIN_REQUIRED"
        | "CHAT_RESTRICTED"
        | "CHAT_GUEST_SEND_FORBIDDEN"
        | "VOICE_MESSAGES_FORBIDDEN"
        | "MESSAGE_DELETE_FORBIDDEN"
        | "USER_BANNED_IN_CHANNEL"
        | "USER_IS_BLOCKED"
        | "YOU_BLOCKED_USER"
        | "PRIVACY_PREMIUM_REQUIRED"
        | "ALLOW_PAYMENT_REQUIRED"
        | "TOPIC_CLOSED" => SendError::Fail(FailReason::NotAllowed),
        "CHANNEL_PRIVATE"
        | "CHANNEL_INVALID"
        | "CHAT_ID_INVALID"
        | "CHAT_FORBIDDEN"
        | "PEER_ID_INVALID"
        | "INPUT_USER_DEACTIVATED"
        | "USER_ID_INVALID"
        | "TOPIC_DELETED"
        | "CHAT_DEACTIVATED" => SendError::Fail(FailReason::DestinationLost),
        _ if refused.code == 500 || refused.code == 503 || refused.code < 0 => SendError::Retry {
            after: SERVER_TROUBLE,
            why: refused.name.clone(),
        },
        // Somebody else is at work on the same thing, or a part of a file got lost on its way; both
        // only need another try.
        "MSG_WAIT_FAILED"
        | "MSG_WAIT_TIMEOUT"
        | "RANDOM_ID_EXPIRED"
        | "FILE_PART_MISSING"
        | "MD5_CHECKSUM_INVALID" => SendError::Retry {
            after: SERVER_TROUBLE,
            why: refused.name.clone(),
        },
        _ => SendError::Fail(FailReason::Refused {
            code: code(refused),
        }),
    }
}

/// `CHAT_SEND_PHOTOS_FORBIDDEN` and its likes.
fn forbids_a_kind(name: &str) -> bool {
    name.starts_with("CHAT_SEND_") && name.ends_with("_FORBIDDEN")
}

/// Nobody, or not this account, may react there: what reactions say is told in words
/// (core.telegram.org/method/messages.sendReaction).
pub(crate) fn forbids_reactions(name: &str) -> bool {
    matches!(
        name,
        "REACTIONS_TOO_MANY"
            | "ANONYMOUS_REACTIONS_DISABLED"
            | "CHAT_ADMIN_REQUIRED"
            | "CHAT_WRITE_FORBIDDEN"
            | "CHAT_RESTRICTED"
            | "USER_BANNED_IN_CHANNEL"
    ) || forbids_a_kind(name)
}

/// What a refusal means for a message that is to be changed or forwarded.
pub(crate) fn of_change(refused: &RpcError) -> SendError {
    match refused.name.as_str() {
        "MESSAGE_ID_INVALID" | "MSG_ID_INVALID" | "MESSAGE_IDS_EMPTY" => SendError::MessageGone,
        _ => of_send(refused),
    }
}

/// Whether a file that was named by its reference can't be sent like this: the reference has
/// expired, or Telegram lets nobody pass the file on.
/// (`core.telegram.org/api/file_reference`, which tells a place in an album as a number)
pub(crate) fn is_about_reference(refused: &RpcError) -> bool {
    matches!(
        refused.name.as_str(),
        "FILE_REFERENCE_EXPIRED"
            | "FILE_REFERENCE_INVALID"
            | "FILE_REFERENCE_EMPTY"
            | "FILEREF_UPGRADE_NEEDED"
            | "FILE_ID_INVALID"
            | "MEDIA_EMPTY"
            | "CHAT_FORWARDS_RESTRICTED"
    )
}

/// The message to be answered is not there.
pub(crate) fn is_about_reply(refused: &RpcError) -> bool {
    matches!(
        refused.name.as_str(),
        "REPLY_MESSAGE_ID_INVALID" | "REPLY_TO_INVALID" | "REPLY_MESSAGES_TOO_MUCH"
    )
}

/// What was asked for can't be had; asking again would change nothing.
pub(crate) fn is_about_request(refused: &RpcError) -> bool {
    matches!(refused.code, 400 | 403 | 406)
}

/// The account is not in the chat, or there is no such chat.
pub(crate) fn is_about_lost_chat(refused: &RpcError) -> bool {
    matches!(
        refused.name.as_str(),
        "CHANNEL_PRIVATE" | "CHANNEL_INVALID" | "CHANNEL_PUBLIC_GROUP_NA" | "CHAT_FORBIDDEN"
    )
}

/// The name as Telegram wrote it.
pub(crate) fn code(refused: &RpcError) -> String {
    match refused.value {
        Some(value) => format!("{}_{value}", refused.name),
        None => refused.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: i32, text: &str) -> RpcError {
        grammers_tl_types::types::RpcError {
            error_code: code,
            error_message: text.into(),
        }
        .into()
    }

    #[test]
    fn what_becomes_of_a_refused_send() {
        let seconds = Duration::from_secs;
        let refusal = |code: &str| {
            SendError::Fail(FailReason::Refused {
                code: code.to_owned(),
            })
        };
        let retry = |why: &str| SendError::Retry {
            after: SERVER_TROUBLE,
            why: why.to_owned(),
        };
        let cases = [
            (
                420,
                "FLOOD_WAIT_31",
                SendError::Limited { after: seconds(31) },
            ),
            (
                420,
                "FLOOD_PREMIUM_WAIT_5",
                SendError::Limited { after: seconds(5) },
            ),
            (
                420,
                "SLOWMODE_WAIT_100",
                SendError::Limited {
                    after: seconds(100),
                },
            ),
            (
                400,
                "PEER_FLOOD",
                SendError::Limited {
                    after: LIMITED_REST,
                },
            ),
            (
                420,
                "FROZEN_METHOD_INVALID",
                SendError::Limited {
                    after: LIMITED_REST,
                },
            ),
            (
                403,
                "CHAT_WRITE_FORBIDDEN",
                SendError::Fail(FailReason::NotAllowed),
            ),
            (
                400,
                "USER_BANNED_IN_CHANNEL",
                SendError::Fail(FailReason::NotAllowed),
            ),
            (
                400,
                "CHAT_ADMIN_REQUIRED",
                SendError::Fail(FailReason::NotAllowed),
            ),
            (
                400,
                "CHANNEL_PRIVATE",
                SendError::Fail(FailReason::DestinationLost),
            ),
            (
                400,
                "PEER_ID_INVALID",
                SendError::Fail(FailReason::DestinationLost),
            ),
            (
                401,
                "AUTH_KEY_UNREGISTERED",
                SendError::Fail(FailReason::LoggedOut),
            ),
            (
                406,
                "AUTH_KEY_DUPLICATED",
                SendError::Fail(FailReason::LoggedOut),
            ),
            (
                401,
                "USER_DEACTIVATED",
                SendError::Fail(FailReason::LoggedOut),
            ),
            (400, "MESSAGE_EMPTY", refusal("MESSAGE_EMPTY")),
            (
                400,
                "ENTITY_BOUNDS_INVALID",
                refusal("ENTITY_BOUNDS_INVALID"),
            ),
            (500, "INTERNAL", retry("INTERNAL")),
            (-503, "Timeout", retry("Timeout")),
        ];
        for (number, text, expected) in cases {
            assert_eq!(of_send(&refused(number, text)), expected, "{text}");
        }
    }

    #[test]
    fn what_becomes_of_a_refused_file() {
        let not_allowed = || SendError::Fail(FailReason::NotAllowed);
        let code = "CHAT_FORWARDS_RESTRICTED".to_owned();
        let again = SendError::Retry {
            after: SERVER_TROUBLE,
            why: "FILE_PART_MISSING".to_owned(),
        };
        let cases = [
            (403, "CHAT_SEND_PHOTOS_FORBIDDEN", not_allowed()),
            (403, "CHAT_SEND_MEDIA_FORBIDDEN", not_allowed()),
            (400, "VOICE_MESSAGES_FORBIDDEN", not_allowed()),
            (400, "FILE_PART_7_MISSING", again),
            (
                400,
                "CHAT_FORWARDS_RESTRICTED",
                SendError::Fail(FailReason::Refused { code }),
            ),
        ];
        for (number, text, expected) in cases {
            assert_eq!(of_send(&refused(number, text)), expected, "{text}");
        }
    }

    #[test]
    fn what_becomes_of_a_refused_change() {
        let gone = refused(400, "MESSAGE_ID_INVALID");
        assert_eq!(of_change(&gone), SendError::MessageGone);
        let late = refused(400, "MESSAGE_EDIT_TIME_EXPIRED");
        let code = "MESSAGE_EDIT_TIME_EXPIRED".to_owned();
        let expected = SendError::Fail(FailReason::Refused { code });
        assert_eq!(of_change(&late), expected);
    }

    #[test]
    fn a_reference_may_be_named_by_its_place() {
        assert!(is_about_reference(&refused(
            400,
            "FILE_REFERENCE_2_EXPIRED"
        )));
        assert!(!is_about_reference(&refused(400, "MEDIA_INVALID")));
    }

    #[test]
    fn only_a_flood_holds_the_whole_account() {
        assert_eq!(
            flood_wait(&refused(420, "FLOOD_WAIT_3")),
            Some(Duration::from_secs(3))
        );
        assert_eq!(flood_wait(&refused(420, "SLOWMODE_WAIT_3")), None);
        assert_eq!(flood_wait(&refused(400, "MESSAGE_EMPTY")), None);
    }
}
