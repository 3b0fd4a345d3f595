use grammers_tl_types::{enums, types};

use crate::clock::wire_seconds;
use crate::state::{Dimensions, Document, FileForm, Media, Poll, State, StoredFile, UserId, Venue};

/// The name of the small size of a photo, and of a document's thumbnail.
pub(crate) const SMALL_SIZE: &str = "m";
/// The small size of a photo is its first bytes, as no picture is ever drawn here.
pub(crate) const SMALL_BYTES: u64 = 4096;
const SMALL_SIDE: i32 = 320;

/// The platform names a photo's sizes by their longer side.
pub(crate) fn largest_size(dimensions: Dimensions) -> &'static str {
    match dimensions.width.max(dimensions.height) {
        ..=800 => "x",
        801..=1280 => "y",
        1281.. => "w",
    }
}

pub(crate) fn media(state: &State, viewer: UserId, media: &Media) -> enums::MessageMedia {
    match media {
        Media::Location {
            latitude,
            longitude,
        } => {
            let geo = point(*latitude, *longitude);
            types::MessageMediaGeo { geo }.into()
        }
        Media::Venue(venue) => shown_venue(venue),
        Media::Contact {
            phone_number,
            first_name,
            last_name,
        } => types::MessageMediaContact {
            phone_number: phone_number.clone(),
            first_name: first_name.clone(),
            last_name: last_name.clone(),
            vcard: String::new(),
            user_id: 0,
        }
        .into(),
        Media::Dice { emoji, value } => types::MessageMediaDice {
            value: *value,
            emoticon: emoji.clone(),
            game_outcome: None,
        }
        .into(),
        Media::Poll(poll) => shown_poll(poll),
        Media::File { file, spoiler } => match state.files.get(file) {
            Some(file) => shown_file(state, viewer, file, *spoiler),
            None => enums::MessageMedia::Empty,
        },
    }
}

/// Of an address nothing more is shown than the address.
pub(crate) fn preview(url: &str) -> enums::MessageMedia {
    let webpage = types::WebPageEmpty {
        id: i64::from(crc32fast::hash(url.as_bytes())),
        url: Some(url.to_owned()),
    };
    types::MessageMediaWebPage {
        force_large_media: false,
        force_small_media: false,
        manual: false,
        safe: true,
        webpage: webpage.into(),
    }
    .into()
}

fn point(latitude: f64, longitude: f64) -> enums::GeoPoint {
    types::GeoPoint {
        long: longitude,
        lat: latitude,
        access_hash: 0,
        accuracy_radius: None,
    }
    .into()
}

fn shown_venue(venue: &Venue) -> enums::MessageMedia {
    types::MessageMediaVenue {
        geo: point(venue.latitude, venue.longitude),
        title: venue.title.clone(),
        address: venue.address.clone(),
        provider: String::new(),
        venue_id: String::new(),
        venue_type: String::new(),
    }
    .into()
}

fn shown_file(
    state: &State,
    viewer: UserId,
    file: &StoredFile,
    spoiler: bool,
) -> enums::MessageMedia {
    let file_reference = state.reference(file, viewer);
    match &file.new.form {
        FileForm::Photo(dimensions) => types::MessageMediaPhoto {
            spoiler,
            live_photo: false,
            photo: Some(photo(file, file_reference, *dimensions)),
            ttl_seconds: None,
            video: None,
        }
        .into(),
        FileForm::Document(form) => types::MessageMediaDocument {
            nopremium: false,
            spoiler,
            video: form.video.is_some() && !form.animated,
            round: form.video.as_ref().is_some_and(|video| video.round),
            voice: form.audio.as_ref().is_some_and(|audio| audio.voice),
            document: Some(document(file, file_reference, form)),
            alt_documents: None,
            video_cover: None,
            video_timestamp: None,
            ttl_seconds: None,
        }
        .into(),
    }
}

fn photo(file: &StoredFile, file_reference: Vec<u8>, dimensions: Dimensions) -> enums::Photo {
    let blob = &file.new.blob;
    let small = scaled(dimensions);
    let sizes = vec![
        size(SMALL_SIZE, small, blob.size.min(SMALL_BYTES)),
        size(largest_size(dimensions), dimensions, blob.size),
    ];
    types::Photo {
        has_stickers: false,
        id: file.id.0,
        access_hash: file.new.access_hash,
        file_reference,
        date: wire_seconds(file.date),
        sizes,
        video_sizes: None,
        dc_id: file.new.dc.number(),
    }
    .into()
}

