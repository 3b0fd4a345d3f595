use std::time::Duration;

use patchbay_app::ports::FileError;
use reqwest::StatusCode;
use serde::Deserialize;

/// Why a request brought nothing. None of it names the address or the token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RestError {
    #[error("the request can't be written")]
    Unwritable(#[source] serde_json::Error),
    /// A limit is longer than the caller would wait. It had no effect.
    #[error("limited for {after:?}")]
    Limited { after: Duration },
    /// It had no effect, and repeating it has none either.
    #[error("Discord refuses it with {status}, code {code}: {message}")]
    Refused {
        status: StatusCode,
        code: u32,
        message: String,
    },
    /// It may have had its effect.
    #[error("Discord fails with {status}")]
    Failing { status: StatusCode },
    /// It may have had its effect.
    #[error("Discord can't be reached, or doesn't answer in time")]
    Unreachable {
        #[source]
        source: reqwest::Error,
    },
    /// A file that it was to take along, by its place among them. It had no effect.
    #[error("file {index} can't be read")]
    Source {
        index: usize,
        #[source]
        source: FileError,
    },
    /// A file that it was to take along has more bytes than Discord takes. It had no effect.
    #[error("file {index} has more than {most} bytes")]
    TooLarge { index: usize, most: u64 },
    /// It had its effect.
    #[error("the answer to {what} can't be read")]
    Unreadable {
        what: &'static str,
        #[source]
        source: serde_json::Error,
    },
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    code: u32,
    message: String,
}

impl RestError {
    pub(crate) fn unreachable(source: reqwest::Error) -> Self {
        Self::Unreachable {
            source: source.without_url(),
        }
    }

    pub(crate) fn of_status(status: StatusCode, body: &[u8]) -> Self {
        if status == StatusCode::REQUEST_TIMEOUT || !status.is_client_error() {
            return Self::Failing { status };
        }
        let Refusal { code, message } = serde_json::from_slice(body).unwrap_or_default();
        Self::Refused {
            status,
            code,
            message,
        }
    }

    /// Whether what was asked for doesn't exist or isn't for us, which asking again won't change.
    pub(crate) fn is_no_such_thing(&self) -> bool {
        match self {
            Self::Refused { status, .. } => {
                matches!(*status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN)
            }
            Self::Unwritable(_)
            | Self::Limited { .. }
            | Self::Failing { .. }
            | Self::Unreachable { .. }
            | Self::Source { .. }
            | Self::TooLarge { .. }
            | Self::Unreadable { .. } => false,
        }
    }

    /// Discord's number for the refusal. (Opcodes and Status Codes, "JSON")
    pub(crate) fn code(&self) -> Option<u32> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            Self::Unwritable(_)
            | Self::Limited { .. }
            | Self::Failing { .. }
            | Self::Unreachable { .. }
            | Self::Source { .. }
            | Self::TooLarge { .. }
            | Self::Unreadable { .. } => None,
        }
    }

    /// Whether Discord doesn't know the token.
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: StatusCode::UNAUTHORIZED,
                ..
            }
        )
    }
}
