//! The body of a request: its JSON, wherever the content type puts it, and the files beside it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::Failure;
use crate::files::Stored;
use crate::platform::Platform;
use crate::world::Settings;

/// What is not a file is held in memory, up to so many bytes.
const LARGEST_TEXT: usize = 4 * 1024 * 1024;

/// A file that came with a request; its bytes are on disk.
#[derive(Debug)]
pub(super) struct Upload {
    /// The `n` of `files[n]`.
    pub(super) index: u64,
    pub(super) filename: String,
    pub(super) content_type: Option<String>,
    pub(super) stored: Stored,
}

#[derive(Debug)]
pub(super) struct Submission {
    pub(super) payload: Value,
    pub(super) files: Vec<Upload>,
}

impl FromRequest<Arc<Platform>> for Submission {
    type Rejection = Failure;

    async fn from_request(request: Request, platform: &Arc<Platform>) -> Result<Self, Failure> {
        let limits = platform.settings();
        let declared = text_of(&request, &CONTENT_LENGTH).parse::<u64>();
        let content_type = text_of(&request, &CONTENT_TYPE);
        let is_multipart = content_type.starts_with("multipart/form-data");
        if declared.is_ok_and(|length| length > limits.request_size_limit) {
            drain(request.into_body()).await;
            return Err(Failure::TooLarge);
        }
        if is_multipart {
            let parts = Multipart::from_request(request, platform).await;
            return Parts::new(platform, &limits)
                .read(parts.map_err(unreadable)?)
                .await;
        }
        let bytes = axum::body::to_bytes(request.into_body(), LARGEST_TEXT).await;
        let bytes = bytes.map_err(|_cut_or_too_long| Failure::TooLarge)?;
        let payload = if bytes.is_empty() {
            json!({})
        } else {
            serde_json::from_slice(&bytes).map_err(|_invalid| Failure::NotJson)?
        };
        Ok(Self {
            payload,
            files: Vec::new(),
        })
    }
}

fn text_of<'a>(request: &'a Request, name: &HeaderName) -> &'a str {
    let value = request.headers().get(name);
    let text = value.and_then(|value| value.to_str().ok());
    text.unwrap_or_default()
}

/// Whoever is still sending does not hear the answer.
async fn drain(body: Body) {
    let mut chunks = body.into_data_stream();
    while let Some(Ok(_)) = chunks.next().await {}
}

/// What has been read of a multipart body.
struct Parts<'a> {
    platform: &'a Platform,
    limits: &'a Settings,
    size: u64,
    payload: Option<Value>,
    fields: Value,
    files: Vec<Upload>,
}

impl<'a> Parts<'a> {
    fn new(platform: &'a Platform, limits: &'a Settings) -> Self {
        Self {
            platform,
            limits,
            size: 0,
            payload: None,
            fields: json!({}),
            files: Vec::new(),
        }
    }

    async fn read(mut self, mut parts: Multipart) -> Result<Submission, Failure> {
        while let Some(part) = parts.next_field().await.map_err(unreadable)? {
            if let Err(failure) = self.read_part(part).await {
                // Dropping a part skips it.
                while let Ok(Some(_)) = parts.next_field().await {}
                return Err(failure);
            }
        }
        Ok(Submission {
            payload: self.payload.unwrap_or(self.fields),
            files: self.files,
        })
    }

    async fn read_part(&mut self, mut part: Field<'_>) -> Result<(), Failure> {
        let name = part.name().unwrap_or_default().to_owned();
        if let Some(filename) = part.file_name() {
            let filename = filename.to_owned();
            let content_type = part.content_type().map(str::to_owned);
            let stored = self.store(part).await?;
            self.files.push(Upload {
                index: index_in(&name).unwrap_or(self.files.len() as u64),
                filename,
                content_type,
                stored,
            });
            return Ok(());
        }
        let mut text = Vec::new();
        while let Some(chunk) = part.chunk().await.map_err(unreadable)? {
            self.count(chunk.len())?;
            if text.len() + chunk.len() > LARGEST_TEXT {
                return Err(Failure::TooLarge);
            }
            text.extend_from_slice(&chunk);
        }
        if name == "payload_json" {
            let parsed = serde_json::from_slice(&text).map_err(|_invalid| Failure::NotJson)?;
            self.payload = Some(parsed);
        } else {
            let text = String::from_utf8(text).map_err(|_invalid| Failure::NotJson)?;
            self.fields[name] = json!(text);
        }
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<(), Failure> {
        self.size += bytes as u64;
        if self.size > self.limits.request_size_limit {
            Err(Failure::TooLarge)
        } else {
            Ok(())
        }
    }

    async fn store(&mut self, mut part: Field<'_>) -> Result<Stored, Failure> {
        let mut incoming = self.platform.files.write()?;
        while let Some(chunk) = part.chunk().await.map_err(unreadable)? {
            self.count(chunk.len())?;
            incoming.write(&chunk).await?;
            if incoming.size() > self.limits.file_size_limit {
                return Err(Failure::TooLarge);
            }
        }
        Ok(incoming.finish().await?)
    }
}

/// The number in `files[3]`, or in the older `file3`.
fn index_in(name: &str) -> Option<u64> {
    let number = name.trim_start_matches(|one: char| !one.is_ascii_digit());
    number.trim_end_matches(']').parse().ok()
}

fn unreadable(rejection: impl IntoResponse) -> Failure {
    if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
        Failure::TooLarge
    } else {
        Failure::NotJson
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_file_is_in_the_name_of_its_part() {
        for (name, index) in [("files[7]", Some(7)), ("file2", Some(2)), ("file", None)] {
            assert_eq!(index_in(name), index, "{name}");
        }
    }
}
