//! Editing and deleting.

use super::State;
use super::apply::Applied;
use super::chat::Role;
use super::command::{Actor, Delete, DeleteScope, Edit, Place};
use super::ids::Peer;
use super::message::{Content, Message, Ordinary};
use super::messages::notice;
use super::refusal::{MESSAGE_ID_INVALID, Refusal};
use super::text::{TextRole, link, normalised};

impl State {
    pub(super) fn edit(&mut self, at: i64, edit: &Edit) -> Result<Applied, Refusal> {
        let message = self
            .place(edit.place)?
            .get(edit.id)
            .ok_or(MESSAGE_ID_INVALID)?;
        let before = message.ordinary().ok_or(MESSAGE_ID_INVALID)?;
        self.check_edit(at, edit, message)?;
        if let Some(media) = &edit.media {
            self.check_file(media)?;
            self.check_stays_in_album(before, media)?;
        }
        let media = edit.media.as_ref().or(before.media.as_ref());
        let role = TextRole::beside(media);
        let (text, entities) = normalised(&edit.text, &edit.entities, role)?;
        let previewed = media.is_none() && !edit.no_webpage;
        let edited = Ordinary {
            preview: link(&text, &entities).filter(|_| previewed),
            text,
            entities,
            media: media.cloned(),
            ..before.clone()
        };
        if edited == *before {
            return Err(Refusal::bad("MESSAGE_NOT_MODIFIED"));
        }
        let places = self.places_of(edit.place, edit.id, message.shared);
        let mut notices = Vec::new();
        for (place, id) in places {
            let mailbox = self.place_mut(place)?;
            let Some(message) = mailbox.get_mut(id) else {
                continue;
            };
            message.edit_date = Some(at / 1000);
            if let Content::Ordinary(ordinary) = &mut message.content {
                // Each box knows what is answered by another number.
                let reply = ordinary.reply.take();
                **ordinary = Ordinary {
                    reply,
                    ..edited.clone()
                };
            }
            let entry = mailbox.note_edit(id, at);
            notices.push(notice(place, entry));
        }
        Ok(Applied::notices(notices))
    }

    fn check_edit(&self, at: i64, edit: &Edit, message: &Message) -> Result<(), Refusal> {
        let Actor::User(user) = edit.by else {
            return Ok(());
        };
        let mut posts = false;
        if let Peer::Channel(id) = message.peer {
            let channel = self.channel(id)?;
            channel.check_read(user)?;
            let admin = channel.roster.role(user).is_some_and(Role::is_admin);
            posts = channel.is_broadcast() && admin;
        }
        if message.author != user && !posts {
            return Err(Refusal::forbidden("MESSAGE_AUTHOR_REQUIRED"));
        }
        if !posts && at / 1000 - message.date >= edit.window {
            return Err(Refusal::bad("MESSAGE_EDIT_TIME_EXPIRED"));
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, at: i64, delete: &Delete) -> Result<Applied, Refusal> {
        let mailbox = self.place(delete.place)?;
        let known: Vec<&Message> = delete
            .ids
            .iter()
            .filter_map(|id| mailbox.get(*id))
            .collect();
        let everywhere =
            delete.scope == DeleteScope::Everybody || matches!(delete.place, Place::Channel(_));
        if everywhere {
            for message in &known {
                self.check_delete(delete.by, message)?;
            }
        }
        let mut doomed: std::collections::BTreeMap<Place, Vec<i32>> =
            std::collections::BTreeMap::new();
        for message in known {
            let places = if everywhere {
                self.places_of(delete.place, message.id, message.shared)
            } else {
                vec![(delete.place, message.id)]
            };
            for (place, id) in places {
                doomed.entry(place).or_default().push(id);
            }
        }
        let mut notices = Vec::new();
        for (place, ids) in doomed {
            let entry = self.place_mut(place)?.delete(&ids, at);
            notices.extend(entry.map(|entry| notice(place, entry)));
        }
        Ok(Applied::notices(notices))
    }

    /// Either side of a private chat may delete for both; elsewhere the author or an admin.
    fn check_delete(&self, by: Actor, message: &Message) -> Result<(), Refusal> {
        let Actor::User(user) = by else {
            return Ok(());
        };
        let roster = match message.peer {
            Peer::User(_) => return Ok(()),
            Peer::Group(_) | Peer::Channel(_) => self.roster(message.peer)?,
        };
        let admin = roster.role(user).is_some_and(Role::is_admin);
        if admin || (message.author == user && roster.has(user)) {
            Ok(())
        } else {
            Err(Refusal::forbidden("MESSAGE_DELETE_FORBIDDEN"))
        }
    }
}
