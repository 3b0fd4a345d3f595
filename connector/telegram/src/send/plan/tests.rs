use patchbay_domain::file::{DiscordAttachment, DiscordFile, TelegramFile, TelegramFileClass};
use patchbay_domain::ids::{AccountId, DiscordChannelId, MessageId, TelegramChatId};
use patchbay_domain::special::Location;
use patchbay_domain::text::utf16_len;
use patchbay_domain::{FileRef, MediaKind, Special};
use proptest::prelude::*;

use super::*;
use crate::send::form::LARGEST_FILE;

const ACCOUNT: AccountId = AccountId::from_bits(1);

fn destination() -> Endpoint {
    Endpoint::Telegram {
        account: ACCOUNT,
        chat: TelegramChatId(-5),
        topic: None,
    }
}

fn file(id: u64, kind: MediaKind) -> Attachment {
    let attachment = DiscordAttachment {
        channel: DiscordChannelId(1),
        message: MessageId(2),
        id,
    };
    Attachment {
        bytes: Some(1000),
        file: Some(FileRef::Discord(DiscordFile {
            url: format!("https://cdn/{id}"),
            attachment: Some(attachment),
        })),
        ..Attachment::new(kind)
    }
}

fn place() -> Attachment {
    Attachment::special(Special::Location(Location::from_degrees(1.0, 2.0)))
}

fn content(text: &str, attachments: Vec<Attachment>) -> Content {
    Content {
        text: Text::plain(text),
        attachments,
        ..Content::default()
    }
}

/// `text|kinds` of each piece, with how long a text is if it is long.
fn drawn(content: &Content) -> Vec<String> {
    let pieces = plan(content, &destination());
    let short = |text: &Text| match utf16_len(text.as_str()) {
        length if length > 100 => length.to_string(),
        _ => text.as_str().to_owned(),
    };
    let drawn = pieces.iter().map(|piece| {
        let kinds: Vec<String> = piece
            .attachments
            .iter()
            .map(|it| {
                if it.caption.is_empty() {
                    it.kind.name().to_owned()
                } else {
                    format!("{} {}", it.kind.name(), short(&it.caption))
                }
            })
            .collect();
        format!("{}|{}", short(&piece.text), kinds.join(","))
    });
    drawn.collect()
}

#[test]
fn what_becomes_of_it() {
    use MediaKind::{Animation, Audio, Document, Photo, RoundVideo, Sticker, Video, Voice};
    let files = |kinds: &[MediaKind]| -> Vec<Attachment> {
        (1..).zip(kinds).map(|(id, kind)| file(id, *kind)).collect()
    };
    let long = "word ".repeat(300);
    let rows: Vec<(&str, Vec<Attachment>, &[&str])> = vec![
        ("hi", vec![], &["hi|"]),
        (" ", vec![], &[" |"]),
        ("hi", files(&[Photo]), &["hi|photo"]),
        ("", files(&[Photo, Video, Photo]), &["|photo,video,photo"]),
        (
            "hi",
            files(&[Photo, Document, Document, Audio, Photo]),
            &["hi|photo", "|document,document", "|audio", "|photo"],
        ),
        (
            "hi",
            files(&[Photo; 12]),
            &[
                "hi|photo,photo,photo,photo,photo,photo,photo,photo,photo,photo",
                "|photo,photo",
            ],
        ),
        (
            "hi",
            files(&[Voice, Animation, Voice]),
            &["hi|voice", "|animation", "|voice"],
        ),
        // A sticker from elsewhere becomes a photo; a round video takes no text.
        ("hi", files(&[Sticker]), &["hi|sticker"]),
        ("hi", files(&[RoundVideo]), &["hi|", "|round_video"]),
        ("hi", vec![place()], &["hi|", "|other"]),
        ("hi", vec![file(1, Photo), place()], &["hi|photo", "|other"]),
        (&long, files(&[Photo, Photo]), &["1020|photo,photo", "480|"]),
        ("hi", vec![Attachment::new(Photo)], &["hi\n[photo]|"]),
    ];
    for (text, attachments, expected) in rows {
        assert_eq!(drawn(&content(text, attachments)), expected);
    }
}

#[test]
fn the_captions_of_an_album_stay_with_their_files() {
    let captioned = |id, caption: &str| Attachment {
        caption: Text::plain(caption),
        ..file(id, MediaKind::Photo)
    };
    let long = "word ".repeat(300);
    let album = vec![
        file(1, MediaKind::Photo),
        captioned(2, "two"),
        captioned(3, &long),
    ];
    assert_eq!(
        drawn(&content("one", album)),
        ["one|photo,photo two,photo 1020", "480|"]
    );
    let gone = Attachment {
        file: None,
        ..captioned(1, "its caption")
    };
    let rest = vec![gone, captioned(2, "two")];
    assert_eq!(
        drawn(&content("one", rest)),
        ["one\n[photo]\nits caption\ntwo|photo"]
    );
}

