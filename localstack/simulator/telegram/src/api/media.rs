//! The media that a client sends: uploaded, named by reference, or without any file.

use grammers_tl_types::{enums, types};
use rand::Rng;

use super::Call;
use super::files::uploaded;
use crate::present;
use crate::state::{
    Audio, Command, Dimensions, Document, FileForm, Media, NewFile, Poll, Refusal, Sticker, Venue,
    Video,
};

const LARGEST_PHOTO: u64 = 10 << 20;
/// Contents are not looked into, so every uploaded photo is as large as this.
const PHOTO_SIZE: Dimensions = Dimensions {
    width: 1280,
    height: 960,
};
const PHOTO_ENDINGS: [&str; 6] = ["jpg", "jpeg", "png", "webp", "gif", "bmp"];
const LONGEST_QUESTION: usize = 255;
const LONGEST_ANSWER: usize = 100;
const ANSWERS: std::ops::RangeInclusive<usize> = 2..=12;
const MEDIA_EMPTY: Refusal = Refusal::bad("MEDIA_EMPTY");
const MEDIA_INVALID: Refusal = Refusal::bad("MEDIA_INVALID");

pub(super) fn upload(
    call: &mut Call<'_>,
    request: grammers_tl_types::functions::messages::UploadMedia,
) -> Result<enums::MessageMedia, Refusal> {
    call.peer(&request.peer)?;
    let media = media(call, request.media)?;
    Ok(present::media(call.state(), call.me()?, &media))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the schema's many other kinds are all refused alike"
)]
pub(super) fn media(call: &mut Call<'_>, input: enums::InputMedia) -> Result<Media, Refusal> {
    match input {
        enums::InputMedia::Empty => Err(MEDIA_EMPTY),
        enums::InputMedia::UploadedPhoto(photo) => uploaded_photo(call, &photo),
        enums::InputMedia::UploadedDocument(document) => uploaded_document(call, document),
        enums::InputMedia::Photo(photo) => known_photo(call, &photo),
        enums::InputMedia::Document(document) => known_document(call, &document),
        enums::InputMedia::GeoPoint(types::InputMediaGeoPoint {
            geo_point: enums::InputGeoPoint::Point(point),
        }) => Ok(Media::Location {
            latitude: point.lat,
            longitude: point.long,
        }),
        enums::InputMedia::Venue(types::InputMediaVenue {
            geo_point: enums::InputGeoPoint::Point(point),
            title,
            address,
            ..
        }) => Ok(Media::Venue(Venue {
            latitude: point.lat,
            longitude: point.long,
            title,
            address,
        })),
        enums::InputMedia::Contact(contact) => Ok(Media::Contact {
            phone_number: contact.phone_number,
            first_name: contact.first_name,
            last_name: contact.last_name,
        }),
        enums::InputMedia::Dice(dice) => thrown(dice.emoticon, Thrown::ByChance),
        enums::InputMedia::Poll(poll) => asked(*poll),
        _ => Err(MEDIA_INVALID),
    }
}

fn uploaded_photo(
    call: &mut Call<'_>,
    photo: &types::InputMediaUploadedPhoto,
) -> Result<Media, Refusal> {
    let (blob, name) = uploaded(call, &photo.file)?;
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let known = ending.is_some_and(|it| PHOTO_ENDINGS.iter().any(|e| e.eq_ignore_ascii_case(it)));
    if !known {
        return Err(Refusal::bad("PHOTO_EXT_INVALID"));
    }
    if blob.size > LARGEST_PHOTO {
        return Err(Refusal::bad("PHOTO_SAVE_FILE_INVALID"));
    }
    let form = FileForm::Photo(PHOTO_SIZE);
    add(call, blob, form, photo.spoiler)
}

fn uploaded_document(
    call: &mut Call<'_>,
    input: types::InputMediaUploadedDocument,
) -> Result<Media, Refusal> {
    let (blob, _) = uploaded(call, &input.file)?;
    let thumbnail = match &input.thumb {
        Some(file) => Some(uploaded(call, file)?.0),
        None => None,
    };
    let mut document = Document {
        mime_type: input.mime_type,
        thumbnail,
        ..Document::default()
    };
    for attribute in input.attributes {
        describe(&mut document, attribute);
    }
    if let Some(video) = &mut document.video {
        video.silent |= input.nosound_video;
    }
    if input.force_file {
        document.video = None;
        document.audio = None;
        document.animated = false;
    }
    let form = FileForm::Document(Box::new(document));
    add(call, blob, form, input.spoiler)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "no client sends a duration of centuries"
)]
fn describe(document: &mut Document, attribute: enums::DocumentAttribute) {
    match attribute {
        enums::DocumentAttribute::Filename(it) => document.name = Some(it.file_name),
        enums::DocumentAttribute::ImageSize(it) => {
            document.image = Some(Dimensions {
                width: it.w,
                height: it.h,
            });
        }
        enums::DocumentAttribute::Video(it) => {
            let (width, height) = (it.w, it.h);
            document.video = Some(Video {
                size: Dimensions { width, height },
                // Whole milliseconds, so that a journal tells it exactly.
                duration: f64::from((it.duration * 1000.0).round() as i32) / 1000.0,
                round: it.round_message,
                streaming: it.supports_streaming,
                silent: it.nosound,
            });
        }
        enums::DocumentAttribute::Audio(it) => {
            document.audio = Some(Audio {
                duration: it.duration,
                voice: it.voice,
                title: it.title,
                performer: it.performer,
                waveform: it.waveform,
            });
        }
        enums::DocumentAttribute::Animated => document.animated = true,
        enums::DocumentAttribute::Sticker(it) => document.sticker = Some(Sticker { emoji: it.alt }),
        enums::DocumentAttribute::HasStickers | enums::DocumentAttribute::CustomEmoji(_) => {}
    }
}

