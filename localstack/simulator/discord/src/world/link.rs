use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Attachment, Change, Rejection, World};
use crate::entropy::hex;
use crate::time::Timestamp;

/// How addresses of files are made. Where the simulator listens and what it signs with are not
/// part of the journal: a replay makes the same links for the place where it now is.
#[derive(Debug, Default, Clone)]
pub(crate) struct Links {
    /// As in `http://127.0.0.1:8091`.
    pub(crate) origin: String,
    pub(crate) key: Vec<u8>,
}

/// What a link says about itself, in the query: when it ends and began, and who says so.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LinkClaim {
    ex: String,
    is: String,
    hm: String,
}

/// Ends all links that were handed out so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ExpireLinks {}

impl Change for ExpireLinks {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        world.link_generation += 1;
        Ok(())
    }
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.millis() / 1000).unwrap_or_default()
}

impl World {
    pub(crate) fn make_links(&mut self, links: Links) {
        self.links = links;
    }

    pub(crate) fn origin(&self) -> &str {
        &self.links.origin
    }

    /// A link to the file that is good from now on.
    pub(crate) fn link_to(&self, attachment: &Attachment) -> String {
        let ttl = self.settings.cdn_link_ttl_s;
        let issued = seconds(self.now);
        let (ex, is) = (
            format!("{:x}", issued.saturating_add(ttl)),
            format!("{issued:x}"),
        );
        let hm = self.signature(attachment, &ex, &is);
        let Attachment { id, channel, file } = attachment;
        let (origin, name) = (&self.links.origin, &file.filename);
        format!("{origin}/attachments/{channel}/{id}/{name}?ex={ex}&is={is}&hm={hm}&")
    }

    /// Whether the link was made here, for this file, and has not ended.
    pub(crate) fn is_good(&self, attachment: &Attachment, claim: &LinkClaim) -> bool {
        let ends = u64::from_str_radix(&claim.ex, 16).unwrap_or_default();
        claim.hm == self.signature(attachment, &claim.ex, &claim.is) && seconds(self.now) < ends
    }

    fn signature(&self, attachment: &Attachment, ex: &str, is: &str) -> String {
        let Attachment { id, channel, file } = attachment;
        let (name, generation) = (&file.filename, self.link_generation);
        let signed = format!("{channel}/{id}/{name}/{ex}/{is}/{generation}");
        let mut hash = Sha256::new();
        // The key on both sides: neither end can be lengthened by somebody who lacks it.
        for part in [&self.links.key, signed.as_bytes(), &self.links.key] {
            hash.update(part);
        }
        hex(&hash.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AttachmentId, ChannelId};
    use crate::world::File;

    fn claim(link: &str) -> LinkClaim {
        let query = link.split_once('?').unwrap().1;
        let mut values = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(_, value)| value.to_owned());
        let mut next = || values.next().unwrap();
        LinkClaim {
            ex: next(),
            is: next(),
            hm: next(),
        }
    }

    #[test]
    fn a_link_ends_by_time_by_command_and_by_forgery() {
        let mut world = World::default();
        world.advance(Timestamp::from_millis(1_000_000));
        let attachment = Attachment {
            id: AttachmentId(2),
            channel: ChannelId(1),
            file: File {
                filename: "a.png".to_owned(),
                ..File::default()
            },
        };
        let link = claim(&world.link_to(&attachment));
        assert!(world.is_good(&attachment, &link));
        let later = LinkClaim {
            ex: "ffffffff".to_owned(),
            ..link.clone()
        };
        assert!(!world.is_good(&attachment, &later));
        world.advance(Timestamp::from_millis(1_000_000 + 24 * 3600 * 1000));
        assert!(!world.is_good(&attachment, &link));
        let fresh = claim(&world.link_to(&attachment));
        assert!(world.is_good(&attachment, &fresh));
        ExpireLinks {}.apply(&mut world).unwrap();
        assert!(!world.is_good(&attachment, &fresh));
    }
}
