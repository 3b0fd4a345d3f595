//! Options tried on a message.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use patchbay_app::pairs::{self, Sample};
use patchbay_domain::ids::PairId;
use patchbay_domain::pair::{Outcome, Rule};
use patchbay_domain::text::discord;
use patchbay_domain::{Author, Notification, Post, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::options::{MediaKindBody, OptionsBody};
use crate::access::Caller;
use crate::api::Api;
use crate::body::{JsonBody, Object};
use crate::problem::{FieldError, Problem};

/// The characters of a message, of its author's id, and of their name.
const LONGEST_TEXT: usize = 4_096;
const LONGEST_ID: usize = 64;
const LONGEST_NAME: usize = 130;

/// What is tried on which message: either the options of a pair, or others.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewPair {
    /// One of your pairs. Either this or `options` is needed.
    #[schema(value_type = Option<String>, pattern = "^pair_[0-9a-f]{32}$")]
    pair: Option<PairId>,
    #[schema(value_type = Option<OptionsBody>)]
    options: Option<Object<OptionsBody>>,
    #[schema(value_type = SampleBody)]
    message: Object<SampleBody>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SampleMessage)]
pub(crate) struct SampleBody {
    #[schema(max_length = 4096, example = "Hello there")]
    text: String,
    #[schema(value_type = Option<AuthorBody>)]
    author: Option<Object<AuthorBody>>,
    /// What it carries.
    #[serde(default)]
    #[schema(max_items = 8, value_type = Vec<MediaKindBody>)]
    media: BTreeSet<MediaKindBody>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = SampleAuthor)]
pub(crate) struct AuthorBody {
    /// As the platform numbers them.
    #[schema(max_length = 64, example = "613425648685547541")]
    id: String,
    #[schema(max_length = 130, example = "Ann")]
    name: String,
}

/// What would become of the message.
#[derive(Serialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[schema(as = Preview)]
pub(crate) enum PreviewView {
    Passed {
        /// As it would read.
        text: String,
        /// The same with its styles, as markdown of Discord.
        markdown: String,
        /// The kinds of media that go with it.
        media: BTreeSet<MediaKindBody>,
        /// Whether it comes without a sound, though the source's message had one.
        silent: bool,
        /// After how many seconds it would be sent.
        delay: u32,
    },
    Filtered {
        rule: RuleView,
    },
}

/// What held a message back.
#[derive(Serialize, ToSchema)]
#[schema(as = FilterRule)]
pub(crate) struct RuleView {
    #[schema(example = "block_word")]
    name: &'static str,
    /// The word, pattern, author or kind of media that it is about.
    value: Option<String>,
    explanation: &'static str,
}

impl From<Rule> for RuleView {
    fn from(rule: Rule) -> Self {
        Self {
            name: rule.name(),
            value: rule.value(),
            explanation: rule.explanation(),
        }
    }
}

/// Try filters and replacements on a message
///
/// Nothing is sent, and nothing is kept.
#[utoipa::path(
    post, path = "/v1/pairs/preview", tag = "pairs", operation_id = "preview_pair",
    request_body = PreviewPair, responses(
        (status = 200, body = PreviewView),
        (status = 404, description = "You have no such pair"),
    )
)]
pub(crate) async fn preview(
    State(api): State<Api>,
    caller: Caller,
    JsonBody(body): JsonBody<PreviewPair>,
) -> Result<Json<PreviewView>, Problem> {
    let sample = body.message.0.sample()?;
    let wrong = |detail: &str| Problem::invalid_body(vec![FieldError::at("/options", detail)]);
    let options = match (body.pair, body.options) {
        (Some(pair), None) => pairs::get(api.ports(), &caller.user, pair).await?.options,
        (None, Some(options)) => options.0.options("/options")?,
        (Some(_), Some(_)) => return Err(wrong("has no place beside `pair`")),
        (None, None) => return Err(wrong("is missing, and so is `pair`")),
    };
    Ok(Json(match pairs::preview(&options, sample) {
        Outcome::Passed(post) => passed(&post, options.delay),
        Outcome::Filtered { rule } => PreviewView::Filtered { rule: rule.into() },
    }))
}

fn passed(post: &Post, delay: u32) -> PreviewView {
    let media = post.content.attachments.iter();
    PreviewView::Passed {
        text: post.content.text.as_str().to_owned(),
        markdown: discord::render(&post.content.text),
        media: media.map(|attachment| attachment.kind.into()).collect(),
        silent: post.notification == Notification::Silent,
        delay,
    }
}

impl SampleBody {
    fn sample(self) -> Result<Sample, Problem> {
        let author = self.author.map(|author| author.0).unwrap_or_default();
        let bounded = [
            ("/message/text", &self.text, LONGEST_TEXT),
            ("/message/author/id", &author.id, LONGEST_ID),
            ("/message/author/name", &author.name, LONGEST_NAME),
        ];
        let errors: Vec<_> = bounded
            .into_iter()
            .filter(|(_, text, most)| text.chars().count() > *most)
            .map(|(place, _, most)| {
                FieldError::at(place, format!("has to be at most {most} characters long"))
            })
            .collect();
        if !errors.is_empty() {
            return Err(Problem::invalid_body(errors));
        }
        Ok(Sample {
            text: Text::plain(self.text),
            author: Author {
                id: author.id,
                name: author.name,
            },
            media: self.media.into_iter().map(Into::into).collect(),
        })
    }
}
