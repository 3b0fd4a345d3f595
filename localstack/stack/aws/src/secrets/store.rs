//! The catalog behind its lock, and its file.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::catalog::Catalog;
use super::error::SecretsError;
use crate::clock::{Clock, Timestamp};
use crate::error::StartError;

pub(crate) struct SecretStore {
    catalog: Mutex<Catalog>,
    file: Option<PathBuf>,
    clock: Clock,
}

impl SecretStore {
    pub(crate) fn open(file: Option<PathBuf>) -> Result<Self, StartError> {
        let catalog = match &file {
            None => Catalog::default(),
            Some(file) => read(file)?,
        };
        Ok(Self {
            catalog: Mutex::new(catalog),
            file,
            clock: Clock::default(),
        })
    }

    pub(crate) fn look<T>(
        &self,
        operation: impl FnOnce(&Catalog) -> Result<T, SecretsError>,
    ) -> Result<T, SecretsError> {
        let mut catalog = self.lock();
        catalog.advance(self.clock.now());
        operation(&catalog)
    }

    /// Changes a copy, which takes the catalog's place once it is on disk.
    pub(crate) fn change<T>(
        &self,
        operation: impl FnOnce(&mut Catalog, Timestamp) -> Result<T, SecretsError>,
    ) -> Result<T, SecretsError> {
        let mut catalog = self.lock();
        let now = self.clock.now();
        let mut changed = catalog.clone();
        changed.advance(now);
        let value = operation(&mut changed, now)?;
        if let Some(file) = &self.file {
            write(file, &changed).map_err(|error| {
                tracing::error!(%error, file = %file.display(), "secrets can't be written");
                SecretsError::Unwritable
            })?;
        }
        *catalog = changed;
        Ok(value)
    }

    fn lock(&self) -> MutexGuard<'_, Catalog> {
        self.catalog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(file: &Path) -> Result<Catalog, StartError> {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Catalog::default()),
        Err(error) => {
            return Err(StartError::service(
                "Secrets Manager",
                Some(file.into()),
                false,
                error,
            ));
        }
    };
    serde_json::from_slice(&bytes)
        .map_err(|error| StartError::service("Secrets Manager", Some(file.into()), true, error))
}

/// Writes a new file beside the old one and swaps them, so that there is a
/// whole one at any moment.
fn write(file: &Path, catalog: &Catalog) -> Result<(), std::io::Error> {
    let beside = file.with_extension("json.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut new = options.open(&beside)?;
    new.write_all(&serde_json::to_vec_pretty(catalog)?)?;
    new.sync_all()?;
    std::fs::rename(&beside, file)?;
    if let Some(folder) = file.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
