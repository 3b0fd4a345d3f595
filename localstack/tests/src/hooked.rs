//! Ports and senders with something in between: whatever is to go wrong before or after one of their
//! operations stands in one [`Hook`].
//!
//! What is not named in [`Operation`] goes through as it is.

mod deliveries;
mod leases;
mod sender;
mod tasks;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{PortError, Ports, SendError, Sender};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    RenewLease,
    Enqueue,
    DeleteTasks,
    Postpone,
    Claim,
    Progress,
    Finish,
    Record,
    Send,
    Forward,
    Rewrite,
    React,
    Delete,
    ReplaceFile,
    RemoveFile,
}

/// The answer got lost.
#[derive(Debug, Clone, Copy)]
pub struct Lost;

/// What happens around an operation. It may hold it up for as long as it likes.
#[async_trait]
pub trait Hook: Send + Sync {
    /// If this fails, the operation does, without an effect.
    async fn before(&self, operation: Operation) -> Result<(), Lost>;
    /// If this fails, the operation does, after its effect.
    async fn after(&self, operation: Operation) -> Result<(), Lost>;
}

/// The same ports, with the hook around what is written.
pub fn hooked_ports(ports: Ports, hook: &Arc<impl Hook + 'static>) -> Ports {
    Ports {
        leases: Arc::new(Hooked::new(ports.leases, hook.clone())),
        tasks: Arc::new(Hooked::new(ports.tasks, hook.clone())),
        deliveries: Arc::new(Hooked::new(ports.deliveries, hook.clone())),
        ..ports
    }
}

pub fn hooked_sender(inner: Arc<dyn Sender>, hook: Arc<dyn Hook>) -> Arc<dyn Sender> {
    Arc::new(Hooked::new(inner, hook))
}

struct Hooked<P: ?Sized> {
    inner: Arc<P>,
    hook: Arc<dyn Hook>,
}

impl<P: ?Sized> Hooked<P> {
    fn new(inner: Arc<P>, hook: Arc<dyn Hook>) -> Self {
        Self { inner, hook }
    }

    async fn around<T, E: From<Lost>>(
        &self,
        operation: Operation,
        effect: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.hook.before(operation).await?;
        let done = effect.await?;
        self.hook.after(operation).await?;
        Ok(done)
    }
}

impl From<Lost> for PortError {
    fn from(Lost: Lost) -> Self {
        Self::Unavailable {
            operation: "something",
            source: "its answer was made to get lost".into(),
        }
    }
}

impl From<Lost> for SendError {
    fn from(Lost: Lost) -> Self {
        Self::Retry {
            after: Duration::ZERO,
            why: "its answer was made to get lost".to_owned(),
        }
    }
}
