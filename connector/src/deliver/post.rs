use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

use patchbay_app::ports::{Arrival, Attempt, Forwarding, Outgoing, Piece, SendError};
use patchbay_domain::ids::MessageId;
use patchbay_domain::pair::options::Duplicates;
use patchbay_domain::text::Text;
use patchbay_domain::{
    Attachment, Change, Content, Delivery, DeliveryKey, DeliveryState, Endpoint, ForwardTask, Post,
    Revision, Share, SkipReason,
};

use super::group::not_answered;
use super::made::{Loss, Lost, Made, notice};
use super::work::{Work, messages_of, skipped};

/// Two pairs may bring a message this far apart: one holds it back for twelve hours, and a platform
/// may be down for a day.
const DUPLICATES_KNOWN: Duration = Duration::from_hours(48);

/// The key of the notice for an album's first file, between those of posts and of edits.
const NOTICE: usize = 900;
/// The keys of a piece that has lost one of its files, counted from here by the file's place: the
/// whole piece may have been sent by its own key before it lost any.
const WITHOUT_FILE: usize = 901;

/// What became of a message while its pair held it back.
enum Meanwhile {
    Nothing,
    Retracted,
    Edited(Box<Edited>),
}

struct Edited {
    by: ForwardTask,
    post: Post,
}

