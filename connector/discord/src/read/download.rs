//! A file on its way from the CDN. (Reference, "Signed Attachment CDN URLs")

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use patchbay_app::ports::{FileError, FileStream};
use patchbay_domain::file::DiscordFile;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, HeaderMap, RANGE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;
use tokio::time::sleep;

use crate::discord::Inner;
use crate::rest::RestError;

type Body = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

pub(super) struct Download {
    discord: Arc<Inner>,
    file: DiscordFile,
    url: Url,
    /// How often its address has been renewed.
    renewals: u32,
    /// How much has come.
    at: u64,
    /// How much comes altogether, once that is told.
    total: Option<u64>,
    body: Option<Body>,
    /// How often it broke off since the last byte came.
    broken: u32,
}

impl Download {
    /// How often a download that brings nothing goes on.
    const PATIENCE: u32 = 3;
    /// A new address that leads nowhere has no file behind it, unless it ended meanwhile, too.
    const MOST_RENEWALS: u32 = 3;
    const PAUSE: Duration = Duration::from_millis(200);

    pub(super) async fn begin(
        discord: Arc<Inner>,
        file: DiscordFile,
    ) -> Result<FileStream, FileError> {
        let url = address(&discord, &file.url).ok_or(FileError::Gone)?;
        let mut download = Self {
            discord,
            file,
            url,
            renewals: 0,
            at: 0,
            total: None,
            body: None,
            broken: 0,
        };
        download.connect().await?;
        let bytes = download.total;
        let chunks = stream::try_unfold(download, |mut download| async {
            let chunk = download.next().await?;
            Ok(chunk.map(|chunk| (chunk, download)))
        });
        let chunks = Box::pin(chunks);
        Ok(FileStream { bytes, chunks })
    }

    /// Asks for what hasn't come yet.
    async fn connect(&mut self) -> Result<(), FileError> {
        loop {
            let mut request = self.discord.files.get(self.url.clone());
            request = request.header(ACCEPT_ENCODING, "identity");
            if self.at > 0 {
                request = request.header(RANGE, format!("bytes={}-", self.at));
            }
            let response = request.send().await.map_err(|error| retry(&error))?;
            match response.status() {
                StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE
                    if self.renewals < Self::MOST_RENEWALS =>
                {
                    self.renewals += 1;
                    self.url = self.renewed().await?;
                }
                StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE => {
                    return Err(FileError::Gone);
                }
                StatusCode::TOO_MANY_REQUESTS => return Err(limited(response.headers())),
                status => return self.take(status, response),
            }
        }
    }

    fn take(&mut self, status: StatusCode, response: Response) -> Result<(), FileError> {
        let comes = response.content_length();
        let is_rest = match status {
            StatusCode::OK => self.at == 0,
            StatusCode::PARTIAL_CONTENT => begins_at(response.headers()) == Some(self.at),
            _ => false,
        };
        let total = comes.map(|comes| self.at + comes);
        if !is_rest || (self.at > 0 && total != self.total) {
            return Err(FileError::Retry {
                why: format!("Discord's CDN answers with {status}"),
            });
        }
        self.total = total;
        self.body = Some(Box::pin(response.bytes_stream()));
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Bytes>, FileError> {
        loop {
            let Some(body) = &mut self.body else {
                self.go_on().await?;
                continue;
            };
            match body.next().await {
                Some(Ok(chunk)) => {
                    self.at += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
                    self.broken = 0;
                    return Ok(Some(chunk));
                }
                None if self.total.is_none_or(|total| total == self.at) => return Ok(None),
                Some(Err(_)) | None => self.body = None,
            }
        }
    }

    /// Where it broke off.
    async fn go_on(&mut self) -> Result<(), FileError> {
        self.broken += 1;
        if self.broken > Self::PATIENCE {
            return Err(FileError::Retry {
                why: "Discord's CDN breaks off again and again".to_owned(),
            });
        }
        sleep(Self::PAUSE * (self.broken - 1)).await;
        match self.connect().await {
            // Counted above; the next turn tries again.
            Err(FileError::Retry { .. }) => Ok(()),
            connected => connected,
        }
    }

    /// The address as it is good now.
    async fn renewed(&mut self) -> Result<Url, FileError> {
        let rest = &self.discord.rest;
        let refreshed = match rest.refresh_urls(&[&self.file.url]).await {
            Ok(urls) => urls.into_iter().flatten().next(),
            Err(RestError::Refused { .. }) => None,
            Err(error) => return Err(failed(&error)),
        };
        let url = match refreshed {
            Some(url) => Some(url),
            None => self.shown().await?,
        };
        url.and_then(|url| address(&self.discord, &url))
            .ok_or(FileError::Gone)
    }

    /// The address that the message shows now.
    async fn shown(&mut self) -> Result<Option<String>, FileError> {
        let Some(attachment) = self.file.attachment else {
            return Ok(None);
        };
        let rest = &self.discord.rest;
        let read = rest.message(attachment.channel, attachment.message).await;
        match read {
            Ok(message) => Ok(url_in(&message, &attachment.id.to_string())),
            Err(RestError::Refused { .. }) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }
}

fn address(discord: &Inner, url: &str) -> Option<Url> {
    let url = Url::parse(url).ok();
    let held = url.filter(|url| discord.config.cdn.holds(url));
    if held.is_none() {
        tracing::warn!("a file is not where Discord keeps files, and is not read");
    }
    held
}

/// The address of the attachment, wherever in the message it stands.
fn url_in(value: &Value, id: &str) -> Option<String> {
    match value {
        Value::Object(fields) => {
            let is_it = fields.get("id").and_then(Value::as_str) == Some(id);
            let url = fields.get("url").and_then(Value::as_str);
            match url.filter(|_| is_it) {
                Some(url) => Some(url.to_owned()),
                None => fields.values().find_map(|inner| url_in(inner, id)),
            }
        }
        Value::Array(values) => values.iter().find_map(|inner| url_in(inner, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// `bytes 100-199/200`
fn begins_at(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let range = range.strip_prefix("bytes ")?;
    range.split('-').next()?.parse().ok()
}

fn limited(headers: &HeaderMap) -> FileError {
    const UNTOLD: u64 = 10;
    let told = headers.get(RETRY_AFTER).and_then(|it| it.to_str().ok());
    let seconds = told.and_then(|told| told.parse().ok()).unwrap_or(UNTOLD);
    FileError::Limited {
        after: Duration::from_secs(seconds),
    }
}

fn retry(error: &reqwest::Error) -> FileError {
    let why = match () {
        () if error.is_timeout() => "Discord's CDN doesn't answer in time",
        () => "Discord's CDN can't be reached",
    };
    FileError::Retry {
        why: why.to_owned(),
    }
}

fn failed(error: &RestError) -> FileError {
    match error {
        RestError::Limited { after } => FileError::Limited { after: *after },
        RestError::Refused { .. } => FileError::Gone,
        RestError::Unwritable(_)
        | RestError::Failing { .. }
        | RestError::Unreachable { .. }
        | RestError::Source { .. }
        | RestError::TooLarge { .. }
        | RestError::Unreadable { .. } => FileError::Retry {
            why: error.to_string(),
        },
    }
}
