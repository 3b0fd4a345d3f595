use std::sync::Arc;

use async_trait::async_trait;
use patchbay_app::ports::{FileError, FileStream, Files, Reader, Sender};
use patchbay_domain::{Endpoint, FileRef, Platform};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Messages with files under way at the same time in a process. Each holds a few MiB at most.
const TRANSFERS_AT_ONCE: usize = 8;

/// Who writes to a platform and who reads from it.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) sender: Arc<dyn Sender>,
    pub(crate) reader: Arc<dyn Reader>,
}

/// The platforms that messages are read from and written to. `None`: this deployment has no
/// credentials for it.
#[derive(Clone)]
pub(crate) struct Reach {
    telegram: Option<Access>,
    discord: Option<Access>,
    transfers: Arc<Semaphore>,
}

impl Reach {
    pub(crate) fn new(telegram: Option<Access>, discord: Option<Access>) -> Self {
        Self {
            telegram,
            discord,
            transfers: Arc::new(Semaphore::new(TRANSFERS_AT_ONCE)),
        }
    }

    fn on(&self, platform: Platform) -> Option<&Access> {
        match platform {
            Platform::Telegram => self.telegram.as_ref(),
            Platform::Discord => self.discord.as_ref(),
        }
    }

    pub(super) fn sender(&self, destination: &Endpoint) -> Option<&Arc<dyn Sender>> {
        self.on(destination.platform()).map(|access| &access.sender)
    }

    pub(crate) fn reader(&self, source: &Endpoint) -> Option<&Arc<dyn Reader>> {
        self.on(source.platform()).map(|access| &access.reader)
    }

    /// Waits for a place among the transfers. One for each message, not for each file: a message
    /// that has some of its files must not wait for others that have theirs.
    pub(super) async fn transfer(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.transfers.acquire().await.ok()
    }

    /// Puts something between deliveries and the platforms.
    pub(crate) fn wrap(&mut self, wrap: impl Fn(Arc<dyn Sender>) -> Arc<dyn Sender>) {
        for access in [&mut self.telegram, &mut self.discord]
            .into_iter()
            .flatten()
        {
            access.sender = wrap(access.sender.clone());
        }
    }
}

#[async_trait]
impl Files for Reach {
    async fn open(&self, file: &FileRef) -> Result<FileStream, FileError> {
        let platform = match file {
            FileRef::Telegram(_) => Platform::Telegram,
            FileRef::Discord(_) => Platform::Discord,
        };
        match self.on(platform) {
            Some(access) => access.reader.open(file).await,
            None => Err(FileError::Gone),
        }
    }
}
