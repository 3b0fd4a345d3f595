//! Files: putting them in, and whether a client may still name them.

use super::apply::Applied;
use super::file::{NewFile, StoredFile};
use super::ids::{FileId, UserId};
use super::media::Media;
use super::refusal::{Refusal, USER_ID_INVALID};
use super::{Draft, State};

const FIRST_FILE: i64 = 5_100_000_001;

pub(crate) const FILE_REFERENCE_EXPIRED: Refusal = Refusal::bad("FILE_REFERENCE_EXPIRED");

/// Whose file references end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Expiry {
    /// Those of one file, for everybody.
    File(FileId),
    /// Those of every file, for one account.
    Account(UserId),
}

impl State {
    pub(super) fn add_file(&mut self, at: i64, new: &NewFile) -> Applied {
        let last = self.files.keys().next_back();
        let id = FileId(last.map_or(FIRST_FILE, |last| last.0 + 1));
        let file = StoredFile {
            id,
            date: at / 1000,
            generation: 0,
            new: new.clone(),
        };
        self.files.insert(id, file);
        Applied {
            file: Some(id),
            ..Applied::default()
        }
    }

    pub(super) fn expire_references(&mut self, expiry: Expiry) -> Result<Applied, Refusal> {
        let generation = match expiry {
            Expiry::File(id) => self.files.get_mut(&id).map(|file| &mut file.generation),
            Expiry::Account(id) => self.users.get_mut(&id).map(|user| &mut user.references),
        };
        *generation.ok_or(USER_ID_INVALID)? += 1;
        Ok(Applied::default())
    }

    /// What a client has to show with a file's id. It is good for one account, until it expires.
    pub(crate) fn reference(&self, file: &StoredFile, viewer: UserId) -> Vec<u8> {
        let generation = self.users.get(&viewer).map_or(0, |user| user.references);
        let mut reference = vec![1];
        reference.extend(file.id.0.to_be_bytes());
        reference.extend(viewer.0.to_be_bytes());
        reference.extend(file.generation.to_be_bytes());
        reference.extend(generation.to_be_bytes());
        reference
    }

    /// The file that a client names.
    pub(crate) fn named_file(
        &self,
        viewer: UserId,
        id: i64,
        access_hash: i64,
        reference: &[u8],
    ) -> Result<&StoredFile, Refusal> {
        let file = self.files.get(&FileId(id));
        let file = file
            .filter(|file| file.new.access_hash == access_hash)
            .ok_or(Refusal::bad("FILE_ID_INVALID"))?;
        if reference.is_empty() {
            return Err(Refusal::bad("FILE_REFERENCE_EMPTY"));
        }
        let valid = self.reference(file, viewer);
        if reference == valid {
            Ok(file)
        } else if reference.get(..17) == valid.get(..17) {
            Err(FILE_REFERENCE_EXPIRED)
        } else {
            Err(Refusal::bad("FILE_REFERENCE_INVALID"))
        }
    }

    pub(super) fn check_media(&self, draft: &Draft) -> Result<(), Refusal> {
        draft
            .media
            .as_ref()
            .map_or(Ok(()), |media| self.check_file(media))
    }

    pub(super) fn check_file(&self, media: &Media) -> Result<(), Refusal> {
        match media.file() {
            Some(file) if !self.files.contains_key(&file) => Err(Refusal::bad("MEDIA_EMPTY")),
            Some(_) | None => Ok(()),
        }
    }
}
