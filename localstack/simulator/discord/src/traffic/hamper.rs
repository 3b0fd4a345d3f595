use std::io;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::response::Response;
use futures_util::{Stream, StreamExt, stream};

use super::Fault;

/// In one second a slow body comes in so many pieces, if it has as many bytes.
const PIECES_PER_SECOND: u64 = 20;

/// Does to the body of an answer what the fault says.
pub(crate) fn hamper(answer: Response, fault: Option<&Fault>) -> Response {
    match fault {
        Some(Fault::CutBody { after }) => {
            let after = *after;
            answer.map(|body| Body::from_stream(cut(body, after)))
        }
        Some(Fault::Trickle { bytes_per_s }) => {
            let bytes_per_s = *bytes_per_s;
            answer.map(|body| Body::from_stream(trickle(body, bytes_per_s)))
        }
        Some(
            Fault::Status(_)
            | Fault::LoseResponse
            | Fault::DropConnection
            | Fault::DelayMs(_)
            | Fault::RateLimit { .. },
        )
        | None => answer,
    }
}

type Pieces = Result<Bytes, axum::Error>;

/// An error in the body makes the server close the connection.
fn cut(body: Body, after: u64) -> impl Stream<Item = Pieces> {
    let begun = (body.into_data_stream(), Some(after));
    stream::unfold(
        begun,
        move |(mut chunks, left): (BodyDataStream, Option<u64>)| async move {
            let left = left?;
            if left == 0 {
                // The server sends what it has when the body is not ready, and nothing after an error.
                tokio::task::yield_now().await;
                let broken = io::Error::from(io::ErrorKind::ConnectionReset);
                return Some((Err(axum::Error::new(broken)), (chunks, None)));
            }
            let mut chunk = match chunks.next().await? {
                Ok(chunk) => chunk,
                Err(error) => return Some((Err(error), (chunks, None))),
            };
            chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            let left = left - chunk.len() as u64;
            Some((Ok(chunk), (chunks, Some(left))))
        },
    )
}

fn trickle(body: Body, bytes_per_s: u64) -> impl Stream<Item = Pieces> {
    let most = (bytes_per_s / PIECES_PER_SECOND).max(1);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let begun = (body.into_data_stream(), Bytes::new());
    stream::unfold(begun, move |(mut chunks, mut waiting)| async move {
        while waiting.is_empty() {
            match chunks.next().await? {
                Ok(chunk) => waiting = chunk,
                Err(error) => return Some((Err(error), (chunks, waiting))),
            }
        }
        let piece = waiting.split_to(most.min(waiting.len()));
        let micros = (piece.len() as u64).saturating_mul(1_000_000) / bytes_per_s;
        tokio::time::sleep(Duration::from_micros(micros)).await;
        Some((Ok(piece), (chunks, waiting)))
    })
}
