use patchbay_domain::DeliveryState;
use patchbay_domain::ids::{FileId, MessageId};

/// What stands for an album.
pub(super) struct Album {
    /// Those of its messages that were delivered and not deleted, in their order.
    pub(super) members: Vec<Member>,
    /// The messages with what of its text does not stand beside its files. Some may be gone.
    pub(super) texts: Vec<MessageId>,
}

pub(super) struct Member {
    pub(super) message: MessageId,
    pub(super) file: Option<Place>,
    /// What tells that its file was gone.
    pub(super) notice: Vec<MessageId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) message: MessageId,
    pub(super) file: FileId,
}

impl Album {
    /// Beside whose files the text stands.
    pub(super) fn holder(&self, except: Option<MessageId>) -> Option<MessageId> {
        let mut members = self.members.iter();
        members.find_map(|member| {
            let place = member.file.filter(|_| Some(member.message) != except);
            place.map(|place| place.message)
        })
    }

    pub(super) fn member(&self, message: MessageId) -> Option<&Member> {
        self.members.iter().find(|member| member.message == message)
    }

    pub(super) fn messages(&self, except: Option<MessageId>) -> Vec<MessageId> {
        let messages = self.members.iter().map(|member| member.message);
        messages.filter(|one| Some(*one) != except).collect()
    }

    /// The other files of the message with this one.
    pub(super) fn beside(&self, place: Place) -> Vec<FileId> {
        let places = self.members.iter().filter_map(|member| member.file);
        let there = places.filter(|other| other.message == place.message && *other != place);
        there.map(|other| other.file).collect()
    }

    pub(super) fn take(&mut self, message: MessageId, state: &DeliveryState) {
        let DeliveryState::Delivered {
            parts,
            with_files,
            share,
        } = state
        else {
            return;
        };
        let file = share.as_ref().and_then(|share| share.file);
        let holder = parts.first().filter(|_| *with_files > 0);
        let texts = share.iter().flat_map(|share| &share.texts);
        let rest = parts.iter().skip(*with_files);
        let notice = rest.filter(|id| texts.clone().all(|text| text != *id));
        self.members.push(Member {
            message,
            file: holder.zip(file).map(|(message, file)| Place {
                message: *message,
                file,
            }),
            notice: notice.copied().collect(),
        });
        self.take_texts(Some(state));
    }

    pub(super) fn take_texts(&mut self, state: Option<&DeliveryState>) {
        if let Some(DeliveryState::Delivered {
            share: Some(share), ..
        }) = state
        {
            self.texts.extend(&share.texts);
        }
    }
}
