//! Queue names, and the ARNs and URLs made of them.

use std::fmt;
use std::sync::Arc;

use super::error::SqsError;
use crate::identity::{ACCOUNT, REGION};

const LONGEST_NAME: usize = 80;
const FIFO_SUFFIX: &str = ".fifo";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueueKind {
    Standard,
    Fifo,
}

/// A name that SQS accepts; a FIFO queue is one whose name ends in `.fifo`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct QueueName(Arc<str>);

impl QueueName {
    pub(crate) fn parse(name: &str) -> Result<Self, SqsError> {
        let stem = name.strip_suffix(FIFO_SUFFIX).unwrap_or(name);
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if stem.is_empty() || name.len() > LONGEST_NAME || !stem.chars().all(allowed) {
            return Err(SqsError::InvalidParameter(
                "A queue name has 1 to 80 alphanumeric characters, hyphens or underscores; \
                 the name of a FIFO queue ends in .fifo."
                    .into(),
            ));
        }
        Ok(Self(name.into()))
    }

    /// The queue that a URL names: its last path segment. The host is not
    /// looked at, since one server may be reached under several.
    pub(crate) fn from_url(url: &str) -> Result<Self, SqsError> {
        let name = url.trim_end_matches('/').rsplit('/').next().unwrap_or(url);
        Self::parse(name).map_err(|_invalid| SqsError::QueueDoesNotExist)
    }

    pub(crate) fn from_arn(arn: &str) -> Result<Self, SqsError> {
        let name = arn
            .strip_prefix("arn:aws:sqs:")
            .and_then(|rest| rest.splitn(3, ':').nth(2));
        name.and_then(|name| Self::parse(name).ok())
            .ok_or_else(|| SqsError::InvalidParameter(format!("{arn} is not the ARN of a queue.")))
    }

    pub(crate) fn kind(&self) -> QueueKind {
        if self.0.ends_with(FIFO_SUFFIX) {
            QueueKind::Fifo
        } else {
            QueueKind::Standard
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{}", self.0)
    }

    pub(crate) fn url(&self, endpoint: &str) -> String {
        format!("{endpoint}/{ACCOUNT}/{}", self.0)
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_sqs() {
        for good in ["a", "tasks-0.fifo", "A_b-9", &"x".repeat(80)] {
            assert!(QueueName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ".fifo",
            "a b",
            "a.b",
            "tasks.fifo.fifo",
            "ä",
            &"x".repeat(81),
        ] {
            assert!(QueueName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn arn_and_url_lead_back_to_the_name() {
        let name = QueueName::parse("tasks-1.fifo").unwrap();
        assert_eq!(QueueName::from_arn(&name.arn()).unwrap(), name);
        assert_eq!(
            QueueName::from_url(&name.url("http://127.0.0.1:4566")).unwrap(),
            name
        );
        assert_eq!(name.kind(), QueueKind::Fifo);
    }
}
