//! The options of a pair, as the API reads and shows them. What they may hold is said here for
//! the document; it is checked in the domain, whose bounds these are.

use std::borrow::Cow;
use std::collections::BTreeSet;

use patchbay_domain::pair::options::{Draft, Duplicates, Events, Flaw, GapPolicy, Mode, Silent};
use patchbay_domain::pair::{Case, Filters, Find, Options, Replacement, bounds};
use patchbay_domain::{MediaKind, Persona};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::{FieldError, Problem};
use crate::schema::of_json;

/// An enum of the API that is one of the domain under the same names.
macro_rules! mirror {
    ($(#[$meta:meta])* $name:ident as $shown:ident of $domain:ty {
        $($(#[$of_variant:meta])* $variant:ident),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = $shown)]
        pub(crate) enum $name { $($(#[$of_variant])* $variant),+ }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                match value { $(<$domain>::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for $domain {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => Self::$variant),+ }
            }
        }
    };
}

mirror!(ModeBody as PairMode of Mode {
    /// As if the destination's account or bot had written it.
    Copy,
    /// It shows who wrote it: as Telegram's own forward where one account sees both ends and
    /// nothing is changed on the way, else by the author's name in a line before it, with a link.
    Forward,
});

mirror!(SilentBody as PairSilent of Silent {
    /// Without a sound where the source's message was.
    AsSource,
    /// Always without a sound.
    Always,
});

mirror!(DuplicatesBody as PairDuplicates of Duplicates {
    /// It comes by each of them.
    Forward,
    /// Of the pairs that say so, the first one brings it.
    Suppress,
});

mirror!(FindBody as ReplacementKind of Find {
    /// `find` is looked for as it is.
    Literal,
    /// `find` is a regular expression, as the crate `regex` reads them.
    Pattern,
});

mirror!(CaseBody as ReplacementCase of Case { Sensitive, Insensitive });

mirror!(MediaKindBody as MediaKind of MediaKind {
    Photo, Video, Audio, Voice,
    /// A video in a circle.
    RoundVideo,
    Animation, Sticker, Document,
    /// A poll, a location, a contact and whatever else is no file.
    Other,
});

/// How a pair forwards. Together, the texts in it have at most 8,192 bytes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = PairOptions)]
pub(crate) struct OptionsBody {
    /// What you call it. Not control characters, nor white space alone.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"\S",
        example = "News to the team"
    )]
    name: Option<String>,
    mode: ModeBody,
    silent: SilentBody,
    /// How long each message is held back, in seconds; at most twelve hours.
    #[schema(maximum = 43_200, example = 0)]
    delay: u32,
    #[schema(inline)]
    events: EventsBody,
    #[schema(inline)]
    filters: FiltersBody,
    /// Made one after the other, in the text; the addresses behind links stay. A message that
    /// grows beyond 32,768 bytes is held back.
    #[schema(max_items = 20)]
    replacements: Vec<ReplacementBody>,
    /// As whom messages appear on Discord, in copy mode; without it, as the bot.
    #[schema(inline)]
    appear_as: Option<PersonaBody>,
    /// Lines before each text, with markdown as on Discord. Not white space alone.
    #[schema(
        min_length = 1,
        max_length = 256,
        pattern = r"\S",
        example = "**From the newsroom**"
    )]
    header: Option<String>,
    /// Lines after each text, with markdown as on Discord. Not white space alone.
    #[schema(min_length = 1, max_length = 256, pattern = r"\S")]
    footer: Option<String>,
    /// What becomes of messages from a time when nobody listened. With `last`, as many of the
    /// source's last messages are forwarded; an album counts as one, and so does what a filter
    /// holds back.
    gap_policy: GapPolicyBody,
    /// What becomes of a message that several of your pairs bring to one destination. In private
    /// chats and basic groups of Telegram, where each account numbers messages by itself, they
    /// can't be told to be the same.
    duplicates: DuplicatesBody,
}

/// A name and a picture. The bot then writes by a webhook of its own, for which it needs the
/// permission Manage Webhooks; such messages can't be replies, and quote what they answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonaBody {
    /// Discord takes no name with "discord" or "clyde" in it.
    #[schema(min_length = 1, max_length = 80, pattern = r"\S", example = "Newsroom")]
    name: String,
    #[schema(
        max_length = 512,
        pattern = r"^https://\S+$",
        example = "https://example.com/newsroom.png"
    )]
    avatar_url: Option<String>,
}

