//! A platform in memory: what was sent there, changed and removed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use patchbay_app::ports::{
    Attempt, Excerpt, FileError, FileStream, Files, Forwarding, HistoryError, HistoryPage,
    HistoryStart, Outgoing, Piece, PortResult, Reacting, Reader, Replacement, Rewrite, SendError,
    Sender, Sent, Standing,
};
use patchbay_domain::ids::{FileId, MessageId};
use patchbay_domain::{
    Attachment, Change, Content, Emoji, Endpoint, FileRef, MediaKind, Post, Reaction, SendKey,
    Text, Timestamp,
};

/// Answers as it is told, then accepts everything; splits texts at every `|`, and leaves each document
/// alone. Under a message it
/// shows two reactions at most, and none that is custom.
#[derive(Default)]
pub(super) struct Board {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    answers: VecDeque<SendError>,
    log: Vec<(String, Attempt)>,
    destinations: Vec<Endpoint>,
    messages: BTreeMap<MessageId, Posted>,
    by_key: BTreeMap<String, Vec<Sent>>,
    /// How the next request to send a text is answered.
    of_text: Vec<(String, SendError)>,
    gone_files: Vec<String>,
    gone_messages: Vec<MessageId>,
    last_file: u64,
    source: BTreeMap<MessageId, Post>,
}

struct Posted {
    text: String,
    files: Vec<(FileId, String)>,
    reply_to: Option<MessageId>,
    reactions: String,
}

impl Board {
    pub(super) fn new(answers: impl IntoIterator<Item = SendError>) -> Self {
        let board = Self::default();
        board.state().answers.extend(answers);
        board
    }

    pub(super) fn fail_once(&self, text: &str, error: SendError) {
        self.state().of_text.push((text.to_owned(), error));
    }

    pub(super) fn log(&self) -> Vec<(String, Attempt)> {
        self.state().log.clone()
    }

    /// Where each request went.
    pub(super) fn destinations(&self) -> Vec<Endpoint> {
        self.state().destinations.clone()
    }

    pub(super) fn remove(&self, message: MessageId) {
        self.state().messages.remove(&message);
    }

    pub(super) fn lose_file(&self, name: &str) {
        self.state().gone_files.push(name.to_owned());
    }

    /// Notes what the source says from now on.
    pub(super) fn happened(&self, message: MessageId, change: &Change) {
        let source = &mut self.state().source;
        let Some(post) = change.post() else {
            source.remove(&message);
            return;
        };
        let mut alone = post.clone();
        alone.content.attachments.clear();
        source.insert(message, alone.clone());
        for media in &post.content.attachments {
            let of = media.message.unwrap_or(message);
            let part = source.entry(of).or_insert_with(|| {
                let mut part = alone.clone();
                part.content.text = media.caption.clone();
                part
            });
            part.content.attachments.push(Attachment {
                message: None,
                caption: Text::default(),
                ..media.clone()
            });
        }
    }

    /// At the source.
    pub(super) fn lose_message(&self, message: MessageId) {
        self.state().gone_messages.push(message);
    }

