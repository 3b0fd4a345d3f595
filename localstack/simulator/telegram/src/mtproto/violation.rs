/// A client broke the protocol; its connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Violation(pub(crate) &'static str);

impl From<grammers_tl_types::deserialize::Error> for Violation {
    fn from(_unreadable: grammers_tl_types::deserialize::Error) -> Self {
        Self("an object cannot be read")
    }
}
