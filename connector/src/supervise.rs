//! Trying until it works or nobody wants it any more.

use std::future::Future;

use patchbay_app::ports::PortResult;
use patchbay_domain::retry::Backoff;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// The answer of a port, however long it takes; nothing once stopped.
pub(crate) async fn until_answered<T, F>(
    stop: &CancellationToken,
    mut ask: impl FnMut() -> F,
) -> Option<T>
where
    F: Future<Output = PortResult<T>>,
{
    let mut failures = 0;
    loop {
        let answer = tokio::select! {
            () = stop.cancelled() => return None,
            answer = ask() => answer,
        };
        match answer {
            Ok(answer) => return Some(answer),
            Err(error) => {
                failures += 1;
                warn!(
                    error = &error as &dyn std::error::Error,
                    failures, "asking again"
                );
                tokio::select! {
                    () = stop.cancelled() => return None,
                    () = tokio::time::sleep(Backoff::RECONNECT.after(failures, 0.5)) => {}
                }
            }
        }
    }
}
