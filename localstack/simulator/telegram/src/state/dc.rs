use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// A data centre. There are two: one with everything that nobody said anything about, and another
/// one for what is to be elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub(crate) enum Dc {
    #[default]
    Home,
    Other,
}

impl Dc {
    pub(crate) const ALL: [Self; 2] = [Self::Home, Self::Other];

    pub(crate) fn number(self) -> i32 {
        match self {
            Self::Home => 2,
            Self::Other => 4,
        }
    }

    /// Clients know five data centres; those that aren't here go by the first.
    pub(crate) fn numbered(number: i32) -> Self {
        let is_it = |dc: &Self| dc.number() == number;
        Self::ALL.into_iter().find(is_it).unwrap_or_default()
    }

    /// The answer to a request that belongs there: `FILE_MIGRATE` and others.
    pub(crate) fn refusal(self, kind: &str) -> Refusal {
        Refusal {
            code: 303,
            name: format!("{kind}_{}", self.number()).into(),
        }
    }
}

impl From<Dc> for i32 {
    fn from(dc: Dc) -> Self {
        dc.number()
    }
}

impl TryFrom<i32> for Dc {
    type Error = &'static str;

    fn try_from(number: i32) -> Result<Self, Self::Error> {
        let found = Self::ALL.into_iter().find(|dc| dc.number() == number);
        found.ok_or("there are the data centres 2 and 4")
    }
}
