//! What goes wrong, and how it is over again.

use std::time::{Duration, Instant};

use anyhow::Result;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::system::Ground;
use super::untold::Span;
use crate::http::text;
use crate::stage::Stage;

/// How long something lasts that has an end.
const WHILE: Duration = Duration::from_millis(700);
/// How long a new session may take.
const UNTIL_CONNECTED: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// The connector, or the process, ends where it stands, and another one starts.
    Kill {
        after: Duration,
    },
    /// As on a deployment: the connector stops, and another one starts.
    Redeploy,
    /// No lease can be renewed, until the connector has to stop its work.
    LoseLeases,
    /// So many writes to the queue and the store fail, before or after their effect.
    LoseWrites(usize),
    /// One request to a control route.
    Telegram(&'static str, String, Value),
    Discord(&'static str, String, Value),
    /// On, and off after a while.
    TelegramSetting(&'static str),
    DiscordSetting(&'static str),
    /// The account gets no updates for a while.
    Mute,
    /// The same, and what it missed is too long for Telegram to tell.
    MuteForTooLong,
    /// Discord ends the session, so that it can't be resumed.
    EndSession,
}

const SENDS: [&str; 8] = [
    "messages.sendMessage",
    "messages.sendMedia",
    "messages.sendMultiMedia",
    "messages.forwardMessages",
    "messages.editMessage",
    "channels.deleteMessages",
    "upload.saveFilePart",
    "messages.uploadMedia",
];
const READS: [&str; 5] = [
    "upload.getFile",
    "updates.getDifference",
    "updates.getChannelDifference",
    "messages.getHistory",
    "channels.getMessages",
];
const ROUTES: [&str; 6] = [
    "POST /channels/{}/messages",
    "PATCH /channels/{}/messages/{}",
    "DELETE /channels/{}/messages/{}",
    "POST /webhooks/{}/{}",
    "GET /channels/{}/messages",
    "GET /attachments/{}/{}/{}",
];

impl Fault {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Kill { .. } => "connector killed",
            Self::Redeploy => "connector redeployed",
            Self::LoseLeases => "leases lost",
            Self::LoseWrites(_) => "queue and store: answers lost",
            Self::Telegram(name, ..) | Self::Discord(name, ..) => name,
            Self::TelegramSetting("duplicate_updates") => "telegram: updates twice",
            Self::TelegramSetting("reorder_updates") => "telegram: updates out of order",
            Self::TelegramSetting(_) => "telegram: connections refused",
            Self::DiscordSetting("duplicate_events") => "discord: events twice",
            Self::DiscordSetting("refuse_gateway") => "discord: gateway refused",
            Self::DiscordSetting(_) => "discord: connections refused",
            Self::Mute => "telegram: no updates",
            Self::MuteForTooLong => "telegram: gap too long",
            Self::EndSession => "discord: session ended",
        }
    }

    /// What a process of its own can't be struck by.
    fn is_inside(&self) -> bool {
        matches!(
            self,
            Self::Redeploy | Self::LoseLeases | Self::LoseWrites(_)
        )
    }

    /// What it takes on the simulators, from its beginning to its end. Tells how long Discord told
    /// of nothing, if it did.
    pub(super) async fn strike(&self, stage: &Stage) -> Result<Option<Span>> {
        match self {
            Self::Kill { .. } | Self::Redeploy | Self::LoseLeases | Self::LoseWrites(_) => {}
            Self::Telegram(_, path, body) => {
                stage.telegram.post(path, body).await?;
            }
            Self::Discord(_, path, body) => {
                stage.discord.post(path, body).await?;
            }
            Self::TelegramSetting(name) => {
                for is_on in [true, false] {
                    let settings = json!({ *name: is_on });
                    stage.telegram.put("/settings", &settings).await?;
                    lasts(is_on).await;
                }
            }
            Self::DiscordSetting(name) => {
                for is_on in [true, false] {
                    let settings = json!({ *name: is_on });
                    stage.discord.put("/settings", &settings).await?;
                    lasts(is_on).await;
                }
            }
            Self::Mute => mute(stage).await?,
            Self::MuteForTooLong => {
                too_long_after(stage, 0, 0).await?;
                mute(stage).await?;
                // The next message shows the gap.
                lasts(true).await;
                lasts(true).await;
                too_long_after(stage, 1_000, 10_000).await?;
            }
            Self::EndSession => return end_session(stage).await,
        }
        Ok(None)
    }
}

async fn mute(stage: &Stage) -> Result<()> {
    for (way, is_on) in [("mute", true), ("unmute", false)] {
        let path = format!("/users/{}/{way}", stage.linked);
        stage.telegram.post(&path, &json!({})).await?;
        lasts(is_on).await;
    }
    Ok(())
}

async fn too_long_after(stage: &Stage, of_channel: u32, of_account: u32) -> Result<()> {
    let settings = json!({
        "channel_too_long_after": of_channel,
        "difference_too_long_after": of_account,
    });
    stage.telegram.put("/settings", &settings).await.map(drop)
}

/// Until there is another session. What was told before has arrived by then.
async fn end_session(stage: &Stage) -> Result<Option<Span>> {
    let Some(ended) = connected_session(stage, &[]).await? else {
        return Ok(None);
    };
    let from = Instant::now();
    let invalid = json!({"session": ended, "resumable": false});
    stage.discord.post("/gateway/invalidate", &invalid).await?;
    connected_session(stage, &[ended]).await?;
    let until = Instant::now();
    Ok(Some(Span { from, until }))
}

/// One that is none of these, once there is one.
async fn connected_session(stage: &Stage, others: &[String]) -> Result<Option<String>> {
    let deadline = Instant::now() + UNTIL_CONNECTED;
    while Instant::now() < deadline {
        let sessions = stage.discord.get("/sessions").await?;
        for session in sessions.as_array().into_iter().flatten() {
            let id = text(&session["id"])?;
            if session["connected"] == true && !others.contains(&id) {
                return Ok(Some(id));
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(None)
}

async fn lasts(is_on: bool) {
    if is_on {
        tokio::time::sleep(WHILE).await;
    }
}

/// Everything that strikes once is taken back.
pub(super) async fn end_all(stage: &Stage) -> Result<()> {
    stage.telegram.delete("/faults").await?;
    stage.discord.delete("/faults").await?;
    Ok(())
}

/// The faults of a campaign, in their order. The first ones are one of each kind; each other one
/// kills the process, where there is one.
pub(super) fn plan(seed: u64, stage: &Stage, faults: usize, ground: &Ground) -> Vec<Fault> {
    let planned = of_each_kind(seed, stage, faults);
    match ground {
        Ground::Here => planned,
        Ground::Process(_) => {
            let mut rng = StdRng::seed_from_u64(seed ^ 0x6b11);
            let planned = planned.into_iter().enumerate();
            planned
                .map(|(number, fault)| {
                    if number.is_multiple_of(2) || fault.is_inside() {
                        kill(&mut rng)
                    } else {
                        fault
                    }
                })
                .collect()
        }
    }
}

fn kill(rng: &mut StdRng) -> Fault {
    let after = Duration::from_millis(rng.random_range(0..1_000));
    Fault::Kill { after }
}

fn of_each_kind(seed: u64, stage: &Stage, faults: usize) -> Vec<Fault> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0xfa17);
    let kinds = Kinds {
        linked: stage.linked,
    };
    let mut order: Vec<usize> = (0..Kinds::COUNT).collect();
    // What the former owner of a lease had received, and what was not deleted, comes back half a
    // minute later, so that these are the first ones.
    order.swap(0, Kinds::LOSE_LEASES);
    order.swap(1, Kinds::LOSE_WRITES);
    for place in (3..order.len()).rev() {
        order.swap(place, rng.random_range(2..=place));
    }
    (0..faults)
        .map(|number| {
            let kind = match order.get(number) {
                Some(kind) => *kind,
                None => rng.random_range(0..Kinds::COUNT),
            };
            kinds.make(kind, &mut rng)
        })
        .collect()
}

struct Kinds {
    linked: i64,
}

impl Kinds {
    const COUNT: usize = 31;
    const LOSE_LEASES: usize = 1;
    const LOSE_WRITES: usize = 26;

    fn make(&self, kind: usize, rng: &mut StdRng) -> Fault {
        let linked = self.linked;
        match kind {
            0 => kill(rng),
            Self::LOSE_LEASES => Fault::LoseLeases,
            2 => telegram(
                rng,
                &SENDS,
                "telegram: answer lost",
                &json!("lose_response"),
            ),
            3 => telegram(
                rng,
                &SENDS,
                "telegram: request lost",
                &json!("drop_connection"),
            ),
            4 => telegram(
                rng,
                &SENDS,
                "telegram: flood wait",
                &json!({"flood_wait": 1}),
            ),
            5 => {
                let error = json!({"error": {"code": 500, "message": "INTERNAL"}});
                telegram(rng, &SENDS, "telegram: error 500 on a send", &error)
            }
            6 => telegram(
                rng,
                &SENDS,
                "telegram: slow send",
                &json!({"delay_ms": 1_500}),
            ),
            7 => telegram(
                rng,
                &READS,
                "telegram: answer to a read lost",
                &json!("lose_response"),
            ),
            8 => {
                let error = json!({"error": {"code": 500, "message": "INTERNAL"}});
                telegram(rng, &READS, "telegram: error 500 on a read", &error)
            }
            9 => telegram(
                rng,
                &READS,
                "telegram: slow read",
                &json!({"delay_ms": 1_000}),
            ),
            10 => at(linked, "telegram: disconnected", "disconnect"),
            11 => at(linked, "telegram: file references expired", "expire_files"),
            12 => Fault::TelegramSetting("duplicate_updates"),
            13 => Fault::TelegramSetting("reorder_updates"),
            14 => Fault::TelegramSetting("refuse_connections"),
            15 => Fault::Mute,
            16 => discord(rng, "discord: answer lost", &json!("lose_response")),
            17 => discord(rng, "discord: request lost", &json!("drop_connection")),
            18 => {
                let limit = json!({"rate_limit": {"retry_after": 0.7, "global": false}});
                discord(rng, "discord: rate limit", &limit)
            }
            19 => discord(rng, "discord: error 503", &json!({"status": 503})),
            20 => discord(rng, "discord: slow answer", &json!({"delay_ms": 1_200})),
            21 => {
                let cut = json!({"cut_body": {"after": 600}});
                let body = json!({"route": ROUTES[5], "times": 1, "fault": cut});
                Fault::Discord("discord: download cut off", "/faults".to_owned(), body)
            }
            22 => gateway("discord: reconnect", "/gateway/reconnect", json!({})),
            23 => {
                let (path, body) = ("/gateway/invalidate", json!({"resumable": true}));
                gateway("discord: session invalid", path, body)
            }
            24 => gateway("discord: gateway line cut", "/gateway/drop", json!({})),
            25 => gateway("discord: links expired", "/cdn/expire", json!({})),
            Self::LOSE_WRITES => Fault::LoseWrites(rng.random_range(1..=6)),
            27 => Fault::Redeploy,
            28 => Fault::MuteForTooLong,
            29 => Fault::EndSession,
            _ => {
                // Not `reorder_events`, which is stricter than the platform: a session's events are
                // numbered and come over one connection, so the order in which they come is theirs.
                let settings = ["duplicate_events", "refuse_gateway", "refuse_connections"];
                let chosen = settings.choose(rng).copied();
                Fault::DiscordSetting(chosen.unwrap_or("duplicate_events"))
            }
        }
    }
}

fn telegram(rng: &mut StdRng, methods: &[&str], name: &'static str, fault: &Value) -> Fault {
    let method = methods.choose(rng).copied().unwrap_or_default();
    let times = rng.random_range(1..=2);
    let body = json!({"method": method, "times": times, "fault": fault});
    Fault::Telegram(name, "/faults".to_owned(), body)
}

fn discord(rng: &mut StdRng, name: &'static str, fault: &Value) -> Fault {
    let route = ROUTES.choose(rng).copied().unwrap_or_default();
    let times = rng.random_range(1..=2);
    let body = json!({"route": route, "times": times, "fault": fault});
    Fault::Discord(name, "/faults".to_owned(), body)
}

fn gateway(name: &'static str, path: &str, body: Value) -> Fault {
    Fault::Discord(name, path.to_owned(), body)
}

fn at(linked: i64, name: &'static str, what: &str) -> Fault {
    Fault::Telegram(name, format!("/users/{linked}/{what}"), json!({}))
}