/// What else than new texts is forwarded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are switches, turned one by one"
)]
pub(crate) struct EventsBody {
    /// Whether an edit changes what was delivered.
    edits: bool,
    /// Whether a deletion removes what was delivered.
    deletions: bool,
    /// Whether reactions are shown under what was delivered: as reactions, as far as the
    /// destination takes them, and the others in a message that answers it.
    reactions: bool,
    /// Whether a reply shows as one.
    replies: bool,
    /// Media of other kinds are left away; of a message that has nothing else, nothing is
    /// forwarded.
    #[schema(max_items = 9, value_type = Vec<MediaKindBody>)]
    media: BTreeSet<MediaKindBody>,
}

/// Which messages are forwarded. What is blocked stays back; then each kind of thing that is
/// allowed, if any is, has to be there. Words and patterns are looked for in the text and in the
/// addresses of its links.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FiltersBody {
    /// One of these, or of `allow_patterns`, has to be in the text. Words and phrases, found
    /// whole, in upper or lower case.
    #[schema(max_items = 100, value_type = Vec<WordSchema>)]
    allow_words: Vec<String>,
    /// None of these may be in the text.
    #[schema(max_items = 100, value_type = Vec<WordSchema>, example = json!(["casino", "buy now"]))]
    block_words: Vec<String>,
    /// Regular expressions, as the crate `regex` reads them: without look-around and
    /// back-references. Together, compiled, the patterns of a pair take at most 262,144 bytes; a
    /// `\w` takes about 50,000 of them.
    #[schema(max_items = 10, value_type = Vec<PatternSchema>)]
    allow_patterns: Vec<String>,
    #[schema(max_items = 10, value_type = Vec<PatternSchema>, example = json!([r"(?i)t\.me/joinchat"]))]
    block_patterns: Vec<String>,
    /// A message has to carry media of one of these kinds.
    #[schema(max_items = 9, value_type = Vec<MediaKindBody>)]
    allow_media: BTreeSet<MediaKindBody>,
    #[schema(max_items = 9, value_type = Vec<MediaKindBody>)]
    block_media: BTreeSet<MediaKindBody>,
    /// Ids of the platform, or names in upper or lower case. Names can be chosen by anybody: an
    /// id is safer.
    #[schema(max_items = 100, value_type = Vec<WordSchema>)]
    allow_authors: Vec<String>,
    #[schema(max_items = 100, value_type = Vec<WordSchema>)]
    block_authors: Vec<String>,
}

/// A word or an author in a list, for the document alone.
pub(crate) enum WordSchema {}

impl PartialSchema for WordSchema {
    fn schema() -> RefOr<Schema> {
        let (most, one) = (bounds::WORD, 1);
        of_json(json!({ "type": "string", "minLength": one, "maxLength": most, "pattern": "\\S" }))
    }
}

impl ToSchema for WordSchema {
    fn name() -> Cow<'static, str> {
        "FilterWord".into()
    }
}

/// A regular expression in a list, for the document alone.
pub(crate) enum PatternSchema {}

impl PartialSchema for PatternSchema {
    fn schema() -> RefOr<Schema> {
        let (most, one) = (bounds::PATTERN, 1);
        of_json(json!({ "type": "string", "minLength": one, "maxLength": most, "pattern": "\\S" }))
    }
}

impl ToSchema for PatternSchema {
    fn name() -> Cow<'static, str> {
        "FilterPattern".into()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Replacement)]
pub(crate) struct ReplacementBody {
    #[schema(min_length = 1, max_length = 256, example = "colour")]
    find: String,
    /// For a pattern, `$1` and `${name}` stand for what its groups found.
    #[schema(max_length = 256, example = "color")]
    with: String,
    #[serde(default = "literal")]
    #[schema(required = false)]
    kind: FindBody,
    #[serde(default = "sensitive")]
    #[schema(required = false)]
    case: CaseBody,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GapPolicyBody {
    All,
    Last(u16),
    Skip,
}

impl PartialSchema for GapPolicyBody {
    fn schema() -> RefOr<Schema> {
        of_json(json!({ "oneOf": [
            {
                "type": "string", "enum": ["all", "skip"],
                "description": "`all` are forwarded, or none is: `skip`.",
            },
            {
                "type": "object", "required": ["last"], "additionalProperties": false,
                "description": "Only so many of them, the last, are forwarded.",
                "properties": {
                    "last": { "type": "integer", "minimum": 1, "maximum": bounds::LAST },
                },
            },
        ] }))
    }
}

impl ToSchema for GapPolicyBody {
    fn name() -> Cow<'static, str> {
        "GapPolicy".into()
    }
}