fn add(
    call: &mut Call<'_>,
    blob: patchbay_sim_core::Blob,
    form: FileForm,
    spoiler: bool,
) -> Result<Media, Refusal> {
    let new = NewFile {
        access_hash: rand::random(),
        dc: call.dc,
        blob,
        form,
    };
    let applied = call.apply(Command::AddFile(new))?;
    let file = applied.file.ok_or(MEDIA_EMPTY)?;
    Ok(Media::File { file, spoiler })
}

fn known_photo(call: &Call<'_>, photo: &types::InputMediaPhoto) -> Result<Media, Refusal> {
    let enums::InputPhoto::Photo(id) = &photo.id else {
        return Err(MEDIA_EMPTY);
    };
    known(
        call,
        id.id,
        id.access_hash,
        &id.file_reference,
        photo.spoiler,
    )
}

fn known_document(call: &Call<'_>, document: &types::InputMediaDocument) -> Result<Media, Refusal> {
    let enums::InputDocument::Document(id) = &document.id else {
        return Err(MEDIA_EMPTY);
    };
    known(
        call,
        id.id,
        id.access_hash,
        &id.file_reference,
        document.spoiler,
    )
}

fn known(
    call: &Call<'_>,
    id: i64,
    access_hash: i64,
    reference: &[u8],
    spoiler: bool,
) -> Result<Media, Refusal> {
    let named = call
        .state()
        .named_file(call.me()?, id, access_hash, reference);
    match named {
        Ok(file) => Ok(Media::File {
            file: file.id,
            spoiler,
        }),
        Err(refusal) if refusal.name == "FILE_ID_INVALID" => Err(MEDIA_EMPTY),
        Err(refusal) => Err(refusal),
    }
}

/// How a die falls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Thrown {
    ByChance,
    As(i32),
}

pub(crate) fn thrown(emoji: String, thrown: Thrown) -> Result<Media, Refusal> {
    let sides = match emoji.as_str() {
        "🎲" | "🎯" | "🎳" => 6,
        "🏀" | "⚽" | "⚽️" => 5,
        "🎰" => 64,
        _ => return Err(Refusal::bad("EMOTICON_INVALID")),
    };
    let value = match thrown {
        Thrown::ByChance => rand::rng().random_range(1..=sides),
        Thrown::As(value) if (1..=sides).contains(&value) => value,
        Thrown::As(_) => return Err(MEDIA_INVALID),
    };
    Ok(Media::Dice { emoji, value })
}

fn asked(input: types::InputMediaPoll) -> Result<Media, Refusal> {
    let enums::Poll::Poll(poll) = input.poll;
    let answers = poll.answers.into_iter().map(|answer| match answer {
        enums::PollAnswer::Answer(it) => plain(it.text),
        enums::PollAnswer::InputPollAnswer(it) => plain(it.text),
    });
    let answers: Vec<String> = answers.collect();
    let question = plain(poll.question);
    check_poll(&question, &answers)?;
    let right = input.correct_answers.unwrap_or_default();
    let right: Vec<usize> = right.into_iter().flat_map(usize::try_from).collect();
    if poll.quiz && right.is_empty() {
        return Err(Refusal::bad("QUIZ_CORRECT_ANSWERS_EMPTY"));
    }
    if right.iter().any(|answer| *answer >= answers.len()) {
        return Err(Refusal::bad("QUIZ_CORRECT_ANSWER_INVALID"));
    }
    Ok(Media::Poll(Poll {
        id: rand::rng().random_range(1..i64::MAX),
        question,
        answers,
        quiz: poll.quiz,
        multiple: poll.multiple_choice,
        public: poll.public_voters,
        closed: poll.closed,
        correct: right,
    }))
}

pub(crate) fn check_poll(question: &str, answers: &[String]) -> Result<(), Refusal> {
    if question.is_empty() || question.chars().count() > LONGEST_QUESTION {
        return Err(Refusal::bad("POLL_QUESTION_INVALID"));
    }
    if !ANSWERS.contains(&answers.len()) {
        return Err(Refusal::bad("POLL_ANSWERS_INVALID"));
    }
    let fits = |answer: &String| !answer.is_empty() && answer.chars().count() <= LONGEST_ANSWER;
    if answers.iter().all(fits) {
        Ok(())
    } else {
        Err(Refusal::bad("POLL_ANSWER_INVALID"))
    }
}

fn plain(text: enums::TextWithEntities) -> String {
    let enums::TextWithEntities::Entities(text) = text;
    text.text
}
