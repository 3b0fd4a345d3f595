//! Which messages together say what is to be said.

use patchbay_app::ports::Piece;
use patchbay_domain::guild::Guild;
use patchbay_domain::{Attachment, Content, Text};

use super::poll::NewPoll;
use super::split::split;
use super::told;

/// How many files a message has at most.
const MOST_FILES: usize = 10;
/// What a request may have is 25 MiB; the rest is for what is said beside the files. A larger file
/// goes alone.
const MOST_BYTES_A_MESSAGE: u64 = 25 * 1024 * 1024 - 128 * 1024;

/// The text goes with the first files. What of it is too long comes right after them, and then
/// the other files. A poll that Discord can ask stands for itself.
pub(super) fn plan(content: &Content, most_bytes_a_file: u64) -> Vec<Piece> {
    let (polls, others): (Vec<&Attachment>, Vec<&Attachment>) = content
        .attachments
        .iter()
        .partition(|attachment| NewPoll::of(attachment).is_some());
    let mut notes = Vec::new();
    let mut files = Vec::new();
    for attachment in others {
        match told::instead(attachment, most_bytes_a_file) {
            Some(words) => notes.push(words),
            None => files.push(attachment),
        }
    }
    let words = content.words();
    let text = Text::lines(std::iter::once(&words).chain(&notes));
    // A text that says nothing is left out where there is something else.
    let is_all = files.is_empty() && polls.is_empty();
    let is_said = is_all || !text.as_str().trim().is_empty();
    let texts = if is_said { split(&text) } else { Vec::new() };
    let mut texts = texts.into_iter();
    let mut groups = group(&files).into_iter();
    let mut pieces = Vec::new();
    if let Some(attachments) = groups.next() {
        let text = texts.next().unwrap_or_default();
        pieces.push(Piece { text, attachments });
    }
    pieces.extend(texts.map(|text| Piece {
        text,
        attachments: Vec::new(),
    }));
    let polls = polls.into_iter().map(|poll| vec![poll.clone()]);
    pieces.extend(groups.chain(polls).map(|attachments| Piece {
        text: Text::default(),
        attachments,
    }));
    pieces
}

