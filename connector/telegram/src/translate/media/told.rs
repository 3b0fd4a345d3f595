//! What can't be sent by anybody but the one who made it, in words.

use grammers_tl_types as tl;
use patchbay_domain::text::{Span, Style};
use patchbay_domain::{Attachment, MediaKind, Special, Text};
use tl::enums::{MessageExtendedMedia, StoryItem, TextWithEntities, TodoCompletion, TodoItem};

use crate::translate::entities;

pub(super) fn game(game: &tl::enums::Game) -> Attachment {
    let tl::enums::Game::Game(game) = game;
    told([
        headed("🎮 Game: ", &game.title),
        Text::plain(game.description.as_str()),
    ])
}

pub(super) fn invoice(invoice: &tl::types::MessageMediaInvoice) -> Attachment {
    let price = price(invoice.total_amount, &invoice.currency);
    let price = if invoice.test {
        format!("{price} (a test, no real money)")
    } else {
        price
    };
    told([
        headed("🧾 Invoice: ", &invoice.title),
        Text::plain(invoice.description.as_str()),
        Text::plain(price),
    ])
}

pub(super) fn story(
    story: &tl::types::MessageMediaStory,
    name_of: &dyn Fn(&tl::enums::Peer) -> Option<String>,
) -> Attachment {
    let head = match name_of(&story.peer) {
        Some(name) => headed("📖 Story of ", &name),
        None => Text::plain("📖 Story"),
    };
    let caption = match &story.story {
        Some(StoryItem::Item(item)) => entities::text(
            item.caption.as_deref().unwrap_or_default(),
            item.entities.as_deref(),
        ),
        Some(StoryItem::Deleted(_) | StoryItem::Skipped(_)) | None => Text::default(),
    };
    told([head, caption])
}

pub(super) fn giveaway(giveaway: &tl::types::MessageMediaGiveaway) -> Attachment {
    told([
        Text::plain("🎁 Giveaway"),
        Text::plain(prize(giveaway.months, giveaway.stars)),
        Text::plain(giveaway.prize_description.as_deref().unwrap_or_default()),
        Text::plain(format!("Winners: {}", giveaway.quantity)),
    ])
}

pub(super) fn giveaway_results(results: &tl::types::MessageMediaGiveawayResults) -> Attachment {
    let outcome = if results.refunded {
        "It was called off".to_owned()
    } else {
        format!("Winners: {}", results.winners_count)
    };
    told([
        Text::plain("🎁 Results of a giveaway"),
        Text::plain(prize(results.months, results.stars)),
        Text::plain(results.prize_description.as_deref().unwrap_or_default()),
        Text::plain(outcome),
    ])
}

fn prize(months: Option<i32>, stars: Option<i64>) -> String {
    match (months, stars) {
        (Some(months), _) => format!("Telegram Premium for {months} months"),
        (None, Some(stars)) => format!("{stars} Telegram Stars"),
        (None, None) => String::new(),
    }
}

/// What somebody sells is not given away, even if the account has bought it.
pub(super) fn paid(paid: &tl::types::MessageMediaPaidMedia) -> Attachment {
    let is_video = |media: &&MessageExtendedMedia| match media {
        MessageExtendedMedia::Preview(preview) => preview.video_duration.is_some(),
        MessageExtendedMedia::Media(media) => {
            matches!(media.media, tl::enums::MessageMedia::Document(_))
        }
    };
    let videos = paid.extended_media.iter().filter(is_video).count();
    let photos = paid.extended_media.len() - videos;
    let counted = [(photos, "photo"), (videos, "video")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
    let counted: Vec<String> = counted.collect();
    let price = price(paid.stars_amount, "XTR");
    told([Text::plain(format!(
        "🔒 Paid media: {} for {price}",
        counted.join(", ")
    ))])
}

pub(super) fn to_do(list: &tl::types::MessageMediaToDo) -> Attachment {
    let tl::enums::TodoList::List(todo) = &list.todo;
    let done: Vec<i32> = list
        .completions
        .iter()
        .flatten()
        .map(|TodoCompletion::Completion(completion)| completion.id)
        .collect();
    let mut lines = vec![Text::plain("📝 To-do list"), bold(&styled(&todo.title))];
    for TodoItem::Item(item) in &todo.list {
        let mut line = Text::plain(if done.contains(&item.id) {
            "✅ "
        } else {
            "▫️ "
        });
        line.append(&styled(&item.title));
        lines.push(line);
    }
    told(lines)
}

pub(super) fn live_stream() -> Attachment {
    told([Text::plain("🔴 Live stream")])
}

/// Telegram promises its sender that nobody keeps it.
pub(super) fn vanishing(kind: MediaKind) -> Attachment {
    let what = match kind {
        MediaKind::Photo => "photo",
        MediaKind::Video => "video",
        MediaKind::Voice => "voice message",
        MediaKind::RoundVideo => "video message",
        MediaKind::Audio
        | MediaKind::Animation
        | MediaKind::Sticker
        | MediaKind::Document
        | MediaKind::Other => "file",
    };
    told([Text::plain(format!("🔥 A {what} that can be viewed once"))])
}

pub(super) fn hidden_location() -> Attachment {
    told([Text::plain("📍 A location that Telegram does not show")])
}

/// A page of blocks, which no plain text replaces.
pub(super) fn page() -> Attachment {
    told([Text::plain("📄 A page that is to be read on Telegram")])
}

pub(super) fn unsupported() -> Attachment {
    told([Text::plain(
        "❔ A message of a kind that is only shown on Telegram",
    )])
}

fn told(lines: impl IntoIterator<Item = Text>) -> Attachment {
    let lines: Vec<Text> = lines.into_iter().collect();
    Attachment::special(Special::Told {
        text: Text::lines(&lines),
    })
}

fn headed(head: &str, name: &str) -> Text {
    let mut text = Text::plain(head);
    text.append(&bold(&Text::plain(name)));
    text
}

fn bold(text: &Text) -> Text {
    let whole = Span {
        range: 0..text.as_str().len(),
        style: Style::Bold,
    };
    let spans = std::iter::once(whole).chain(text.spans().iter().cloned());
    Text::new(text.as_str().to_owned(), spans.collect())
}

fn styled(text: &TextWithEntities) -> Text {
    let TextWithEntities::Entities(text) = text;
    entities::text(&text.text, Some(&text.entities))
}

/// An amount is told in the smallest units of its currency
/// (core.telegram.org/bots/payments#supported-currencies).
fn price(amount: i64, currency: &str) -> String {
    let digits = match currency {
        "XTR" => return format!("{amount} Telegram Stars"),
        "CLP" | "ISK" | "JPY" | "KRW" | "PYG" | "UGX" | "VND" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "OMR" | "TND" => 3,
        _ => 2,
    };
    let unit = 10_i64.pow(digits);
    let (whole, rest) = (amount / unit, (amount % unit).abs());
    match usize::try_from(digits) {
        Ok(width) if width > 0 => format!("{whole}.{rest:0width$} {currency}"),
        _ => format!("{whole} {currency}"),
    }
}
