//! A request that takes files along, which flow through it without being held.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use patchbay_app::ports::{FileError, Files};
use patchbay_domain::FileRef;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, RequestBuilder, Response};
use serde::Serialize;
use tokio::sync::mpsc;

use super::RestError;
use crate::spool::{Chunks, Spool};

/// A message on its way to Discord.
pub(crate) enum Written<'a> {
    /// As JSON.
    Alone(Vec<u8>),
    WithFiles(Upload<'a>),
}

impl Written<'_> {
    pub(crate) fn alone(message: &impl Serialize) -> Result<Self, RestError> {
        let json = serde_json::to_vec(message).map_err(RestError::Unwritable)?;
        Ok(Self::Alone(json))
    }
}

/// What is said, and the files that go with it.
pub(crate) struct Upload<'a> {
    /// As JSON.
    pub(crate) payload: String,
    pub(crate) files: Vec<UploadFile<'a>>,
    pub(crate) source: &'a dyn Files,
}

pub(crate) struct UploadFile<'a> {
    /// In characters that any header can hold. The payload has the name as it is.
    pub(crate) name: String,
    pub(crate) mime: Option<&'a str>,
    pub(crate) bytes: u64,
    pub(crate) from: FileFrom<'a>,
}

pub(crate) enum FileFrom<'a> {
    /// Opened when its turn comes, so that no more than one is open at a time.
    Platform(&'a FileRef),
    Disk(Spool),
}

/// Where a file's bytes go on their way into the request.
type Pipe = mpsc::Sender<Bytes>;

impl Upload<'_> {
    /// The slowest that is waited for, in bytes a second.
    const SLOWEST: u64 = 64 * 1024;
    /// How long a file may wait for its turn to be opened.
    const TURN: Duration = Duration::from_secs(30);

    /// How long the files may take.
    pub(super) fn time(&self) -> Duration {
        let time =
            |file: &UploadFile<'_>| Self::TURN + Duration::from_secs(file.bytes / Self::SLOWEST);
        self.files.iter().map(time).sum()
    }

    /// Opens the files anew. If one of them fails, the request is broken off, so that Discord
    /// never has the whole of it.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, RestError> {
        // The first may have to wait long for its turn; Discord doesn't wait with it.
        let first = match self.files.first() {
            Some(file) => Some(self.open(0, file).await?),
            None => None,
        };
        let (form, pipes) = self.form();
        let sending = request.multipart(form).send();
        let feeding = self.feed(first, pipes);
        tokio::pin!(sending, feeding);
        let mut is_fed = false;
        loop {
            tokio::select! {
                sent = &mut sending => return sent.map_err(RestError::unreachable),
                fed = &mut feeding, if !is_fed => {
                    fed?;
                    is_fed = true;
                }
            }
        }
    }

    fn form(&self) -> (Form, Vec<Pipe>) {
        let json = HeaderValue::from_static("application/json");
        let payload = Part::text(self.payload.clone()).headers(content_type(json));
        let mut form = Form::new().part("payload_json", payload);
        let mut pipes = Vec::with_capacity(self.files.len());
        for (index, file) in self.files.iter().enumerate() {
            let (pipe, chunks) = mpsc::channel(1);
            let chunks = stream::unfold(chunks, |mut chunks| async {
                let chunk = chunks.recv().await?;
                Some((Ok::<Bytes, Infallible>(chunk), chunks))
            });
            let body = Body::wrap_stream(chunks);
            let mut part = Part::stream_with_length(body, file.bytes).file_name(file.name.clone());
            if let Some(mime) = file.mime.and_then(|mime| HeaderValue::from_str(mime).ok()) {
                part = part.headers(content_type(mime));
            }
            form = form.part(format!("files[{index}]"), part);
            pipes.push(pipe);
        }
        (form, pipes)
    }

    async fn open(&self, index: usize, file: &UploadFile<'_>) -> Result<Chunks, RestError> {
        let chunks = match &file.from {
            FileFrom::Platform(reference) => {
                let opened = self.source.open(reference).await;
                opened.map(|stream| stream.chunks)
            }
            FileFrom::Disk(spool) => spool.read().await,
        };
        chunks.map_err(|source| RestError::Source { index, source })
    }

    async fn feed(&self, first: Option<Chunks>, pipes: Vec<Pipe>) -> Result<(), RestError> {
        let mut opened = first;
        for (index, (file, pipe)) in self.files.iter().zip(pipes).enumerate() {
            let chunks = match opened.take() {
                Some(chunks) => chunks,
                None => self.open(index, file).await?,
            };
            let poured = pour(file.bytes, chunks, pipe).await;
            poured.map_err(|source| RestError::Source { index, source })?;
        }
        Ok(())
    }
}

async fn pour(bytes: u64, mut chunks: Chunks, pipe: Pipe) -> Result<(), FileError> {
    let mut left = bytes;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        left = left.checked_sub(length).ok_or_else(|| FileError::Retry {
            why: "it is longer than was said".to_owned(),
        })?;
        if pipe.send(chunk).await.is_err() {
            // Discord has answered, and wants no more of it.
            return Ok(());
        }
    }
    match left {
        0 => Ok(()),
        _ => Err(FileError::Retry {
            why: format!("it ended {left} bytes early"),
        }),
    }
}

fn content_type(value: HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, value)])
}
