use grammers_tl_types as tl;
use patchbay_domain::file::{TelegramFile, TelegramFileClass};
use patchbay_domain::ids::{AccountId, MessageId, TelegramChatId};
use patchbay_domain::special::{Ballot, Choice, Contact, Location, Poll};
use patchbay_domain::text::discord::render;
use patchbay_domain::{Attachment, Cover, FileRef, MediaKind, Special};
use tl::Deserializable;
use tl::enums::{DocumentAttribute, MessageMedia};

use super::{Carrier, of_media};

const ACCOUNT: AccountId = AccountId::from_bits(1);
const CHAT: TelegramChatId = TelegramChatId(-77);

fn translated(media: &MessageMedia) -> Vec<Attachment> {
    let carrier = Carrier {
        account: ACCOUNT,
        chat: CHAT,
        message: MessageId(5),
        name_of: &|_| Some("Ann".to_owned()),
    };
    of_media(media, &carrier)
}

fn only(media: impl Into<MessageMedia>) -> Attachment {
    let mut all = translated(&media.into());
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn file(class: TelegramFileClass, bytes: u64) -> FileRef {
    FileRef::Telegram(TelegramFile {
        account: ACCOUNT,
        chat: CHAT,
        message: MessageId(5),
        class,
        id: 1,
        access_hash: 2,
        reference: vec![3],
        dc: 4,
        bytes: Some(bytes),
    })
}

fn document(attributes: Vec<DocumentAttribute>) -> tl::types::MessageMediaDocument {
    let document = tl::types::Document {
        id: 1,
        access_hash: 2,
        file_reference: vec![3],
        date: 0,
        mime_type: "x/y".to_owned(),
        size: 1234,
        thumbs: None,
        video_thumbs: None,
        dc_id: 4,
        attributes,
    };
    let mut media = tl::types::MessageMediaDocument::from_bytes(&[0; 4]).unwrap();
    media.document = Some(document.into());
    media
}

fn photo(sizes: Vec<tl::enums::PhotoSize>) -> tl::types::MessageMediaPhoto {
    let photo = tl::types::Photo {
        has_stickers: false,
        id: 1,
        access_hash: 2,
        file_reference: vec![3],
        date: 0,
        sizes,
        video_sizes: None,
        dc_id: 4,
    };
    tl::types::MessageMediaPhoto {
        spoiler: true,
        live_photo: false,
        photo: Some(photo.into()),
        ttl_seconds: None,
        video: None,
    }
}

fn audio(voice: bool) -> DocumentAttribute {
    tl::types::DocumentAttributeAudio {
        voice,
        duration: 3,
        title: (!voice).then(|| "Song".to_owned()),
        performer: (!voice).then(|| "Band".to_owned()),
        waveform: voice.then(|| vec![9, 8]),
    }
    .into()
}

fn video(round_message: bool) -> DocumentAttribute {
    tl::types::DocumentAttributeVideo {
        round_message,
        supports_streaming: true,
        nosound: false,
        duration: 1.5,
        w: 640,
        h: 480,
        preload_prefix_size: None,
        video_start_ts: None,
        video_codec: None,
    }
    .into()
}

fn sticker() -> DocumentAttribute {
    tl::types::DocumentAttributeSticker {
        mask: false,
        alt: "😀".to_owned(),
        stickerset: tl::enums::InputStickerSet::Empty,
        mask_coords: None,
    }
    .into()
}

fn named(name: &str) -> DocumentAttribute {
    let file_name = name.to_owned();
    tl::types::DocumentAttributeFilename { file_name }.into()
}

#[test]
fn documents_are_what_their_attributes_say() {
    let side = |w, h| tl::types::DocumentAttributeImageSize { w, h }.into();
    let known = |kind| Attachment {
        bytes: Some(1234),
        mime: Some("x/y".to_owned()),
        file: Some(file(TelegramFileClass::Document, 1234)),
        ..Attachment::new(kind)
    };
    let moving = |kind| Attachment {
        dimensions: Some((640, 480)),
        millis: Some(1500),
        ..known(kind)
    };
    let cases = [
        (
            vec![named("a.bin")],
            Attachment {
                name: Some("a.bin".to_owned()),
                ..known(MediaKind::Document)
            },
        ),
        (vec![side(0, 9), named("")], known(MediaKind::Document)),
        (vec![video(false)], moving(MediaKind::Video)),
        (vec![video(true)], moving(MediaKind::RoundVideo)),
        (
            vec![video(false), DocumentAttribute::Animated],
            moving(MediaKind::Animation),
        ),
        (
            vec![video(false), sticker()],
            Attachment {
                emoji: Some("😀".to_owned()),
                ..moving(MediaKind::Sticker)
            },
        ),
        (
            vec![side(512, 512), sticker()],
            Attachment {
                emoji: Some("😀".to_owned()),
                dimensions: Some((512, 512)),
                ..known(MediaKind::Sticker)
            },
        ),
        (
            vec![audio(true)],
            Attachment {
                millis: Some(3000),
                waveform: vec![9, 8],
                ..known(MediaKind::Voice)
            },
        ),
        (
            vec![audio(false)],
            Attachment {
                millis: Some(3000),
                title: Some("Song".to_owned()),
                performer: Some("Band".to_owned()),
                ..known(MediaKind::Audio)
            },
        ),
    ];
    for (attributes, expected) in cases {
        assert_eq!(
            only(document(attributes.clone())),
            expected,
            "{attributes:?}"
        );
    }
}

#[test]
fn the_largest_size_of_a_photo_is_meant() {
    let r#type = |letter: &str| letter.to_owned();
    let small = tl::types::PhotoSize {
        r#type: r#type("x"),
        w: 800,
        h: 600,
        size: 90_000,
    };
    let large = tl::types::PhotoSizeProgressive {
        r#type: r#type("y"),
        w: 1280,
        h: 960,
        sizes: vec![10_000, 80_000, 30_000],
    };
    let stripped = tl::types::PhotoStrippedSize {
        r#type: r#type("i"),
        bytes: vec![1; 40],
    };
    let class = TelegramFileClass::Photo {
        size: "y".to_owned(),
    };
    let expected = Attachment {
        bytes: Some(80_000),
        mime: Some("image/jpeg".to_owned()),
        cover: Cover::Spoiler,
        dimensions: Some((1280, 960)),
        file: Some(file(class, 80_000)),
        ..Attachment::new(MediaKind::Photo)
    };
    let media = photo(vec![large.into(), small.into(), stripped.into()]);
    assert_eq!(only(media), expected);
}

#[test]
fn what_telegram_shows_no_more_has_no_bytes() {
    let gone = |mut media: tl::types::MessageMediaDocument| {
        media.document = None;
        media.spoiler = true;
        let attachment = only(media);
        (attachment.kind, attachment.cover, attachment.file)
    };
    let mut voice = document(Vec::new());
    voice.voice = true;
    assert_eq!(gone(voice), (MediaKind::Voice, Cover::Spoiler, None));
    let document = gone(document(Vec::new()));
    assert_eq!(document, (MediaKind::Document, Cover::Spoiler, None));
    let photo = only(photo(Vec::new()));
    assert_eq!((photo.kind, photo.file), (MediaKind::Photo, None));
}

fn poll() -> tl::types::Poll {
    let text = |text: &str| {
        tl::types::TextWithEntities {
            text: text.to_owned(),
            entities: Vec::new(),
        }
        .into()
    };
    let answer = |text| {
        tl::types::PollAnswer {
            text,
            option: vec![0],
            media: None,
            added_by: None,
            date: None,
        }
        .into()
    };
    // An id, flags, an empty text, no answers and a hash.
    let mut bytes = vec![0; 12];
    bytes.extend(tl::Serializable::to_bytes(&{
        let empty: tl::enums::TextWithEntities = text("");
        empty
    }));
    bytes.extend(tl::Serializable::to_bytes(
        &Vec::<tl::enums::PollAnswer>::new(),
    ));
    bytes.extend([0; 8]);
    let mut poll = tl::types::Poll::from_bytes(&bytes).unwrap();
    poll.question = text("Tea?");
    poll.answers = vec![answer(text("Yes")), answer(text("No"))];
    (poll.multiple_choice, poll.public_voters) = (true, true);
    poll
}

#[test]
fn polls_places_contacts_and_dice_are_special() {
    let results = tl::types::PollResults::from_bytes(&[0; 4]).unwrap();
    let media = tl::types::MessageMediaPoll {
        poll: poll().into(),
        results: results.into(),
        attached_media: Some(document(vec![named("a.pdf")]).into()),
    };
    let parts = translated(&media.into());
    let expected = Special::Poll(Poll {
        question: "Tea?".to_owned(),
        options: vec!["Yes".to_owned(), "No".to_owned()],
        choice: Choice::Several,
        ballot: Ballot::Open,
    });
    assert_eq!(parts[0], Attachment::special(expected));
    assert_eq!(parts[1].name.as_deref(), Some("a.pdf"));

    let point = || tl::types::GeoPoint {
        long: 2.2945,
        lat: 48.858_222,
        access_hash: 0,
        accuracy_radius: None,
    };
    let place = Location::from_degrees(48.858_222, 2.2945);
    let plain = Attachment::special(Special::Location(place.clone()));
    let geo = tl::types::MessageMediaGeo {
        geo: point().into(),
    };
    assert_eq!(only(geo), plain);
    let live = tl::types::MessageMediaGeoLive {
        geo: point().into(),
        heading: None,
        period: 900,
        proximity_notification_radius: None,
    };
    assert_eq!(only(live), plain);
    let venue = tl::types::MessageMediaVenue {
        geo: point().into(),
        title: "Tower".to_owned(),
        address: String::new(),
        provider: String::new(),
        venue_id: String::new(),
        venue_type: String::new(),
    };
    let titled = Location {
        title: Some("Tower".to_owned()),
        ..place
    };
    assert_eq!(only(venue), Attachment::special(Special::Location(titled)));

    let contact = tl::types::MessageMediaContact {
        phone_number: "+15550100".to_owned(),
        first_name: "Ann".to_owned(),
        last_name: "Lee".to_owned(),
        vcard: String::new(),
        user_id: 0,
    };
    let expected = Special::Contact(Contact {
        phone: "+15550100".to_owned(),
        first_name: "Ann".to_owned(),
        last_name: "Lee".to_owned(),
    });
    assert_eq!(only(contact), Attachment::special(expected));

    let dice = tl::types::MessageMediaDice {
        value: 6,
        emoticon: "🎲".to_owned(),
        game_outcome: None,
    };
    let emoji = "🎲".to_owned();
    let expected = Special::Dice { emoji, value: 6 };
    assert_eq!(only(dice), Attachment::special(expected));
}

fn words(media: impl Into<MessageMedia>) -> String {
    let attachment = only(media);
    assert_eq!((attachment.kind, attachment.file), (MediaKind::Other, None));
    match attachment.special {
        Some(Special::Told { text }) => render(&text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn games_and_invoices_are_told() {
    let game = tl::types::Game {
        id: 1,
        access_hash: 2,
        short_name: "chess".to_owned(),
        title: "Chess".to_owned(),
        description: "For two".to_owned(),
        photo: tl::types::PhotoEmpty { id: 1 }.into(),
        document: None,
    };
    let game = tl::types::MessageMediaGame { game: game.into() };
    assert_eq!(words(game), "🎮 Game: **Chess**\nFor two");

    let invoice = |total_amount, currency: &str| {
        words(tl::types::MessageMediaInvoice {
            shipping_address_requested: false,
            test: false,
            title: "Tea".to_owned(),
            description: "A box".to_owned(),
            photo: None,
            receipt_msg_id: None,
            currency: currency.to_owned(),
            total_amount,
            start_param: String::new(),
            extended_media: None,
        })
    };
    assert_eq!(
        invoice(1205, "EUR"),
        "🧾 Invoice: **Tea**\nA box\n12.05 EUR"
    );
    for (amount, currency, price) in [
        (1205, "JPY", "1205 JPY"),
        (1205, "KWD", "1.205 KWD"),
        (5, "USD", "0.05 USD"),
        (50, "XTR", "50 Telegram Stars"),
    ] {
        assert!(
            invoice(amount, currency).ends_with(&format!("\n{price}")),
            "{price}"
        );
    }
}

#[test]
fn stories_giveaways_and_paid_media_are_told() {
    let story = tl::types::MessageMediaStory {
        via_mention: false,
        peer: tl::types::PeerUser { user_id: 1 }.into(),
        id: 1,
        story: None,
    };
    assert_eq!(words(story), "📖 Story of **Ann**");

    let giveaway = tl::types::MessageMediaGiveaway {
        only_new_subscribers: false,
        winners_are_visible: false,
        channels: Vec::new(),
        countries_iso2: None,
        prize_description: Some("and a hat".to_owned()),
        quantity: 5,
        months: Some(3),
        stars: None,
        until_date: 0,
    };
    let expected = "🎁 Giveaway\nTelegram Premium for 3 months\nand a hat\nWinners: 5";
    assert_eq!(words(giveaway), expected);

    let results = tl::types::MessageMediaGiveawayResults {
        only_new_subscribers: false,
        refunded: false,
        channel_id: 1,
        additional_peers_count: None,
        launch_msg_id: 1,
        winners_count: 2,
        unclaimed_count: 0,
        winners: Vec::new(),
        months: None,
        stars: Some(500),
        prize_description: None,
        until_date: 0,
    };
    let expected = "🎁 Results of a giveaway\n500 Telegram Stars\nWinners: 2";
    assert_eq!(words(results), expected);

    let preview = |video_duration| {
        tl::types::MessageExtendedMediaPreview {
            w: None,
            h: None,
            thumb: None,
            video_duration,
        }
        .into()
    };
    let paid = tl::types::MessageMediaPaidMedia {
        stars_amount: 50,
        extended_media: vec![preview(None), preview(Some(9)), preview(None)],
    };
    let expected = "🔒 Paid media: 2 photos, 1 video for 50 Telegram Stars";
    assert_eq!(words(paid), expected);
}

#[test]
fn lists_and_what_is_not_to_be_kept_are_told() {
    let text = |text: &str| {
        tl::types::TextWithEntities {
            text: text.to_owned(),
            entities: Vec::new(),
        }
        .into()
    };
    let item = |id, title| tl::types::TodoItem { id, title }.into();
    let todo = tl::types::TodoList {
        others_can_append: false,
        others_can_complete: false,
        title: text("Shopping"),
        list: vec![item(1, text("Tea")), item(2, text("Milk"))],
    };
    let done = tl::types::TodoCompletion {
        id: 2,
        completed_by: tl::types::PeerUser { user_id: 1 }.into(),
        date: 0,
    };
    let list = tl::types::MessageMediaToDo {
        todo: todo.into(),
        completions: Some(vec![done.into()]),
    };
    let expected = "📝 To-do list\n**Shopping**\n▫️ Tea\n✅ Milk";
    assert_eq!(words(list), expected);

    let mut once = document(vec![video(true)]);
    once.ttl_seconds = Some(i32::MAX);
    assert_eq!(words(once), "🔥 A video message that can be viewed once");
    let mut once = photo(Vec::new());
    once.ttl_seconds = Some(10);
    assert_eq!(words(once), "🔥 A photo that can be viewed once");

    let unsupported = words(MessageMedia::Unsupported);
    assert_eq!(
        unsupported,
        "❔ A message of a kind that is only shown on Telegram"
    );
    assert_eq!(translated(&MessageMedia::Empty), []);
}