const fn literal() -> FindBody {
    FindBody::Literal
}

const fn sensitive() -> CaseBody {
    CaseBody::Sensitive
}

impl Default for OptionsBody {
    fn default() -> Self {
        Draft::default().into()
    }
}

impl Default for EventsBody {
    fn default() -> Self {
        Events::default().into()
    }
}

impl OptionsBody {
    /// The options, or what is wrong with them; they stand at `pointer` in the body.
    pub(crate) fn options(self, pointer: &str) -> Result<Options, Problem> {
        let field = |flaw: Flaw| FieldError::at(format!("{pointer}{}", flaw.place), flaw.what);
        Options::parse(self.into())
            .map_err(|flaws| Problem::invalid_body(flaws.into_iter().map(field).collect()))
    }
}

impl From<Draft> for OptionsBody {
    fn from(draft: Draft) -> Self {
        Self {
            name: draft.name,
            mode: draft.mode.into(),
            silent: draft.silent.into(),
            delay: draft.delay,
            events: draft.events.into(),
            filters: draft.filters.into(),
            replacements: draft.replacements.into_iter().map(Into::into).collect(),
            appear_as: draft.appear_as.map(|persona| PersonaBody {
                name: persona.name,
                avatar_url: persona.avatar_url,
            }),
            header: draft.header,
            footer: draft.footer,
            gap_policy: match draft.gap_policy {
                GapPolicy::All => GapPolicyBody::All,
                GapPolicy::Last(count) => GapPolicyBody::Last(count),
                GapPolicy::Skip => GapPolicyBody::Skip,
            },
            duplicates: draft.duplicates.into(),
        }
    }
}

impl From<OptionsBody> for Draft {
    fn from(body: OptionsBody) -> Self {
        Self {
            name: body.name,
            mode: body.mode.into(),
            silent: body.silent.into(),
            delay: body.delay,
            events: body.events.into(),
            filters: body.filters.into(),
            replacements: body.replacements.into_iter().map(Into::into).collect(),
            appear_as: body.appear_as.map(|persona| Persona {
                name: persona.name,
                avatar_url: persona.avatar_url,
            }),
            header: body.header,
            footer: body.footer,
            gap_policy: match body.gap_policy {
                GapPolicyBody::All => GapPolicy::All,
                GapPolicyBody::Last(count) => GapPolicy::Last(count),
                GapPolicyBody::Skip => GapPolicy::Skip,
            },
            duplicates: body.duplicates.into(),
        }
    }
}

impl From<Events> for EventsBody {
    fn from(events: Events) -> Self {
        Self {
            edits: events.edits,
            deletions: events.deletions,
            reactions: events.reactions,
            replies: events.replies,
            media: kinds(events.media),
        }
    }
}

impl From<EventsBody> for Events {
    fn from(body: EventsBody) -> Self {
        Self {
            edits: body.edits,
            deletions: body.deletions,
            reactions: body.reactions,
            replies: body.replies,
            media: kinds(body.media),
        }
    }
}

impl From<Filters> for FiltersBody {
    fn from(filters: Filters) -> Self {
        Self {
            allow_words: filters.allow_words,
            block_words: filters.block_words,
            allow_patterns: filters.allow_patterns,
            block_patterns: filters.block_patterns,
            allow_media: kinds(filters.allow_media),
            block_media: kinds(filters.block_media),
            allow_authors: filters.allow_authors,
            block_authors: filters.block_authors,
        }
    }
}

impl From<FiltersBody> for Filters {
    fn from(body: FiltersBody) -> Self {
        Self {
            allow_words: body.allow_words,
            block_words: body.block_words,
            allow_patterns: body.allow_patterns,
            block_patterns: body.block_patterns,
            allow_media: kinds(body.allow_media),
            block_media: kinds(body.block_media),
            allow_authors: body.allow_authors,
            block_authors: body.block_authors,
        }
    }
}

impl From<Replacement> for ReplacementBody {
    fn from(replacement: Replacement) -> Self {
        Self {
            find: replacement.find,
            with: replacement.with,
            kind: replacement.kind.into(),
            case: replacement.case.into(),
        }
    }
}

impl From<ReplacementBody> for Replacement {
    fn from(body: ReplacementBody) -> Self {
        Self {
            find: body.find,
            with: body.with,
            kind: body.kind.into(),
            case: body.case.into(),
        }
    }
}

fn kinds<A: Ord + Into<B>, B: Ord>(kinds: BTreeSet<A>) -> BTreeSet<B> {
    kinds.into_iter().map(Into::into).collect()
}
