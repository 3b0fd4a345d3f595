//! The bytes of files, and how long clients may name them.

use std::sync::Arc;

use axum::Json;
use axum::body::Body as Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;

use super::messages::place_of;
use super::problem::{Named, Problem};
use crate::connection::Shared;
use crate::state::{Command, Expiry, FileForm, FileId, Media, Message, Peer, UserId};
use crate::uploads::failed;

pub(super) async fn content(
    State(shared): State<Arc<Shared>>,
    Named(id): Named<FileId>,
) -> Result<impl IntoResponse, Problem> {
    let (file, size, mime_type) = {
        let world = shared.world();
        let found = world.state.files.get(&id);
        let found = found.ok_or_else(|| Problem::NotFound(format!("no file {}", id.0)))?;
        let mime_type = match &found.new.form {
            FileForm::Photo(_) => "image/jpeg".to_owned(),
            FileForm::Document(document) => document.mime_type.clone(),
        };
        let file = world.blobs.file(&found.new.blob).map_err(failed)?;
        (file, found.new.blob.size, mime_type)
    };
    let stream = ReaderStream::new(tokio::fs::File::from_std(file));
    let headers = [
        (CONTENT_TYPE, mime_type),
        (CONTENT_LENGTH, size.to_string()),
    ];
    Ok((headers, Bytes::from_stream(stream)))
}

pub(super) async fn expire(
    State(shared): State<Arc<Shared>>,
    Named(id): Named<FileId>,
) -> Result<Json<Value>, Problem> {
    expired(&shared, Expiry::File(id))
}

pub(super) async fn expire_in_chat(
    State(shared): State<Arc<Shared>>,
    Named((chat, id)): Named<(Peer, i32)>,
) -> Result<Json<Value>, Problem> {
    let file = {
        let world = shared.world();
        let place = place_of(&world.state, chat)?;
        let message = world.state.place(place)?.get(id);
        let ordinary = message.and_then(Message::ordinary);
        let media = ordinary.and_then(|it| it.media.as_ref());
        media.and_then(Media::file)
    };
    let none = || Problem::NotFound(format!("no message {id} with a file"));
    expired(&shared, Expiry::File(file.ok_or_else(none)?))
}

pub(super) async fn expire_all(
    State(shared): State<Arc<Shared>>,
    Named(id): Named<UserId>,
) -> Result<Json<Value>, Problem> {
    expired(&shared, Expiry::Account(id))
}

fn expired(shared: &Shared, expiry: Expiry) -> Result<Json<Value>, Problem> {
    shared
        .world()
        .apply(Command::ExpireReferences(expiry), None)?;
    Ok(Json(json!({})))
}
