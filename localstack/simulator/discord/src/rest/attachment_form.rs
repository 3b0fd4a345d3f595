use super::form::Form;
use super::submission::Upload;
use crate::files::media_type_of;
use crate::ids::AttachmentId;
use crate::world::{FieldError, File, KeptAttachment, Revision, Voice};

const LONGEST_DESCRIPTION: usize = 1024;
const LONGEST_FILENAME: usize = 260;

/// What a request says of one file, be it new or already there.
#[derive(Debug, Default)]
struct Described {
    id: u64,
    filename: Option<String>,
    description: Option<String>,
    spoiler: Option<bool>,
    voice: Option<Voice>,
}

/// The `attachments` of a request, if it has any.
fn read_descriptions(form: &mut Form<'_>) -> Option<Vec<Described>> {
    let list = form.list("attachments")?;
    let read = list.iter().enumerate().map(|(index, value)| {
        let mut inner = Form::of(value);
        let id = inner.snowflake("id");
        if id.is_none() && !inner.has("id") {
            inner.report(FieldError::required(&["id"]));
        }
        let voice = inner.number("duration_secs").map(|duration_secs| Voice {
            duration_secs,
            waveform: inner.string("waveform").unwrap_or_default().to_owned(),
        });
        let described = Described {
            id: id.map_or(u64::MAX, |id: AttachmentId| id.0),
            filename: inner.text("filename", LONGEST_FILENAME).map(str::to_owned),
            description: inner
                .text("description", LONGEST_DESCRIPTION)
                .map(str::to_owned),
            spoiler: inner.boolean("is_spoiler"),
            voice,
        };
        (index.to_string(), inner.finish(described))
    });
    let mut descriptions = Vec::with_capacity(list.len());
    for (index, described) in read {
        match described {
            Ok(described) => descriptions.push(described),
            Err(rejection) => form.adopt(&["attachments", &index], rejection),
        }
    }
    Some(descriptions)
}

fn make_file(upload: Upload, described: Option<Described>) -> File {
    let described = described.unwrap_or_default();
    let given = described.filename.unwrap_or(upload.filename);
    let (filename, title) = plain_name(&given);
    let content_type = media_type_of(upload.content_type.as_deref(), &filename);
    let stored = upload.stored;
    File {
        filename,
        title,
        size: stored.size,
        sha256: stored.sha256,
        content_type,
        description: described.description,
        spoiler: described.spoiler.unwrap_or_default(),
        width: stored.picture.map(|picture| picture.width),
        height: stored.picture.map(|picture| picture.height),
        voice: described.voice,
    }
}

/// The name as it can stand in an address, and what it was if that is another one.
pub(crate) fn plain_name(given: &str) -> (String, Option<String>) {
    let plain: String = given
        .chars()
        .map(|one| if one == ' ' { '_' } else { one })
        .filter(|one| one.is_ascii_alphanumeric() || "._-".contains(*one))
        .collect();
    let stem = |name: &str| {
        name.rsplit_once('.')
            .map_or(name, |(stem, _)| stem)
            .to_owned()
    };
    let title = (given.replace(' ', "_") != plain).then(|| stem(given));
    let plain = if stem(&plain).is_empty() {
        format!("unknown{plain}")
    } else {
        plain
    };
    (plain, title)
}

/// The files of a new message.
pub(super) fn read_files(form: &mut Form<'_>, uploads: Vec<Upload>) -> Vec<File> {
    let mut descriptions = read_descriptions(form).unwrap_or_default();
    let files = pair(uploads, &mut descriptions);
    for described in descriptions {
        report_missing(form, &described);
    }
    files
}

/// What an edit keeps of the files, and the files it brings.
pub(super) fn read_file_changes(
    form: &mut Form<'_>,
    uploads: Vec<Upload>,
    revision: &mut Revision,
) {
    let mut descriptions = read_descriptions(form).unwrap_or_default();
    // Files are shown as they are listed.
    let mut uploads = uploads;
    let place = |index: u64| descriptions.iter().position(|it| it.id == index);
    uploads.sort_by_key(|upload| place(upload.index).unwrap_or(usize::MAX));
    let places = uploads.iter().map(|upload| place(upload.index));
    revision.new_places = places.map(|place| place.unwrap_or(usize::MAX)).collect();
    revision.new_files = pair(uploads, &mut descriptions);
    let kept = descriptions.into_iter().map(|described| KeptAttachment {
        id: AttachmentId(described.id),
        description: described.description,
        spoiler: described.spoiler,
    });
    let kept: Vec<_> = kept.collect();
    // With a list, or a null in place of one, what is not listed goes.
    revision.attachments = form.has("attachments").then_some(kept);
}

/// Each file with what is said of it; what speaks of no file is left.
fn pair(uploads: Vec<Upload>, descriptions: &mut Vec<Described>) -> Vec<File> {
    let mut files = Vec::with_capacity(uploads.len());
    for upload in uploads {
        let about = |described: &Described| described.id == upload.index;
        let described = descriptions.iter().position(about);
        let described = described.map(|index| descriptions.remove(index));
        files.push(make_file(upload, described));
    }
    files
}

fn report_missing(form: &mut Form<'_>, described: &Described) {
    let message = format!("There is no file {}.", described.id);
    form.report(FieldError::new(
        &["attachments"],
        "ATTACHMENT_NOT_FOUND",
        message,
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_fit_for_addresses() {
        for (given, plain, title) in [
            ("cat.png", "cat.png", None),
            ("my cat.png", "my_cat.png", None),
            ("SPOILER_a.png", "SPOILER_a.png", None),
            ("кот cat.png", "_cat.png", Some("кот cat")),
            ("кот.png", "unknown.png", Some("кот")),
            ("a/b?c.txt", "abc.txt", Some("a/b?c")),
        ] {
            let expected = (plain.to_owned(), title.map(str::to_owned));
            assert_eq!(plain_name(given), expected, "{given}");
        }
    }
}
