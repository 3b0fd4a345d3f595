use patchbay_app::ports::{Piece, SendError, Sent};
use patchbay_domain::Attachment;
use patchbay_domain::ids::MessageId;
use patchbay_domain::text::Text;

/// What a piece became.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// For each of its attachments, unless that can't be sent.
    pub(super) files: Vec<(Attachment, Option<Sent>)>,
    pub(super) texts: Vec<MessageId>,
    /// Beside the files, for those that can't be sent.
    pub(super) notice: Vec<MessageId>,
}

impl Made {
    pub(super) fn of(attachments: Vec<Attachment>, sent: Vec<Sent>) -> Self {
        if attachments.is_empty() {
            let texts = sent.into_iter().map(|sent| sent.message).collect();
            return Self {
                texts,
                ..Self::default()
            };
        }
        let sent = sent.into_iter().map(Some).chain(std::iter::repeat(None));
        Self {
            files: attachments.into_iter().zip(sent).collect(),
            ..Self::default()
        }
    }

    /// As an earlier attempt made it.
    pub(super) fn again(piece: Piece, messages: Vec<MessageId>) -> Self {
        let sent = |message| Sent {
            message,
            file: None,
        };
        let last = messages.last().copied();
        let repeated = messages
            .into_iter()
            .map(Some)
            .chain(std::iter::repeat(last));
        let wanted = piece.attachments.len().max(1);
        Self::of(
            piece.attachments,
            repeated.flatten().take(wanted).map(sent).collect(),
        )
    }

    /// The messages with files, each once.
    pub(super) fn files_sent(&self) -> Vec<MessageId> {
        let mut messages = Vec::new();
        for sent in self.files.iter().filter_map(|(_, sent)| *sent) {
            if messages.last() != Some(&sent.message) {
                messages.push(sent.message);
            }
        }
        messages
    }

    /// Whether each of its files was sent.
    pub(super) fn is_whole(&self) -> bool {
        self.files.iter().all(|(_, sent)| sent.is_some())
    }

    /// All messages of the piece, in their order. The notice is none of the piece.
    pub(super) fn messages(&self) -> Vec<MessageId> {
        let mut messages = self.files_sent();
        messages.extend(&self.texts);
        messages
    }
}

/// A file that can't be sent, and why.
#[derive(Debug, Clone)]
pub(super) struct Lost {
    pub(super) media: Attachment,
    pub(super) loss: Loss,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Loss {
    Gone,
    /// The destination takes no more bytes than this.
    TooLarge {
        most: u64,
    },
}

impl Loss {
    /// Which file it is, by its place, if the error is about one.
    pub(super) fn of(error: &SendError) -> Option<(usize, Self)> {
        match *error {
            SendError::FileGone { index } => Some((index, Self::Gone)),
            SendError::FileTooLarge { index, most } => Some((index, Self::TooLarge { most })),
            SendError::Retry { .. }
            | SendError::Limited { .. }
            | SendError::MessageGone
            | SendError::Fail(_) => None,
        }
    }
}

/// In the place of files that can't be sent.
pub(super) fn notice(lost: &[Lost]) -> Text {
    const MEBIBYTE: u64 = 1024 * 1024;
    let lines: Vec<Text> = lost
        .iter()
        .map(|Lost { media, loss }| {
            let what = media.kind.name().replace('_', " ");
            let name = media.name.as_deref().map(|name| format!(" {name}"));
            let name = name.unwrap_or_default();
            let why = match loss {
                Loss::Gone => "not at its source any more".to_owned(),
                Loss::TooLarge { most } => {
                    format!("larger than the {} MiB that fit here", most / MEBIBYTE)
                }
            };
            Text::plain(format!("[{what}{name}: {why}]"))
        })
        .collect();
    Text::lines(&lines)
}
