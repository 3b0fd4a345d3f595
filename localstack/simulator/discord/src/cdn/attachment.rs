use std::io::SeekFrom;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, RANGE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::GONE;
use super::range::{Part, part_of};
use crate::files::{Files, FilesError};
use crate::ids::{AttachmentId, ChannelId};
use crate::platform::Platform;
use crate::rest::Failure;
use crate::world::{File, LinkClaim};

/// How much is read from the disk at a time.
const PORTION: usize = 64 * 1024;

pub(super) async fn download(
    State(platform): State<Arc<Platform>>,
    Path((channel, attachment, name)): Path<(ChannelId, AttachmentId, String)>,
    claim: Result<Query<LinkClaim>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let file = platform.read(|world| {
        let Query(claim) = claim.ok()?;
        let found = world.attachment(attachment)?;
        let fits = found.channel == channel && found.file.filename == name;
        (fits && world.is_good(found, &claim)).then(|| found.file.clone())
    });
    let Some(file) = file else {
        return GONE.into_response();
    };
    match send(&platform.files, &file, &headers).await {
        Ok(answer) => answer,
        Err(error) => Failure::from(error).into_response(),
    }
}

/// The bytes of a file, or the part of them that is asked for, as they come from the disk.
pub(crate) async fn send(
    files: &Files,
    file: &File,
    asked: &HeaderMap,
) -> Result<Response, FilesError> {
    let range = asked.get(RANGE).and_then(|range| range.to_str().ok());
    let (status, part) = match part_of(range, file.size) {
        Part::Whole => (StatusCode::OK, 0..file.size),
        Part::Some(part) => (StatusCode::PARTIAL_CONTENT, part),
        Part::Unsatisfiable => {
            let all = format!("bytes */{}", file.size);
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, all)]).into_response());
        }
    };
    let length = part.end - part.start;
    let mut bytes = files.read(&file.sha256).await?;
    let sought = bytes.seek(SeekFrom::Start(part.start)).await;
    sought.map_err(|source| files.failed(source))?;
    let content_type = file.content_type.as_deref();
    let content_type = content_type
        .unwrap_or("application/octet-stream")
        .to_owned();
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_LENGTH, length.to_string()),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (CACHE_CONTROL, "private, max-age=86400".to_owned()),
        (ETAG, format!("\"{}\"", file.sha256)),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", file.filename),
        ),
    ];
    let stream = ReaderStream::with_capacity(bytes.take(length), PORTION);
    let mut answer = (status, headers, Body::from_stream(stream)).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let described = format!("bytes {}-{}/{}", part.start, part.end - 1, file.size);
        if let Ok(described) = described.parse() {
            answer.headers_mut().insert(CONTENT_RANGE, described);
        }
    }
    Ok(answer)
}
