//! Whatever happens, a journal replays to the same state, and a client that follows the log
//! of a box ends with the messages that are in it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    Actor, Change, ChatKind, Command, CreateChat, CreateUser, Dc, Delete, DeleteScope, Draft, Edit,
    Mailbox, Peer, Place, Post, Role, State, UserId,
};

const PEOPLE: usize = 3;

fn people() -> Vec<Command> {
    let create = |number: usize| {
        Command::CreateUser(CreateUser {
            phone: format!("1555000{number}"),
            first_name: format!("Person {number}"),
            last_name: None,
            username: None,
            password: None,
            hides_forwards: false,
            premium: false,
            dc: Dc::Home,
            access_hash: 1,
        })
    };
    (0..PEOPLE).map(create).collect()
}

fn chats(users: &[UserId]) -> Vec<Command> {
    let create = |kind| {
        Command::CreateChat(CreateChat {
            kind,
            title: "chat".to_owned(),
            username: None,
            creator: users[0],
            members: users.to_vec(),
            protected: false,
            forum: kind == ChatKind::Supergroup,
            access_hash: 1,
        })
    };
    [ChatKind::Group, ChatKind::Supergroup, ChatKind::Channel]
        .map(create)
        .to_vec()
}

/// One change, by numbers that are turned into people, chats and messages that may exist.
#[derive(Debug, Clone)]
struct Step {
    kind: u8,
    person: usize,
    chat: usize,
    number: i32,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..10_u8, 0..PEOPLE, 0..PEOPLE + 3, 1..12_i32);
    let step = step.prop_map(|(kind, person, chat, number)| Step {
        kind,
        person,
        chat,
        number,
    });
    prop::collection::vec(step, 1..60)
}

impl Step {
    fn command(&self, at: usize, users: &[UserId], chats: &[Peer]) -> Command {
        let person = users[self.person];
        let peer = chats.get(self.chat).copied();
        let peer = peer.unwrap_or_else(|| Peer::User(users[self.chat - chats.len()]));
        let place = match peer {
            Peer::Channel(channel) => Place::Channel(channel),
            Peer::User(_) | Peer::Group(_) => Place::Account(person),
        };
        let by = Actor::User(person);
        match self.kind {
            0..=2 => {
                let reply = (self.kind == 2).then_some(self.number);
                let reply = reply.map(|message| super::Reply {
                    message,
                    ..super::Reply::default()
                });
                let random_id = Some(i64::from(self.number) * 100 + i64::from(self.kind));
                let draft = Draft {
                    random_id,
                    text: at.to_string(),
                    reply,
                    ..Draft::default()
                };
                Command::Post(Post {
                    from: person,
                    to: peer,
                    silent: false,
                    drafts: vec![draft],
                })
            }
            3 => {
                let (id, text) = (self.number, format!("edited {at}"));
                Command::Edit(Edit {
                    by,
                    place,
                    id,
                    text,
                    entities: Vec::new(),
                    media: None,
                    no_webpage: false,
                    window: 1000,
                })
            }
            4 => {
                let (ids, scope) = (vec![self.number, self.number + 1], DeleteScope::Everybody);
                Command::Delete(Delete {
                    by,
                    place,
                    ids,
                    scope,
                })
            }
            5 => {
                let role = [Role::Member, Role::ReadOnly, Role::Banned][self.chat % 3];
                Command::SetRole {
                    chat: peer,
                    user: person,
                    role,
                    by: Actor::Control,
                }
            }
            6 | 7 => Command::React(super::React {
                by: person,
                place,
                id: self.number,
                emoji: vec!["👍".to_owned(); self.chat % 2],
            }),
            8 => match peer {
                Peer::Group(group) => Command::Migrate(super::Migrate {
                    group,
                    by,
                    access_hash: 1,
                }),
                Peer::User(_) | Peer::Channel(_) => Command::DeleteChat { chat: peer, by },
            },
            _ => Command::RemoveMember {
                chat: peer,
                user: person,
                by: Actor::Control,
            },
        }
    }
}

/// What a client has that follows the log from its beginning.
fn followed(mailbox: &Mailbox) -> BTreeSet<i32> {
    let (mut held, mut at) = (BTreeSet::new(), 1);
    for entry in mailbox.since(1) {
        at += entry.count;
        assert_eq!(at, entry.pts, "a gap in the log");
        match &entry.change {
            Change::New(id) => assert!(held.insert(*id), "a number was given twice"),
            Change::Edited(id) => assert!(held.contains(id), "an edit of nothing"),
            Change::Deleted(gone) => {
                assert_eq!(i32::try_from(gone.len()), Ok(entry.count));
                assert!(
                    gone.iter().all(|id| held.remove(id)),
                    "a deletion of nothing"
                );
            }
        }
    }
    assert_eq!(at, mailbox.pts);
    held
}

fn ids(mailbox: &Mailbox) -> BTreeSet<i32> {
    mailbox
        .peers()
        .flat_map(|peer| mailbox.of_peer(peer).map(|it| it.id))
        .collect()
}

proptest! {
    #[test]
    fn a_journal_replays_to_the_same_state_and_its_logs_have_no_gap(steps in steps()) {
        let (mut state, mut journal) = (State::default(), Vec::new());
        let mut carry = |state: &mut State, at: i64, command: Command| {
            let applied = state.apply(at, &command);
            if applied.is_ok() {
                journal.push((at, serde_json::to_string(&command).unwrap()));
            }
            applied
        };
        for command in people() {
            carry(&mut state, 0, command).unwrap();
        }
        let users: Vec<UserId> = state.users.keys().copied().collect();
        let mut known = Vec::new();
        for command in chats(&users) {
            known.push(carry(&mut state, 0, command).unwrap().chat.unwrap());
        }
        for (at, step) in steps.iter().enumerate() {
            let before = format!("{state:?}");
            let command = step.command(at, &users, &known);
            let applied = carry(&mut state, i64::try_from(at).unwrap() * 1000, command);
            if applied.is_err() {
                prop_assert_eq!(&before, &format!("{state:?}"), "a refusal changed the state");
            }
        }
        let mut replayed = State::default();
        for (at, command) in &journal {
            replayed.apply(*at, &serde_json::from_str(command).unwrap()).unwrap();
        }
        prop_assert_eq!(format!("{replayed:?}"), format!("{state:?}"));
        let accounts = state.users.values().map(|user| &user.mailbox);
        let channels = state.channels.values().map(|channel| &channel.mailbox);
        for mailbox in accounts.chain(channels) {
            prop_assert_eq!(followed(mailbox), ids(mailbox));
        }
    }
}
