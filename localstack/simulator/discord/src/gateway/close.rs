/// The code a connection ends with, and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CloseCode {
    pub(super) number: u16,
    pub(super) reason: &'static str,
}

const fn code(number: u16, reason: &'static str) -> CloseCode {
    CloseCode { number, reason }
}

pub(super) const UNKNOWN_ERROR: CloseCode = code(4000, "Unknown error.");
pub(super) const UNKNOWN_OPCODE: CloseCode = code(4001, "Unknown opcode.");
pub(super) const DECODE_ERROR: CloseCode = code(4002, "Error while decoding payload.");
pub(super) const NOT_AUTHENTICATED: CloseCode = code(4003, "Not authenticated.");
pub(super) const AUTHENTICATION_FAILED: CloseCode = code(4004, "Authentication failed.");
pub(super) const ALREADY_AUTHENTICATED: CloseCode = code(4005, "Already authenticated.");
pub(super) const INVALID_SEQ: CloseCode = code(4007, "Invalid seq.");
pub(super) const RATE_LIMITED: CloseCode = code(4008, "Rate limited.");
pub(super) const SESSION_TIMED_OUT: CloseCode = code(4009, "Session timed out.");
pub(super) const INVALID_SHARD: CloseCode = code(4010, "Invalid shard.");
pub(super) const SHARDING_REQUIRED: CloseCode = code(4011, "Sharding required.");
pub(super) const INVALID_API_VERSION: CloseCode = code(4012, "Invalid API version.");
pub(super) const INVALID_INTENTS: CloseCode = code(4013, "Invalid intent(s).");
pub(super) const DISALLOWED_INTENTS: CloseCode = code(4014, "Disallowed intent(s).");

impl CloseCode {
    /// A code that an operator asked for by number.
    pub(super) fn numbered(number: u16) -> Self {
        [
            UNKNOWN_ERROR,
            UNKNOWN_OPCODE,
            DECODE_ERROR,
            NOT_AUTHENTICATED,
            AUTHENTICATION_FAILED,
            ALREADY_AUTHENTICATED,
            INVALID_SEQ,
            RATE_LIMITED,
            SESSION_TIMED_OUT,
            INVALID_SHARD,
            SHARDING_REQUIRED,
            INVALID_API_VERSION,
            INVALID_INTENTS,
            DISALLOWED_INTENTS,
        ]
        .into_iter()
        .find(|code| code.number == number)
        .unwrap_or(CloseCode { number, reason: "" })
    }
}

/// Whether a session ends with a connection that was closed with this code: the two by which
/// a client says that it is done, and those that the documentation answers with "start a new
/// session" or "do not reconnect".
pub(super) fn ends_session(number: u16) -> bool {
    matches!(number, 1000 | 1001 | 4004 | 4007 | 4009..=4014)
}
