use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{
    Attempt, Excerpt, FileError, FileStream, Files, Forwarding, HistoryError, HistoryPage,
    HistoryStart, Outgoing, Piece, PortResult, Reacting, Reader, Replacement, Rewrite, SendError,
    Sender, Sent, Standing,
};
use patchbay_domain::event::Newer;
use patchbay_domain::ids::{FileId, MessageId};
use patchbay_domain::{
    Author, Change, ChatId, Content, Endpoint, FileRef, Pair, Post, Reaction, Recovery,
    SourceEvent, Text, Timestamp,
};

/// A source with a history, and a destination that takes everything.
pub(super) struct Shelf {
    chat: ChatId,
    state: Mutex<State>,
}

struct State {
    posts: Vec<SourceEvent>,
    /// The next answers, the last one first.
    answers: Vec<Result<HistoryPage, HistoryError>>,
    reads: usize,
    sent: Vec<u64>,
}

impl Shelf {
    /// Posts with the numbers from 1 on, one every second.
    pub(super) fn with(pair: &Pair, posts: u64) -> Self {
        let shelf = Self {
            chat: pair.source.chat(),
            state: Mutex::new(State {
                posts: Vec::new(),
                answers: Vec::new(),
                reads: 0,
                sent: Vec::new(),
            }),
        };
        for number in 1..=posts {
            shelf.post(number, Self::at(number));
        }
        shelf
    }

    pub(super) fn at(number: u64) -> Timestamp {
        Timestamp(0).plus(Duration::from_secs(number))
    }

    pub(super) fn post(&self, number: u64, at: Timestamp) {
        let author = Author {
            id: "7".to_owned(),
            name: "Ann".to_owned(),
        };
        let content = Content {
            text: Text::plain(number.to_string()),
            ..Content::default()
        };
        let post = Post::new(author, content);
        self.state().posts.push(SourceEvent {
            chat: self.chat,
            seen_by: crate::example::pair().source.account(),
            message: MessageId(number),
            thread: None,
            at,
            recovery: Recovery::Requested,
            newer: Newer::default(),
            reader: None,
            change: Change::Posted { post },
        });
    }

    /// Takes the words out of a post.
    pub(super) fn empty(&self, number: u64) {
        let mut state = self.state();
        let mut posts = state.posts.iter_mut();
        let found = posts.find(|post| post.message == MessageId(number));
        if let Some(Change::Posted { post }) = found.map(|found| &mut found.change) {
            post.content.text = Text::default();
        }
    }

    /// Lets the next reads fail, so many of them.
    pub(super) fn fail(&self, error: HistoryError, times: usize) {
        self.next(&Err(error), times);
    }

    /// Has the next reads answer that, so many of them.
    pub(super) fn answer(&self, page: HistoryPage, times: usize) {
        self.next(&Ok(page), times);
    }

    fn next(&self, answer: &Result<HistoryPage, HistoryError>, times: usize) {
        let answers = std::iter::repeat_n(answer.clone(), times);
        self.state().answers.splice(0..0, answers);
    }

    /// How often a page was read.
    pub(super) fn reads(&self) -> usize {
        self.state().reads
    }

    pub(super) fn sent(&self) -> Vec<u64> {
        self.state().sent.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Reader for Shelf {
    async fn open(&self, _: &FileRef) -> Result<FileStream, FileError> {
        Err(FileError::Gone)
    }

    async fn excerpt(&self, _: &Endpoint, _: MessageId) -> Result<Option<Excerpt>, SendError> {
        Ok(None)
    }

    async fn history(
        &self,
        _: &Endpoint,
        start: HistoryStart,
        limit: usize,
    ) -> Result<HistoryPage, HistoryError> {
        let mut state = self.state();
        if let Some(answer) = state.answers.pop() {
            return answer;
        }
        state.reads += 1;
        let posts = state.posts.iter().enumerate();
        let (all, last) = (state.posts.len(), limit);
        let meant = posts.filter(|(place, post)| match start {
            HistoryStart::After(message) => post.message > message,
            HistoryStart::Since(at) => post.at >= at,
            HistoryStart::Last(count) => *place + usize::from(count.get()) >= all,
        });
        let posts: Vec<_> = meant.map(|(_, post)| post.clone()).take(last).collect();
        let next = posts.last().map(|post| post.message);
        Ok(HistoryPage { posts, next })
    }

    async fn album(&self, _: &Endpoint, _: &[MessageId]) -> Result<Option<Post>, SendError> {
        Ok(None)
    }
}

#[async_trait]
impl Sender for Shelf {
    async fn plan(&self, content: &Content, _: &Endpoint) -> PortResult<Vec<Piece>> {
        Ok(vec![Piece {
            text: content.text.clone(),
            attachments: Vec::new(),
        }])
    }

    async fn send(
        &self,
        outgoing: &Outgoing,
        _: &dyn Files,
        _: Attempt,
    ) -> Result<Vec<Sent>, SendError> {
        let number = outgoing.piece.text.as_str().parse().unwrap();
        self.state().sent.push(number);
        Ok(vec![Sent {
            message: MessageId(1000 + number),
            file: None,
        }])
    }

    async fn find(&self, _: &Outgoing, _: Timestamp) -> Result<Option<Vec<Sent>>, SendError> {
        Ok(None)
    }

    async fn forward(&self, _: &Forwarding, _: Attempt) -> Result<Vec<Option<Sent>>, SendError> {
        Err(SendError::MessageGone)
    }

    async fn rewrite(&self, _: &Rewrite, _: &dyn Files) -> Result<(), SendError> {
        Err(SendError::MessageGone)
    }

    async fn react(&self, reacting: &Reacting) -> Result<Vec<Reaction>, SendError> {
        Ok(reacting.reactions.clone())
    }

    async fn delete(&self, _: &Standing) -> Result<(), SendError> {
        Ok(())
    }

    async fn replace_file(&self, _: &Replacement, _: &dyn Files) -> Result<FileId, SendError> {
        Err(SendError::MessageGone)
    }

    async fn remove_file(&self, _: &Standing, _: FileId) -> Result<(), SendError> {
        Ok(())
    }
}
