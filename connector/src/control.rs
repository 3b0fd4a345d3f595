//! Requests of the functions.

use std::time::Duration;

use patchbay_app::ports::{Control, ControlTarget, Ports};
use patchbay_domain::retry::Backoff;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::warn;

const RECEIVE_WAIT: Duration = Duration::from_secs(20);

/// One request. Dropped without [`Request::done`], it comes again.
pub(crate) struct Request {
    pub(crate) control: Control,
    done: oneshot::Sender<()>,
}

impl Request {
    pub(crate) fn done(self) {
        // Nobody listens any more when the process goes down; the request comes again then.
        self.done.send(()).ok();
    }
}

/// Hands over what the queue holds, and deletes what is done. One request that takes long does not
/// hold up the others.
pub(crate) async fn receive(
    ports: Ports,
    target: ControlTarget,
    requests: mpsc::Sender<Request>,
    stop: CancellationToken,
) {
    let mut failures = 0;
    let mut waiting = JoinSet::new();
    loop {
        while waiting.try_join_next().is_some() {}
        let received = tokio::select! {
            () = stop.cancelled() => return,
            received = ports.controls.receive(target, RECEIVE_WAIT) => received,
        };
        let received = match received {
            Ok(received) => received,
            Err(error) => {
                failures += 1;
                warn!(
                    error = &error as &dyn std::error::Error,
                    "no control messages can be received now"
                );
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(Backoff::RECONNECT.after(failures, 0.5)) => continue,
                }
            }
        };
        failures = 0;
        for message in received {
            let (done, is_done) = oneshot::channel();
            if requests
                .send(Request {
                    control: message.body,
                    done,
                })
                .await
                .is_err()
            {
                return;
            }
            let controls = ports.controls.clone();
            waiting.spawn(async move {
                if is_done.await.is_err() {
                    return;
                }
                if let Err(error) = controls.delete(target, &message.receipt).await {
                    warn!(
                        error = &error as &dyn std::error::Error,
                        "control message not deleted; it comes again"
                    );
                }
            });
        }
    }
}
