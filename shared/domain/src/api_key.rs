use serde::{Deserialize, Serialize};

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Look at accounts, servers, chats and pairs.
    Read,
    /// Make, change and delete pairs.
    Pairs,
    /// Look at forwarded messages, and retry them.
    Messages,
    /// Look at figures.
    Analytics,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Pairs, Self::Messages, Self::Analytics];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Pairs => "pairs",
            Self::Messages => "messages",
            Self::Analytics => "analytics",
        }
    }
}
