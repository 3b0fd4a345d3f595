//! Where Discord keeps files.

use std::time::Duration;

use patchbay_domain::FileRef;
use patchbay_domain::file::{DiscordAttachment, DiscordFile};
use patchbay_domain::ids::{DiscordChannelId, MessageId};
use reqwest::{Client, Url};

use crate::config::InvalidConfig;

/// Nothing is read from any other place, whatever a message says.
#[derive(Debug, Clone)]
pub enum Cdn {
    Discord,
    /// What stands in for it.
    At(Url),
}

/// A sticker's file. (API Reference, "Image Formatting")
#[derive(Debug, Clone, Copy)]
pub(crate) enum StickerFile {
    Png,
    Gif,
}

impl Cdn {
    /// What speaks the API in the place of Discord keeps its files too.
    pub(crate) fn beside(api: &Url) -> Self {
        match api.host_str() {
            Some("discord.com") => Self::Discord,
            _ => Self::At(api.clone()),
        }
    }

    pub(crate) fn holds(&self, url: &Url) -> bool {
        match self {
            Self::Discord => {
                let is_theirs = matches!(
                    url.host_str(),
                    Some("cdn.discordapp.com" | "media.discordapp.net")
                );
                url.scheme() == "https" && url.port().is_none() && is_theirs
            }
            Self::At(place) => url.origin() == place.origin(),
        }
    }

    pub(crate) fn sticker(&self, id: u64, file: StickerFile) -> String {
        let base = match (self, file) {
            (Self::Discord, StickerFile::Png) => "https://cdn.discordapp.com",
            (Self::Discord, StickerFile::Gif) => "https://media.discordapp.net",
            (Self::At(place), _) => place.as_str().trim_end_matches('/'),
        };
        let ending = match file {
            StickerFile::Png => "png",
            StickerFile::Gif => "gif",
        };
        format!("{base}/stickers/{id}.{ending}")
    }

    /// The file at an address that a message shows; nothing, if it is somewhere else.
    pub(crate) fn file(
        &self,
        url: &str,
        channel: DiscordChannelId,
        message: MessageId,
    ) -> Option<FileRef> {
        let parsed = Url::parse(url).ok().filter(|url| self.holds(url))?;
        let attachment = attachment_at(&parsed).map(|id| DiscordAttachment {
            channel,
            message,
            id,
        });
        let url = url.to_owned();
        Some(FileRef::Discord(DiscordFile { url, attachment }))
    }
}

/// `/attachments/{channel}/{attachment}/{name}`
fn attachment_at(url: &Url) -> Option<u64> {
    let mut path = url.path_segments()?;
    let kind = path.next()?;
    let id = path.nth(1)?.parse().ok();
    id.filter(|_| kind == "attachments")
}

/// Knows no token, and follows nobody to another place. A transfer takes as long as it takes, as
/// long as something comes.
pub(crate) fn client(silence: Duration) -> Result<Client, InvalidConfig> {
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(silence)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(InvalidConfig::Client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_discords_own_places_hold_files() {
        let simulated = Cdn::beside(&Url::parse("http://127.0.0.1:8091").unwrap());
        let discord = Cdn::beside(&Url::parse("https://discord.com").unwrap());
        for (cdn, url, expected) in [
            (
                &discord,
                "https://cdn.discordapp.com/attachments/1/2/a.png?ex=1",
                true,
            ),
            (
                &discord,
                "https://media.discordapp.net/attachments/1/2/a.png",
                true,
            ),
            (&discord, "https://CDN.discordapp.com./a", false),
            (
                &discord,
                "http://cdn.discordapp.com/attachments/1/2/a.png",
                false,
            ),
            (&discord, "https://cdn.discordapp.com:444/a", false),
            (&discord, "https://cdn.discordapp.com@example.org/a", false),
            (&discord, "https://cdn.discordapp.com.example.org/a", false),
            (
                &discord,
                "https://example.org/?https://cdn.discordapp.com/",
                false,
            ),
            (&discord, "https://169.254.169.254/latest/meta-data", false),
            (
                &simulated,
                "http://127.0.0.1:8091/attachments/1/2/a.png",
                true,
            ),
            (
                &simulated,
                "http://127.0.0.1:8092/attachments/1/2/a.png",
                false,
            ),
            (&simulated, "https://cdn.discordapp.com/a", false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(cdn.holds(&url), expected, "{url}");
        }
    }

    #[test]
    fn an_address_tells_its_attachment() {
        let file = |path: &str| {
            let url = format!("https://cdn.discordapp.com/{path}");
            Cdn::Discord.file(&url, DiscordChannelId(1), MessageId(2))
        };
        let identity = |path| file(path).map(|file| file.identity());
        let attached = identity("attachments/5/6/a.png?ex=1");
        assert_eq!(attached.as_deref(), Some("discord:6"));
        let sticker = identity("stickers/7.png");
        assert_eq!(
            sticker.as_deref(),
            Some("https://cdn.discordapp.com/stickers/7.png")
        );
    }
}
