use serde::{Deserialize, Serialize};

use super::ids::FileId;

/// What a message shows besides its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Media {
    Location {
        latitude: f64,
        longitude: f64,
    },
    Venue(Venue),
    Contact {
        phone_number: String,
        first_name: String,
        last_name: String,
    },
    Dice {
        emoji: String,
        value: i32,
    },
    Poll(Poll),
    /// A photo or a document.
    File {
        file: FileId,
        spoiler: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Venue {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) title: String,
    pub(crate) address: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are the platform's own switches"
)]
pub(crate) struct Poll {
    pub(crate) id: i64,
    pub(crate) question: String,
    /// An answer's option is its place in this list.
    pub(crate) answers: Vec<String>,
    pub(crate) quiz: bool,
    pub(crate) multiple: bool,
    pub(crate) public: bool,
    pub(crate) closed: bool,
    /// Which answers of a quiz are right.
    pub(crate) correct: Vec<usize>,
}

impl Media {
    pub(crate) fn file(&self) -> Option<FileId> {
        match self {
            Self::File { file, .. } => Some(*file),
            Self::Location { .. }
            | Self::Venue(_)
            | Self::Contact { .. }
            | Self::Dice { .. }
            | Self::Poll(_) => None,
        }
    }
}
