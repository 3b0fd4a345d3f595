use crate::ids::{AttachmentId, ChannelId};
use crate::world::World;

/// A link that is good, for the file that a link names, good or not. What names no file comes
/// back as it is.
pub(crate) fn refresh(world: &World, link: &str) -> String {
    found(world, link).unwrap_or_else(|| link.to_owned())
}

fn found(world: &World, link: &str) -> Option<String> {
    let path = link.strip_prefix(world.origin())?;
    let path = path.split(['?', '#']).next()?;
    let steps: Vec<&str> = path.strip_prefix("/attachments/")?.split('/').collect();
    let [channel, id, name] = steps.as_slice() else {
        return None;
    };
    let (channel, id): (ChannelId, AttachmentId) = (channel.parse().ok()?, id.parse().ok()?);
    let attachment = world.attachment(id)?;
    let fits = attachment.channel == channel && attachment.file.filename == *name;
    fits.then(|| world.link_to(attachment))
}
