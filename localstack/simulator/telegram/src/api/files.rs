//! Uploading and downloading.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use crate::clock::wire_seconds;
use crate::present::{SMALL_BYTES, SMALL_SIZE, largest_size};
use crate::state::{FileForm, Refusal, StoredFile};
use crate::uploads::{Named, Part, failed};
use patchbay_sim_core::Blob;

const MEBIBYTE: i64 = 1 << 20;
const LOCATION_INVALID: Refusal = Refusal::bad("LOCATION_INVALID");

pub(super) fn save_part(
    call: &mut Call<'_>,
    request: functions::upload::SaveFilePart,
) -> Result<bool, Refusal> {
    let part = Part {
        file: request.file_id,
        number: request.file_part,
        total: None,
        bytes: &request.bytes,
    };
    save(call, &part)
}

pub(super) fn save_big_part(
    call: &mut Call<'_>,
    request: functions::upload::SaveBigFilePart,
) -> Result<bool, Refusal> {
    let part = Part {
        file: request.file_id,
        number: request.file_part,
        total: Some(request.file_total_parts),
        bytes: &request.bytes,
    };
    save(call, &part)
}

fn save(call: &mut Call<'_>, part: &Part<'_>) -> Result<bool, Refusal> {
    let me = call.me()?;
    let largest = call.world.knobs.settings.largest_file;
    let world = &mut *call.world;
    world.uploads.save(&world.blobs, me, part, largest)?;
    Ok(true)
}

/// The content of what a client uploaded, and the name that it gave it.
pub(super) fn uploaded(
    call: &mut Call<'_>,
    file: &enums::InputFile,
) -> Result<(Blob, String), Refusal> {
    let (named, name) = match file {
        enums::InputFile::File(file) => {
            let named = Named {
                file: file.id,
                parts: file.parts,
                md5: &file.md5_checksum,
            };
            (named, &file.name)
        }
        enums::InputFile::Big(file) => {
            let named = Named {
                file: file.id,
                parts: file.parts,
                md5: "",
            };
            (named, &file.name)
        }
        enums::InputFile::StoryDocument(_) => return Err(Refusal::bad("FILE_PARTS_INVALID")),
    };
    let me = call.me()?;
    let world = &mut *call.world;
    let blob = world.uploads.finish(&world.blobs, me, &named)?;
    Ok((blob, name.clone()))
}

pub(super) fn file(
    call: &mut Call<'_>,
    request: functions::upload::GetFile,
) -> Result<enums::upload::File, Refusal> {
    let (file, size) = located(call, &request.location)?;
    if file.new.dc != call.dc {
        return Err(file.new.dc.refusal("FILE_MIGRATE"));
    }
    let precision = if request.precise { 1024 } else { 4096 };
    let (offset, limit) = (request.offset, i64::from(request.limit));
    check_range(precision, offset, limit)?;
    let (blob, end) = content(file, &size)?;
    let left = u64::try_from(offset).map_or(0, |offset| end.saturating_sub(offset));
    let limit = usize::try_from(limit.unsigned_abs().min(left)).unwrap_or(0);
    let bytes = call
        .world
        .blobs
        .read(blob, offset.unsigned_abs(), limit)
        .map_err(failed)?;
    Ok(types::upload::File {
        r#type: file_type(&file.new.form),
        mtime: wire_seconds(file.date),
        bytes,
    }
    .into())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the schema's many other kinds are all refused alike"
)]
fn located<'a>(
    call: &'a Call<'_>,
    location: &enums::InputFileLocation,
) -> Result<(&'a StoredFile, String), Refusal> {
    let me = call.me()?;
    match location {
        enums::InputFileLocation::InputDocumentFileLocation(it) => {
            let named = call
                .state()
                .named_file(me, it.id, it.access_hash, &it.file_reference);
            named.map(|file| (file, it.thumb_size.clone()))
        }
        enums::InputFileLocation::InputPhotoFileLocation(it) => {
            let named = call
                .state()
                .named_file(me, it.id, it.access_hash, &it.file_reference);
            named.map(|file| (file, it.thumb_size.clone()))
        }
        _ => Err(LOCATION_INVALID),
    }
}

/// The bytes that a size of a file has, and where they end.
fn content<'a>(file: &'a StoredFile, size: &str) -> Result<(&'a Blob, u64), Refusal> {
    let blob = &file.new.blob;
    match &file.new.form {
        FileForm::Photo(_) if size == SMALL_SIZE => Ok((blob, blob.size.min(SMALL_BYTES))),
        FileForm::Photo(dimensions) if size == largest_size(*dimensions) => Ok((blob, blob.size)),
        FileForm::Document(_) if size.is_empty() => Ok((blob, blob.size)),
        FileForm::Document(document) => {
            let thumbnail = document.thumbnail.as_ref().filter(|_| size == SMALL_SIZE);
            let thumbnail = thumbnail.ok_or(LOCATION_INVALID)?;
            Ok((thumbnail, thumbnail.size))
        }
        FileForm::Photo(_) => Err(LOCATION_INVALID),
    }
}

/// A range lies within one mebibyte and, unless it is precise, starts and ends at whole blocks.
fn check_range(precision: i64, offset: i64, limit: i64) -> Result<(), Refusal> {
    if offset < 0 || offset % precision != 0 {
        return Err(Refusal::bad("OFFSET_INVALID"));
    }
    let whole = limit > 0 && limit <= MEBIBYTE && limit % precision == 0;
    let divides = precision == 1024 || (whole && MEBIBYTE % limit == 0);
    let within = whole && offset / MEBIBYTE == (offset + limit - 1) / MEBIBYTE;
    if divides && within {
        Ok(())
    } else {
        Err(Refusal::bad("LIMIT_INVALID"))
    }
}

fn file_type(form: &FileForm) -> enums::storage::FileType {
    let FileForm::Document(document) = form else {
        return enums::storage::FileType::FileJpeg;
    };
    match document.mime_type.as_str() {
        "image/jpeg" => enums::storage::FileType::FileJpeg,
        "image/png" => enums::storage::FileType::FilePng,
        "image/gif" => enums::storage::FileType::FileGif,
        "image/webp" => enums::storage::FileType::FileWebp,
        "application/pdf" => enums::storage::FileType::FilePdf,
        "audio/mpeg" => enums::storage::FileType::FileMp3,
        "video/mp4" => enums::storage::FileType::FileMp4,
        "video/quicktime" => enums::storage::FileType::FileMov,
        _ => enums::storage::FileType::FileUnknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_that_the_platform_takes() {
        let block = 512 << 10;
        let rows = [
            (4096, 0, 4096, None),
            (4096, block, block, None),
            (4096, 0, MEBIBYTE, None),
            (1024, 3072, 1024, None),
            (1024, 0, 3 * 1024, None),
            (4096, 1024, 4096, Some("OFFSET_INVALID")),
            (4096, -4096, 4096, Some("OFFSET_INVALID")),
            (4096, 0, 3 * 4096, Some("LIMIT_INVALID")),
            (4096, 0, 0, Some("LIMIT_INVALID")),
            (4096, 0, 2 * MEBIBYTE, Some("LIMIT_INVALID")),
            (4096, 4096, MEBIBYTE, Some("LIMIT_INVALID")),
            (1024, 1024, 1000, Some("LIMIT_INVALID")),
        ];
        for (precision, offset, limit, expected) in rows {
            let name = check_range(precision, offset, limit)
                .err()
                .map(|it| it.name);
            assert_eq!(name.as_deref(), expected, "{precision} {offset} {limit}");
        }
    }
}