    /// What stands there: number, reply, files, text and reactions of each message.
    pub(super) fn shown(&self) -> String {
        let state = self.state();
        let lines = state.messages.iter().map(|(id, posted)| {
            let reply = posted.reply_to.map(|to| format!(" re {to}"));
            let files: Vec<&str> = posted.files.iter().map(|(_, name)| name.as_str()).collect();
            let files = format!("{files:?}").replace('"', "").replace("[]", "");
            let text = posted.text.replace('\n', "/");
            let reply = reply.unwrap_or_default();
            let line = format!("{id}{reply} {files} {text} {}", posted.reactions);
            line.split_whitespace().collect::<Vec<_>>().join(" ")
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn answer(&mut self) -> Result<(), SendError> {
        self.answers.pop_front().map_or(Ok(()), Err)
    }

    fn answer_to(&mut self, text: &Text) -> Result<(), SendError> {
        let mut answers = self.of_text.iter();
        match answers.position(|(of, _)| of == text.as_str()) {
            Some(place) => Err(self.of_text.remove(place).1),
            None => Ok(()),
        }
    }

    fn file(&mut self, attachment: &Attachment) -> (FileId, String) {
        self.last_file += 1;
        let name = attachment.name.clone().unwrap_or_default();
        (FileId(self.last_file), name)
    }

    fn check_files(&self, attachments: &[Attachment]) -> Result<(), SendError> {
        let is_gone = |media: &Attachment| {
            let name = media.name.as_ref();
            name.is_some_and(|name| self.gone_files.contains(name))
        };
        match attachments.iter().position(is_gone) {
            Some(index) => Err(SendError::FileGone { index }),
            None => Ok(()),
        }
    }

    fn put(&mut self, posted: Posted) -> MessageId {
        let id = self.messages.last_key_value().map_or(100, |(id, _)| id.0) + 1;
        self.messages.insert(MessageId(id), posted);
        MessageId(id)
    }

    fn send(&mut self, outgoing: &Outgoing) -> Vec<Sent> {
        let Piece { text, attachments } = &outgoing.piece;
        let files: Vec<_> = attachments.iter().map(|media| self.file(media)).collect();
        let posted = |text: &Text, files| Posted {
            text: text.as_str().to_owned(),
            files,
            reply_to: outgoing.reply_to,
            reactions: String::new(),
        };
        match outgoing.destination {
            Endpoint::Discord { .. } => {
                let ids: Vec<_> = files.iter().map(|(id, _)| Some(*id)).collect();
                let message = self.put(posted(text, files));
                let ids = if ids.is_empty() { vec![None] } else { ids };
                let sent = |file| Sent { message, file };
                ids.into_iter().map(sent).collect()
            }
            Endpoint::Telegram { .. } if files.is_empty() => {
                vec![alone(self.put(posted(text, vec![])))]
            }
            Endpoint::Telegram { .. } => {
                let texts = attachments.iter().map(|media| media.caption.clone());
                let texts = std::iter::once(text.clone()).chain(texts.skip(1));
                let each = files.into_iter().zip(texts.collect::<Vec<_>>());
                each.map(|(file, text)| alone(self.put(posted(&text, vec![file]))))
                    .collect()
            }
        }
    }

    fn once(&mut self, key: SendKey, send: impl FnOnce(&mut Self) -> Vec<Sent>) -> Vec<Sent> {
        if let Some(sent) = self.by_key.get(&key.to_string()) {
            return sent.clone();
        }
        let sent = send(self);
        self.by_key.insert(key.to_string(), sent.clone());
        sent
    }
}

fn alone(message: MessageId) -> Sent {
    Sent {
        message,
        file: None,
    }
}

#[async_trait]
impl Sender for Board {
    async fn plan(&self, content: &Content, destination: &Endpoint) -> PortResult<Vec<Piece>> {
        let words = match destination {
            Endpoint::Discord { .. } => content.words(),
            Endpoint::Telegram { .. } => content.text.clone(),
        };
        let mut texts = words.as_str().split('|').map(Text::plain);
        let attachments = content.attachments.iter().cloned();
        let (alone, together): (Vec<_>, Vec<_>) =
            attachments.partition(|media| media.kind == MediaKind::Document);
        let first = Piece {
            text: texts.next().unwrap_or_default(),
            attachments: together,
        };
        let documents = alone.into_iter().map(|media| Piece {
            text: Text::default(),
            attachments: vec![media],
        });
        let others = texts.map(|text| Piece {
            text,
            attachments: Vec::new(),
        });
        let others = documents.chain(others);
        Ok(std::iter::once(first).chain(others).collect())
    }

    async fn send(
        &self,
        outgoing: &Outgoing,
        _: &dyn Files,
        attempt: Attempt,
    ) -> Result<Vec<Sent>, SendError> {
        let mut state = self.state();
        state.destinations.push(outgoing.destination);
        state.answer()?;
        state.answer_to(&outgoing.piece.text)?;
        state.check_files(&outgoing.piece.attachments)?;
        let is_answer_lost = outgoing
            .reply_to
            .is_some_and(|to| !state.messages.contains_key(&to));
        if is_answer_lost {
            return Err(SendError::MessageGone);
        }
        let text = outgoing.piece.text.as_str().to_owned();
        state.log.push((text, attempt));
        Ok(state.once(outgoing.key, |state| state.send(outgoing)))
    }

    async fn find(
        &self,
        outgoing: &Outgoing,
        _: Timestamp,
    ) -> Result<Option<Vec<Sent>>, SendError> {
        let state = self.state();
        Ok(state.by_key.get(&outgoing.key.to_string()).cloned())
    }

    async fn forward(
        &self,
        forwarding: &Forwarding,
        _: Attempt,
    ) -> Result<Vec<Option<Sent>>, SendError> {
        let mut state = self.state();
        state.answer()?;
        let is_there = |message: &&MessageId| !state.gone_messages.contains(*message);
        let there: Vec<_> = forwarding
            .messages
            .iter()
            .filter(is_there)
            .copied()
            .collect();
        let sent = state.once(forwarding.key, |state| {
            let put = there.iter().map(|message| {
                alone(state.put(Posted {
                    text: format!("forward of {message}"),
                    files: vec![],
                    reply_to: None,
                    reactions: String::new(),
                }))
            });
            put.collect()
        });
        let mut sent = sent.into_iter();
        let each = forwarding.messages.iter();
        Ok(each
            .map(|message| there.contains(message).then(|| sent.next()).flatten())
            .collect())
    }

    async fn rewrite(&self, rewrite: &Rewrite, _: &dyn Files) -> Result<(), SendError> {
        let mut state = self.state();
        state.answer()?;
        let files = rewrite.attachments.as_ref();
        state.check_files(files.map_or(&[], Vec::as_slice))?;
        let files = files.map(|all| all.iter().map(|media| state.file(media)).collect());
        let Some(posted) = state.messages.get_mut(&rewrite.message) else {
            return Err(SendError::MessageGone);
        };
        posted.text = rewrite.text.as_str().to_owned();
        if let Some(files) = files {
            posted.files = files;
        }
        Ok(())
    }

    async fn react(&self, reacting: &Reacting) -> Result<Vec<Reaction>, SendError> {
        let mut state = self.state();
        state.answer()?;
        let Some(posted) = state.messages.get_mut(&reacting.message) else {
            return Err(SendError::MessageGone);
        };
        let (mut shown, mut left) = (String::new(), Vec::new());
        for reaction in &reacting.reactions {
            match &reaction.emoji {
                Emoji::Unicode(emoji) if shown.chars().count() < 2 => shown.push_str(emoji),
                Emoji::Unicode(_) | Emoji::Custom { .. } => left.push(reaction.clone()),
            }
        }
        posted.reactions = shown;
        Ok(left)
    }

    async fn delete(&self, standing: &Standing) -> Result<(), SendError> {
        let mut state = self.state();
        state.destinations.push(standing.destination);
        state.answer()?;
        for message in &standing.messages {
            state.messages.remove(message);
        }
        Ok(())
    }

    async fn replace_file(
        &self,
        replacement: &Replacement,
        _: &dyn Files,
    ) -> Result<FileId, SendError> {
        let mut state = self.state();
        state.answer()?;
        state.check_files(std::slice::from_ref(&replacement.by))?;
        let new = state.file(&replacement.by);
        let posted = state.messages.get_mut(&replacement.message);
        let files = &mut posted.ok_or(SendError::MessageGone)?.files;
        let old = files.iter_mut().find(|(id, _)| *id == replacement.file);
        *old.ok_or(SendError::MessageGone)? = new.clone();
        Ok(new.0)
    }

    async fn remove_file(&self, standing: &Standing, file: FileId) -> Result<(), SendError> {
        let mut state = self.state();
        state.answer()?;
        for message in &standing.messages {
            if let Some(posted) = state.messages.get_mut(message) {
                posted.files.retain(|(id, _)| *id != file);
                if posted.files.is_empty() && posted.text.is_empty() {
                    state.messages.remove(message);
                }
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Reader for Board {
    async fn open(&self, _: &FileRef) -> Result<FileStream, FileError> {
        Err(FileError::Gone)
    }

    async fn excerpt(
        &self,
        _: &Endpoint,
        message: MessageId,
    ) -> Result<Option<Excerpt>, SendError> {
        Ok(Some(Excerpt {
            author: "Bob".to_owned(),
            text: Text::plain(format!("old {message}")),
        }))
    }

    async fn history(
        &self,
        _: &Endpoint,
        _: HistoryStart,
        _: usize,
    ) -> Result<HistoryPage, HistoryError> {
        Err(HistoryError::Closed)
    }

    async fn album(&self, _: &Endpoint, messages: &[MessageId]) -> Result<Option<Post>, SendError> {
        let state = self.state();
        let source = messages
            .iter()
            .filter_map(|id| Some((*id, state.source.get(id)?)));
        let mut left = source.map(|(id, post)| (id, post.clone()));
        let Some((first, mut whole)) = left.next() else {
            return Ok(None);
        };
        for (message, part) in left {
            whole.take(first, message, part);
        }
        Ok(Some(whole))
    }
}