/// As many files together as a message takes, in their order. One of unknown size may be as large
/// as any.
fn group(files: &[&Attachment]) -> Vec<Vec<Attachment>> {
    let mut groups: Vec<Vec<Attachment>> = Vec::new();
    let mut bytes = 0;
    for file in files {
        let more = file.bytes.unwrap_or(Guild::MOST_BYTES_A_FILE);
        match groups.last_mut() {
            Some(group) if group.len() < MOST_FILES && bytes + more <= MOST_BYTES_A_MESSAGE => {
                group.push((*file).clone());
                bytes += more;
            }
            _ => {
                groups.push(vec![(*file).clone()]);
                bytes = more;
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use patchbay_domain::file::{TelegramFile, TelegramFileClass};
    use patchbay_domain::ids::{AccountId, MessageId, TelegramChatId};
    use patchbay_domain::special::{Ballot, Choice, Poll};
    use patchbay_domain::text::discord::render;
    use patchbay_domain::{FileRef, MediaKind, Special};

    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn file(name: &str, bytes: Option<u64>) -> Attachment {
        Attachment {
            name: Some(name.to_owned()),
            bytes,
            file: Some(FileRef::Telegram(TelegramFile {
                account: AccountId::from_bits(1),
                chat: TelegramChatId(-1_001_234_567_890),
                message: MessageId(42),
                class: TelegramFileClass::Document,
                id: 1,
                access_hash: 2,
                reference: vec![],
                dc: 2,
                bytes: None,
            })),
            ..Attachment::new(MediaKind::Document)
        }
    }

    fn planned(text: &str, attachments: Vec<Attachment>) -> Vec<String> {
        planned_for(Guild::MOST_BYTES_A_FILE, text, attachments)
    }

    fn planned_for(most: u64, text: &str, attachments: Vec<Attachment>) -> Vec<String> {
        let content = Content {
            text: Text::plain(text),
            attachments,
            ..Content::default()
        };
        let pieces = plan(&content, most).into_iter();
        let shown = pieces.map(|piece| {
            let text = render(&piece.text);
            let text = match text.chars().count() {
                0..200 => text,
                length => format!("({length})"),
            };
            let names = piece.attachments.iter().map(|file| match &file.special {
                Some(_) => "poll".to_owned(),
                None => file.name.clone().unwrap_or_default(),
            });
            let names: Vec<String> = names.collect();
            format!("{text} [{}]", names.join(" "))
        });
        shown.collect()
    }

    fn poll(option: &str) -> Attachment {
        Attachment::special(Special::Poll(Poll {
            question: "Tea?".to_owned(),
            options: vec!["Yes".to_owned(), option.to_owned()],
            choice: Choice::One,
            ballot: Ballot::Secret,
        }))
    }

    #[test]
    fn files_go_together_as_far_as_discord_takes_them() {
        let small = |count: usize| -> Vec<Attachment> {
            let names = (0..count).map(|number| number.to_string());
            names.map(|name| file(&name, Some(1))).collect()
        };
        assert_eq!(planned("hello", vec![]), ["hello []"]);
        assert_eq!(planned("hello", small(2)), ["hello [0 1]"]);
        assert_eq!(planned("", small(1)), [" [0]"]);
        assert_eq!(planned("hello", small(11)).len(), 2);
        assert_eq!(
            planned(&"x".repeat(2100), small(11)),
            [
                "(2000) [0 1 2 3 4 5 6 7 8 9]".to_owned(),
                format!("{} []", "x".repeat(100)),
                " [10]".to_owned()
            ]
        );
        let large = ["a", "b", "c"].map(|name| file(name, Some(9 * MIB)));
        assert_eq!(planned("", large.into()), [" [a b]", " [c]"]);
        let unknown = ["a", "b", "c"].map(|name| file(name, None));
        assert_eq!(planned("", unknown.into()), [" [a b]", " [c]"]);
    }

    #[test]
    fn a_boosted_server_takes_larger_files() {
        let sizes = [("a", 9), ("b", 40), ("c", 9), ("d", 60)];
        let files = sizes.map(|(name, size)| file(name, Some(size * MIB)));
        let planned = planned_for(50 * MIB, "look", files.into());
        let told = "📎 [d](https://t.me/c/1234567890/42) (60 MiB) is not here: Discord takes files of at most 50 MiB.";
        assert_eq!(planned, [&*format!("look\n{told} [a]"), " [b]", " [c]"]);
    }

    #[test]
    fn what_discord_does_not_take_is_told() {
        let large = file("film.mp4", Some(10 * MIB + 1));
        let lost = Attachment::new(MediaKind::Photo);
        let drawn = Attachment {
            emoji: Some("😀".to_owned()),
            mime: Some("application/x-tgsticker".to_owned()),
            kind: MediaKind::Sticker,
            ..file("AnimatedSticker.tgs", Some(5))
        };
        let dice = Attachment::special(Special::Dice {
            emoji: "🎲".to_owned(),
            value: 6,
        });
        let text = planned("look", vec![large, lost, drawn, dice]).join("\n");
        insta::assert_snapshot!(text, @r"
        look
        📎 [film.mp4](https://t.me/c/1234567890/42) (10.1 MiB) is not here: Discord takes files of at most 10 MiB.
        \[photo]
        \[sticker: 😀]
        🎲 6 []
        ");
    }

    #[test]
    fn a_poll_stands_for_itself_if_it_fits() {
        assert_eq!(planned("", vec![poll("No")]), [" [poll]"]);
        assert_eq!(planned("ask", vec![poll("No")]), ["ask []", " [poll]"]);
        let told = planned("", vec![poll(&"x".repeat(56))]);
        assert!(told[0].contains("Tea?") && told.len() == 1, "{told:?}");
    }

    #[test]
    fn captions_of_an_album_follow_its_text() {
        let second = Attachment {
            caption: Text::plain("second"),
            ..file("b", Some(1))
        };
        let planned = planned("first", vec![file("a", Some(1)), second]);
        assert_eq!(planned, ["first\nsecond [a b]"]);
    }
}
