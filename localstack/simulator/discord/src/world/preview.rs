use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::{Author, Change, Message, Rejection, World};
use crate::ids::{ChannelId, MessageId};
use crate::permissions::Permissions;

/// Of one message so many links are shown.
const MOST_PREVIEWS: usize = 5;
const PICTURES: [&str; 5] = [".png", ".jpg", ".jpeg", ".gif", ".webp"];

/// Shows what the links in a message lead to, some time after the message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PreviewLinks {
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
}

impl Change for PreviewLinks {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let message = world.message(self.channel, self.message)?;
        let previews = world.previews_of(message);
        if message.previews == previews {
            return Ok(());
        }
        let mut shown = message.clone();
        shown.previews = previews;
        world.publish_message("MESSAGE_UPDATE", &shown);
        world.keep(shown);
        Ok(())
    }
}

impl World {
    /// Whether a message is going to change because of the links in it.
    pub(crate) fn awaits_previews(&self, channel: ChannelId, message: MessageId) -> bool {
        let message = self.message(channel, message);
        self.settings.link_previews
            && message.is_ok_and(|message| message.previews != self.previews_of(message))
    }

    fn previews_of(&self, message: &Message) -> Vec<Value> {
        let may_embed = match (&message.author, self.channel(message.channel)) {
            (Author::User(user), Ok(channel)) => self
                .permissions_in(channel, *user)
                .contains(Permissions::EMBED_LINKS),
            (Author::Webhook { .. }, _) => true,
            (Author::User(_), Err(_)) => false,
        };
        if !may_embed || message.flags & Message::SUPPRESS_EMBEDS != 0 {
            return Vec::new();
        }
        let links = links_in(&message.content);
        links.iter().map(preview).collect()
    }
}

/// The links that are not in angle brackets, each once.
fn links_in(content: &str) -> Vec<Url> {
    let mut found: Vec<Url> = Vec::new();
    let is_end = |one: char| one.is_whitespace() || "<>|\"".contains(one);
    for (at, _) in content.match_indices("http") {
        let rest = &content[at..];
        let starts = rest.starts_with("http://") || rest.starts_with("https://");
        if !starts || content[..at].ends_with('<') {
            continue;
        }
        let link = rest.split(is_end).next().unwrap_or_default();
        let link = link.trim_end_matches([')', '.', ',', '!', '?', ':', ';', '*', '_']);
        if let Ok(url) = Url::parse(link)
            && url.host_str().is_some()
            && !found.contains(&url)
        {
            found.push(url);
        }
    }
    found.truncate(MOST_PREVIEWS);
    found
}

/// Nothing is fetched: the preview says what the address says.
fn preview(url: &Url) -> Value {
    let path = url.path();
    if PICTURES.iter().any(|end| path.ends_with(end)) {
        let picture = json!({ "url": url, "proxy_url": url, "width": 320, "height": 240 });
        return json!({ "type": "image", "url": url, "thumbnail": picture });
    }
    let host = url.host_str().unwrap_or_default();
    json!({
        "type": "link",
        "url": url,
        "title": format!("{host}{path}"),
        "description": format!("What {host} says of {path}"),
        "provider": { "name": host },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_those_in_brackets_are_not() {
        for (content, expected) in [
            ("see https://a.example/x.", vec!["https://a.example/x"]),
            ("<https://a.example/x>", vec![]),
            ("[x](https://a.example/x)", vec!["https://a.example/x"]),
            (
                "https://a.example https://a.example",
                vec!["https://a.example/"],
            ),
            ("http and https:// alone", vec![]),
        ] {
            let found: Vec<String> = links_in(content).iter().map(Url::to_string).collect();
            assert_eq!(found, expected, "{content}");
        }
    }
}
