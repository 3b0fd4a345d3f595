use patchbay_domain::pair::{Options, Outcome};
use patchbay_domain::{Attachment, Author, Content, MediaKind, Post, Text};

/// A message on which options are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub text: Text,
    pub author: Author,
    pub media: Vec<MediaKind>,
}

/// What options would make of a message; nothing is sent.
pub fn preview(options: &Options, sample: Sample) -> Outcome {
    let attachments = sample.media.into_iter().map(Attachment::new);
    let content = Content {
        text: sample.text,
        attachments: attachments.collect(),
        ..Content::default()
    };
    options.apply(&Post::new(sample.author, content))
}