#[test]
fn what_is_on_telegram_already_may_be_larger() {
    let of = |account| Attachment {
        bytes: Some(LARGEST_FILE * 2),
        file: Some(FileRef::Telegram(TelegramFile {
            account,
            chat: TelegramChatId(-6),
            message: MessageId(1),
            class: TelegramFileClass::Document,
            id: 1,
            access_hash: 2,
            reference: vec![3],
            dc: 2,
            bytes: None,
        })),
        ..Attachment::new(MediaKind::Video)
    };
    assert_eq!(drawn(&content("", vec![of(ACCOUNT)])), ["|video"]);
    let others = of(AccountId::from_bits(2));
    let words = "[video, 4.2 GB: Telegram takes no more than 2.1 GB]|";
    assert_eq!(drawn(&content("", vec![others])), [words]);
}

fn any_attachment() -> impl Strategy<Value = Attachment> {
    let kind = prop::sample::select(MediaKind::ALL.to_vec());
    let size = prop::option::of(prop::sample::select(vec![0, 7, 20 << 20, LARGEST_FILE + 1]));
    let caption = prop_oneof![
        3 => Just(String::new()),
        1 => "[a-d😀 \n]{1,1500}",
    ];
    (kind, size, caption, 0..10u8, any::<u64>()).prop_map(|(kind, bytes, caption, what, id)| {
        let whole = match what {
            0 => Attachment::new(kind),
            1 => place(),
            2 => Attachment::special(Special::Told {
                text: Text::plain("told"),
            }),
            _ => Attachment {
                bytes,
                ..file(id, kind)
            },
        };
        Attachment {
            caption: Text::plain(caption),
            ..whole
        }
    })
}

/// What is seen of a text: Telegram strips white space, and so may a cut.
fn seen(text: &str) -> String {
    text.split_whitespace().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_is_lost_or_reordered_and_every_piece_fits(
        text in "[ab.😀é \n]{0,6000}",
        attachments in prop::collection::vec(any_attachment(), 0..25),
    ) {
        let content = content(&text, attachments);
        let pieces = plan(&content, &destination());
        prop_assert_eq!(&pieces, &plan(&content, &destination()));

        let (carried, said) = sort(&content, &destination());
        let identity = |it: &Attachment| (it.kind, it.file.clone(), it.special.clone());
        let sent: Vec<_> = pieces.iter().flat_map(|it| &it.attachments).map(identity).collect();
        prop_assert_eq!(sent, carried.iter().map(identity).collect::<Vec<_>>());

        for piece in &pieces {
            let most = if piece.attachments.is_empty() { LONGEST_MESSAGE } else { LONGEST_CAPTION };
            prop_assert!(utf16_len(piece.text.as_str()) <= most);
            prop_assert!(piece.attachments.len() <= LARGEST_ALBUM);
            let says_nothing = piece.attachments.is_empty() && seen(piece.text.as_str()).is_empty();
            prop_assert!(!says_nothing || pieces.len() == 1);
            for attachment in &piece.attachments {
                prop_assert!(utf16_len(attachment.caption.as_str()) <= LONGEST_CAPTION);
            }
            if piece.attachments.len() > 1 {
                let company = |it: &Attachment| Form::of(it).company();
                let first = company(&piece.attachments[0]);
                prop_assert!(first.is_some());
                prop_assert!(piece.attachments.iter().all(|it| company(it) == first));
            }
        }

        // Every character is somewhere, though captions stay with their files.
        let letters = |text: String| {
            let mut letters: Vec<char> = text.chars().collect();
            letters.sort_unstable();
            letters
        };
        let before = carried.iter().map(|it| seen(it.caption.as_str()));
        let before = before.fold(seen(said.as_str()), |all, it| all + &it);
        let after = pieces.iter().flat_map(|piece| {
            let captions = piece.attachments.iter().map(|it| &it.caption);
            std::iter::once(&piece.text).chain(captions)
        });
        let after = after.fold(String::new(), |all, it| all + &seen(it.as_str()));
        prop_assert_eq!(letters(after), letters(before));
    }

    #[test]
    fn a_text_alone_keeps_its_order(text in "[a-z.😀 \n]{0,9000}") {
        let pieces = plan(&content(&text, Vec::new()), &destination());
        let said: String = pieces.iter().map(|it| seen(it.text.as_str())).collect();
        prop_assert_eq!(said, seen(&text));
    }
}
