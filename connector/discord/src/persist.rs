//! Trying again until it works.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use patchbay_app::ports::{Ids, PortError};
use patchbay_domain::retry::Backoff;
use tokio_util::sync::CancellationToken;

use crate::rest::RestError;

/// The stop was asked for before it worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopped;

/// A failure that may pass.
pub(crate) trait Failure: Error + 'static {
    /// How long to wait at least, where that is known.
    fn wait(&self) -> Duration {
        Duration::ZERO
    }
}

impl Failure for PortError {}

impl Failure for RestError {
    fn wait(&self) -> Duration {
        match self {
            Self::Limited { after } => *after,
            Self::Unwritable(_)
            | Self::Refused { .. }
            | Self::Failing { .. }
            | Self::Unreachable { .. }
            | Self::Source { .. }
            | Self::TooLarge { .. }
            | Self::Unreadable { .. } => Duration::ZERO,
        }
    }
}

/// Repeats what must not be left out, with growing pauses, until the stop.
#[derive(Clone)]
pub(crate) struct Persistence {
    pub(crate) stop: CancellationToken,
    pub(crate) ids: Arc<dyn Ids>,
}

impl Persistence {
    pub(crate) async fn until_done<T, E, F, A>(
        &self,
        what: &'static str,
        mut attempt: A,
    ) -> Result<T, Stopped>
    where
        E: Failure,
        F: Future<Output = Result<T, E>>,
        A: FnMut() -> F,
    {
        let mut failures = 0;
        loop {
            let failure = match self.unless_stopped(attempt()).await? {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            failures += 1;
            let pause = self.pause(failures).max(failure.wait());
            tracing::warn!(
                what,
                failures,
                ?pause,
                error = &failure as &dyn Error,
                "trying again"
            );
            self.unless_stopped(tokio::time::sleep(pause)).await?;
        }
    }

    pub(crate) async fn unless_stopped<T>(
        &self,
        doing: impl Future<Output = T>,
    ) -> Result<T, Stopped> {
        self.stop.run_until_cancelled(doing).await.ok_or(Stopped)
    }

    /// How long to wait after so many failures in a row.
    pub(crate) fn pause(&self, failures: u32) -> Duration {
        let random = u16::try_from(self.ids.secret() & 0xffff).unwrap_or_default();
        Backoff::RECONNECT.after(failures, f64::from(random) / f64::from(u16::MAX))
    }
}