fn size(name: &str, dimensions: Dimensions, bytes: u64) -> enums::PhotoSize {
    types::PhotoSize {
        r#type: name.to_owned(),
        w: dimensions.width,
        h: dimensions.height,
        size: i32::try_from(bytes).unwrap_or(i32::MAX),
    }
    .into()
}

fn scaled(dimensions: Dimensions) -> Dimensions {
    let longer = dimensions.width.max(dimensions.height).max(1);
    let side = |length: i32| (length.saturating_mul(SMALL_SIDE) / longer).max(1);
    Dimensions {
        width: side(dimensions.width),
        height: side(dimensions.height),
    }
}

fn document(file: &StoredFile, file_reference: Vec<u8>, form: &Document) -> enums::Document {
    let square = Dimensions {
        width: SMALL_SIDE,
        height: SMALL_SIDE,
    };
    let thumbs = form.thumbnail.as_ref().map(|thumbnail| {
        let dimensions = form.dimensions().map_or(square, scaled);
        vec![size(SMALL_SIZE, dimensions, thumbnail.size)]
    });
    types::Document {
        id: file.id.0,
        access_hash: file.new.access_hash,
        file_reference,
        date: wire_seconds(file.date),
        mime_type: form.mime_type.clone(),
        size: i64::try_from(file.new.blob.size).unwrap_or(i64::MAX),
        thumbs,
        video_thumbs: None,
        dc_id: file.new.dc.number(),
        attributes: attributes(form),
    }
    .into()
}

fn attributes(form: &Document) -> Vec<enums::DocumentAttribute> {
    let mut attributes: Vec<enums::DocumentAttribute> = Vec::new();
    if let Some(image) = form.image {
        let (w, h) = (image.width, image.height);
        attributes.push(types::DocumentAttributeImageSize { w, h }.into());
    }
    if let Some(video) = &form.video {
        let shown = types::DocumentAttributeVideo {
            round_message: video.round,
            supports_streaming: video.streaming,
            nosound: video.silent,
            duration: video.duration,
            w: video.size.width,
            h: video.size.height,
            preload_prefix_size: None,
            video_start_ts: None,
            video_codec: None,
        };
        attributes.push(shown.into());
    }
    if let Some(audio) = &form.audio {
        let shown = types::DocumentAttributeAudio {
            voice: audio.voice,
            duration: audio.duration,
            title: audio.title.clone(),
            performer: audio.performer.clone(),
            waveform: audio.waveform.clone(),
        };
        attributes.push(shown.into());
    }
    if let Some(sticker) = &form.sticker {
        let shown = types::DocumentAttributeSticker {
            mask: false,
            alt: sticker.emoji.clone(),
            stickerset: enums::InputStickerSet::Empty,
            mask_coords: None,
        };
        attributes.push(shown.into());
    }
    if form.animated {
        attributes.push(enums::DocumentAttribute::Animated);
    }
    if let Some(file_name) = form.name.clone() {
        attributes.push(types::DocumentAttributeFilename { file_name }.into());
    }
    attributes
}

fn shown_poll(poll: &Poll) -> enums::MessageMedia {
    let answers = poll.answers.iter().enumerate().map(|(at, text)| {
        types::PollAnswer {
            text: plain(text),
            option: option(at),
            media: None,
            added_by: None,
            date: None,
        }
        .into()
    });
    let shown = types::Poll {
        id: poll.id,
        closed: poll.closed,
        public_voters: poll.public,
        multiple_choice: poll.multiple,
        quiz: poll.quiz,
        open_answers: false,
        revoting_disabled: false,
        shuffle_answers: false,
        hide_results_until_close: false,
        creator: false,
        subscribers_only: false,
        question: plain(&poll.question),
        answers: answers.collect(),
        close_period: None,
        close_date: None,
        countries_iso2: None,
        hash: 0,
    };
    // Nobody votes here, and who hasn't isn't told the right answers of a quiz.
    let results = types::PollResults {
        min: false,
        has_unread_votes: false,
        can_view_stats: false,
        results: None,
        total_voters: Some(0),
        recent_voters: None,
        solution: None,
        solution_entities: None,
        solution_media: None,
    };
    types::MessageMediaPoll {
        poll: shown.into(),
        results: results.into(),
        attached_media: None,
    }
    .into()
}

fn option(at: usize) -> Vec<u8> {
    at.to_string().into_bytes()
}

fn plain(text: &str) -> enums::TextWithEntities {
    types::TextWithEntities {
        text: text.to_owned(),
        entities: Vec::new(),
    }
    .into()
}
