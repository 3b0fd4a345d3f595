//! Why the embedded AWS did not start, and what to do about it.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    #[error(
        "port {} on {} is already in use; stop the program that listens there, or choose another \
         port in the listen address (port 0 takes any free one)",
        .listen.port(), .listen.ip()
    )]
    PortInUse { listen: SocketAddr },

    #[error("can't listen on {listen}; choose another listen address")]
    Listen {
        listen: SocketAddr,
        #[source]
        source: std::io::Error,
    },

    #[error(
        "the data folder {} is in use by another process{}; stop that process, or choose another \
         data folder",
        .folder.display(), .process.map(|id| format!(" (number {id})")).unwrap_or_default()
    )]
    FolderInUse {
        folder: PathBuf,
        process: Option<u32>,
    },

    #[error(
        "the data folder {} can't be created or written; check its owner and permissions, or \
         choose another data folder",
        .folder.display()
    )]
    FolderUnusable {
        folder: PathBuf,
        #[source]
        source: std::io::Error,
    },

    #[error(
        "the data in {} is damaged; put a copy of the file back from a backup, or move the file \
         away to start without its data",
        .file.display()
    )]
    Corrupt {
        file: PathBuf,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },

    #[error(
        "the data in {} was written by a newer version of this program; use that version, or \
         choose another data folder",
        .file.display()
    )]
    NewerData {
        file: PathBuf,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },

    #[error("{service} can't start")]
    Service {
        /// `DynamoDB`, `SQS` or `Secrets Manager`.
        service: &'static str,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },

    #[error("the server's threads can't be started")]
    Threads(#[source] std::io::Error),
}

impl StartError {
    /// A service that failed to open its file, or to start without one.
    pub(crate) fn service(
        service: &'static str,
        file: Option<PathBuf>,
        damaged: bool,
        source: impl Error + Send + Sync + 'static,
    ) -> Self {
        let source = Box::new(source);
        match file {
            Some(file) if damaged => Self::Corrupt { file, source },
            _ => Self::Service { service, source },
        }
    }
}