impl Work<'_> {
    /// Makes the post appear. `sent` are the messages that earlier attempts made, in their order.
    pub(super) async fn post(
        &self,
        post: &Post,
        sent: &mut Vec<MessageId>,
    ) -> Result<DeliveryState, SendError> {
        if sent.is_empty() && self.is_duplicate().await? {
            return Ok(skipped(SkipReason::Duplicate));
        }
        let (post, edit) = match self.meanwhile(post).await? {
            Meanwhile::Nothing => (Cow::Borrowed(post), None),
            // The deletion comes after it.
            Meanwhile::Retracted if !sent.is_empty() => (Cow::Borrowed(post), None),
            // Of an album, the others stay.
            Meanwhile::Retracted => match post.without(self.task.message) {
                Some(rest) => (Cow::Owned(rest), None),
                None => return Ok(skipped(SkipReason::Retracted)),
            },
            Meanwhile::Edited(edited) => (Cow::Owned(edited.post), Some(edited.by)),
        };
        let post = post.as_ref();
        if self.is_forward() {
            return self.forward(post).await;
        }
        let made = match self.write(post, sent).await {
            Err(error) => match Loss::of(&error) {
                Some((_, loss)) => self.write_others(post, sent, loss).await?,
                None => return Err(error),
            },
            Ok(made) => made,
        };
        let state = self.record_album(post, made).await?;
        if let Some(edit) = &edit {
            self.record(&[Delivery::of(edit, state.clone(), self.now())])
                .await?;
        }
        Ok(state)
    }

    async fn forward(&self, post: &Post) -> Result<DeliveryState, SendError> {
        let of_album = post.content.attachments.iter();
        let mut messages: Vec<_> = of_album.filter_map(|media| media.message).collect();
        if messages.is_empty() {
            messages.push(self.task.message);
        }
        let forwarding = Forwarding {
            source: self.task.source,
            destination: self.task.destination,
            messages: messages.clone(),
            notification: post.notification,
            post: post.clone(),
            at: self.task.source_at,
            key: self.task.send_key(),
        };
        let sent = self.sender.forward(&forwarding, self.attempt).await?;
        let mut own = DeliveryState::delivered(Vec::new());
        let mut others = Vec::new();
        for (message, sent) in messages.iter().zip(sent) {
            let state = sent.map_or(skipped(SkipReason::Retracted), |sent| {
                DeliveryState::delivered(vec![sent.message])
            });
            if *message == self.task.message {
                own = state;
            } else {
                others.push(self.of_album(*message, None, state));
            }
        }
        self.record(&others).await?;
        Ok(own)
    }

    /// Whether another pair brings the message to the same place, where its owner does not want it
    /// twice.
    async fn is_duplicate(&self) -> Result<bool, SendError> {
        let task = self.task;
        match task.duplicates {
            Duplicates::Forward => return Ok(false),
            Duplicates::Suppress => {}
        }
        let arrival = Arrival {
            owner: task.owner,
            chat: task.chat,
            message: task.message,
            destination: task.destination,
        };
        let until = self.now().plus(DUPLICATES_KNOWN);
        let doubles = &self.deliverer.ports.doubles;
        let first = doubles.first(&arrival, task.pair, until).await;
        Ok(first.map_err(not_answered)? != task.pair)
    }

    /// An edit or a deletion of a message that was held back takes effect with the message itself,
    /// if it came before the message was due: every attempt then says the same, or else a later
    /// one would not know what an earlier one has sent. What comes later follows the message.
    async fn meanwhile(&self, post: &Post) -> Result<Meanwhile, SendError> {
        let task = self.task;
        if task.due_at <= task.received_at {
            return Ok(Meanwhile::Nothing);
        }
        let due = task
            .retry
            .map_or(task.due_at, |retry| task.due_at.max(retry.at));
        let kept_tasks = &self.deliverer.ports.kept_tasks;
        let change = kept_tasks
            .latest_change(task.owner, task.pair, task.message, due)
            .await
            .map_err(not_answered)?;
        Ok(match change {
            None => Meanwhile::Nothing,
            Some(by) => match &by.change {
                Change::Deleted => Meanwhile::Retracted,
                Change::Edited { post: edit, .. } => {
                    let post = post.edited(task.message, edit);
                    Meanwhile::Edited(Box::new(Edited { by, post }))
                }
                Change::Posted { .. } | Change::Reacted { .. } => Meanwhile::Nothing,
            },
        })
    }

    async fn write(&self, post: &Post, sent: &mut Vec<MessageId>) -> Result<Vec<Made>, SendError> {
        let letter = self.letter(post).await?;
        let pieces = self.planned(&letter).await?;
        let is_split = pieces.len() > 1;
        let mut before: VecDeque<MessageId> = std::mem::take(sent).into();
        let mut is_known = true;
        let mut all = Vec::with_capacity(pieces.len());
        for (number, piece) in pieces.into_iter().enumerate() {
            let expected = messages_of(&piece, &self.task.destination);
            // Which of its files stands for which message, only the platform can tell.
            let is_shared = is_one_message(&self.task.destination)
                && piece
                    .attachments
                    .iter()
                    .any(|media| media.message.is_some());
            if before.len() >= expected && !is_shared {
                let made = Made::again(piece, before.drain(..expected).collect());
                sent.extend(made.messages());
                all.push(made);
                continue;
            }
            // What was left half done is done as a whole; the platform knows it by its key.
            before.clear();
            let reply_to = letter.reply_to.filter(|_| number == 0);
            let key = self.task.send_key().part(number);
            let made = self.send(self.outgoing(piece, post, reply_to, key)).await?;
            // What stands for which of a piece's files can't be noted once one is missing: from
            // there on the next attempt does all again, and the platform knows it by its keys.
            is_known &= made.is_whole();
            if is_known {
                sent.extend(made.messages());
                if is_split {
                    self.note_progress(sent).await?;
                }
            }
            all.push(made);
        }
        Ok(all)
    }

    /// Of an album whose first file can't be sent, the others come without its words. Those stand in the
    /// notice, and go with it when the message turns out to be deleted.
    async fn write_others(
        &self,
        post: &Post,
        sent: &mut Vec<MessageId>,
        loss: Loss,
    ) -> Result<Vec<Made>, SendError> {
        let mut all = match post.without(self.task.message) {
            Some(others) => self.write(&others, sent).await?,
            None => Vec::new(),
        };
        let lost = post.content.attachments.iter();
        let lost = lost.filter(|media| self.is_first(media)).cloned();
        let lost: Vec<_> = lost.map(|media| Lost { media, loss }).collect();
        let piece = Piece {
            text: Text::lines([&post.content.text, &notice(&lost)]),
            attachments: Vec::new(),
        };
        let key = self.task.send_key().part(NOTICE);
        let told = self.send(self.outgoing(piece, post, None, key)).await?;
        all.push(Made {
            files: lost.into_iter().map(|lost| (lost.media, None)).collect(),
            texts: Vec::new(),
            notice: told.texts,
        });
        Ok(all)
    }

    /// In an album of several messages, whether it is the first one's.
    fn is_first(&self, media: &Attachment) -> bool {
        media.message == Some(self.task.message)
    }

    async fn note_progress(&self, sent: &[MessageId]) -> Result<(), SendError> {
        let deliveries = &self.deliverer.ports.deliveries;
        deliveries
            .progress(self.task.delivery(), self.deliverer.fence, sent)
            .await
            .map_err(not_answered)
    }

    /// Sends one piece. In the place of a file that can't be sent there is a notice.
    pub(super) async fn send(&self, mut outgoing: Outgoing) -> Result<Made, SendError> {
        let has_files = !outgoing.piece.attachments.is_empty();
        let reach = &self.deliverer.platforms;
        let _place = if has_files {
            reach.transfer().await
        } else {
            None
        };
        let mut lost: Vec<Lost> = Vec::new();
        loop {
            match self.sender.send(&outgoing, reach, self.attempt).await {
                Ok(sent) => {
                    let files = std::mem::take(&mut outgoing.piece.attachments);
                    let mut made = Made::of(files, sent);
                    made.files
                        .extend(lost.iter().map(|lost| (lost.media.clone(), None)));
                    if has_files && !lost.is_empty() && !made.files_sent().is_empty() {
                        outgoing.piece.text = notice(&lost);
                        outgoing.reply_to = None;
                        outgoing.key = outgoing.key.part(0);
                        let sent = self.sender.send(&outgoing, reach, self.attempt).await?;
                        made.notice.extend(sent.iter().map(|sent| sent.message));
                    }
                    return Ok(made);
                }
                // What it answers was removed at the destination.
                Err(SendError::MessageGone) if outgoing.reply_to.is_some() => {
                    outgoing.reply_to = None;
                }
                Err(error) => {
                    let count = outgoing.piece.attachments.len();
                    let file = Loss::of(&error).filter(|(index, _)| *index < count);
                    let Some((index, loss)) = file else {
                        return Err(error);
                    };
                    if lost.is_empty()
                        && let Some(made) = self.made_before(&outgoing).await?
                    {
                        return Ok(made);
                    }
                    let attachments = &mut outgoing.piece.attachments;
                    let media = attachments.remove(index);
                    if self.is_first(&media) && !attachments.is_empty() {
                        return Err(error);
                    }
                    outgoing.key = outgoing.key.part(WITHOUT_FILE + index);
                    lost.push(Lost { media, loss });
                    if attachments.is_empty() {
                        let text = [&outgoing.piece.text, &notice(&lost)];
                        outgoing.piece.text = Text::lines(text);
                    }
                }
            }
        }
    }

    /// What an earlier attempt has sent, when all of the files were still to be had.
    async fn made_before(&self, outgoing: &Outgoing) -> Result<Option<Made>, SendError> {
        let Attempt::Again { since } = self.attempt else {
            return Ok(None);
        };
        let found = self.sender.find(outgoing, since).await?;
        Ok(found.map(|sent| Made::of(outgoing.piece.attachments.clone(), sent)))
    }

    /// Each message of an album is mapped by itself. What is left is the state of the first one.
    async fn record_album(&self, post: &Post, made: Vec<Made>) -> Result<DeliveryState, SendError> {
        let album = self.shared_by(post);
        let share = |file| {
            let album = album.clone();
            (!album.is_empty()).then_some(Share {
                file,
                album,
                texts: Vec::new(),
            })
        };
        let mut parts = Vec::new();
        let mut own_file = None;
        let mut others = Vec::new();
        let mut notices = Vec::new();
        let mut texts = Vec::new();
        for made in made {
            for (media, sent) in &made.files {
                let message = media.message.unwrap_or(self.task.message);
                let file = sent.and_then(|sent| sent.file);
                let ids = match sent {
                    Some(sent) => vec![sent.message],
                    None => made.notice.clone(),
                };
                if message == self.task.message {
                    let all = if sent.is_some() {
                        own_file = own_file.or(file);
                        &mut parts
                    } else {
                        &mut notices
                    };
                    let new: Vec<_> = ids.into_iter().filter(|id| !all.contains(id)).collect();
                    all.extend(new);
                } else {
                    let state = DeliveryState::Delivered {
                        with_files: usize::from(sent.is_some()),
                        parts: ids,
                        share: share(file),
                    };
                    others.push(self.of_album(message, Some(media), state));
                }
            }
            texts.extend(made.texts);
        }
        // Told in words, since the destination can't take the file.
        let untold = post.content.attachments.iter().filter(|media| {
            media.message.is_some_and(|message| {
                message != self.task.message && others.iter().all(|o| o.key.message != message)
            })
        });
        let untold: Vec<_> = untold
            .filter_map(|media| Some((media.message?, media)))
            .map(|(message, media)| {
                let state = DeliveryState::Delivered {
                    parts: Vec::new(),
                    with_files: 0,
                    share: share(None),
                };
                self.of_album(message, Some(media), state)
            })
            .collect();
        others.extend(untold);
        self.record(&others).await?;
        let with_files = parts.len();
        parts.extend(notices);
        parts.extend(&texts);
        Ok(DeliveryState::Delivered {
            parts,
            with_files,
            share: share(own_file).map(|share| Share { texts, ..share }),
        })
    }

    /// The messages of an album that becomes one message; none, if it is no such album.
    fn shared_by(&self, post: &Post) -> Vec<MessageId> {
        let attachments = &post.content.attachments;
        let others = attachments.iter().filter_map(|media| media.message);
        let mut all: Vec<_> = others.collect();
        if all.is_empty() || !is_one_message(&self.task.destination) {
            return Vec::new();
        }
        all.push(self.task.message);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What became of another message of the task's album. Its bytes are counted with the first.
    fn of_album(
        &self,
        message: MessageId,
        media: Option<&Attachment>,
        state: DeliveryState,
    ) -> Delivery {
        let alone = Content {
            attachments: media.cloned().into_iter().collect(),
            ..Content::default()
        };
        Delivery {
            key: DeliveryKey {
                message,
                revision: Revision::POSTED,
                ..self.task.delivery()
            },
            bytes: 0,
            media: alone.media_print(message),
            attempts: 1,
            claimed_at: Some(self.now()),
            ..Delivery::of(self.task, state, self.now())
        }
    }

    async fn record(&self, deliveries: &[Delivery]) -> Result<(), SendError> {
        if deliveries.is_empty() {
            return Ok(());
        }
        let ports = &self.deliverer.ports;
        ports
            .deliveries
            .record(deliveries)
            .await
            .map_err(not_answered)
    }

    pub(super) fn now(&self) -> patchbay_domain::Timestamp {
        self.deliverer.ports.clock.now()
    }
}

/// Whether a destination shows several files as one message.
pub(super) fn is_one_message(destination: &Endpoint) -> bool {
    match destination {
        Endpoint::Discord { .. } => true,
        Endpoint::Telegram { .. } => false,
    }
}
