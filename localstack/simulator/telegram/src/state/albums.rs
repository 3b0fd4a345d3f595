//! Albums: messages that clients show as one.

use super::State;
use super::file::FileKind;
use super::media::Media;
use super::message::Ordinary;
use super::refusal::Refusal;

/// What may stand together in one album.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Company {
    PhotosAndVideos,
    Documents,
    Audio,
}

const MOST: usize = 10;
const MEDIA_INVALID: Refusal = Refusal::bad("MEDIA_INVALID");

impl State {
    /// Photos and videos go together; documents and audio files each keep to themselves.
    pub(crate) fn check_album(&self, media: &[&Media]) -> Result<(), Refusal> {
        if media.len() > MOST {
            return Err(Refusal::bad("MULTI_MEDIA_TOO_LONG"));
        }
        let mut together = None;
        for media in media {
            let company = self.company(media)?;
            if *together.get_or_insert(company) != company {
                return Err(MEDIA_INVALID);
            }
        }
        together.map(|_| ()).ok_or(Refusal::bad("MEDIA_EMPTY"))
    }

    pub(super) fn check_stays_in_album(
        &self,
        before: &Ordinary,
        media: &Media,
    ) -> Result<(), Refusal> {
        let Some(replaced) = before
            .media
            .as_ref()
            .filter(|_| before.grouped_id.is_some())
        else {
            return Ok(());
        };
        if self.company(replaced)? == self.company(media)? {
            Ok(())
        } else {
            Err(Refusal::bad("MEDIA_GROUPED_INVALID"))
        }
    }

    fn company(&self, media: &Media) -> Result<Company, Refusal> {
        let file = media.file().and_then(|file| self.files.get(&file));
        match file.ok_or(MEDIA_INVALID)?.new.kind() {
            FileKind::Photo | FileKind::Video => Ok(Company::PhotosAndVideos),
            FileKind::Document => Ok(Company::Documents),
            FileKind::Audio => Ok(Company::Audio),
            FileKind::RoundVideo | FileKind::Voice | FileKind::Animation | FileKind::Sticker => {
                Err(MEDIA_INVALID)
            }
        }
    }
}
