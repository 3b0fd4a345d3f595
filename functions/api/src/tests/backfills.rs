use axum::http::{Method, StatusCode};
use patchbay_app::ports::Control;
use patchbay_domain::backfill::{PageUnderWay, Seen};
use patchbay_domain::ids::{MessageId, PairId};
use patchbay_domain::{Backfill, BackfillFailure, FailReason};
use serde_json::{Value, json};

use super::traffic::Traffic;
use super::world::{Tenant, World, request};

async fn paired(world: &World, name: &str) -> (Tenant, PairId, String) {
    let tenant = world.tenant(name).await;
    let account = world.account(&tenant).await;
    let pair = Traffic::of(world, &tenant, account).await.pair.id;
    let path = format!("/v1/pairs/{pair}/backfill");
    (tenant, pair, path)
}

async fn stored(world: &World, tenant: &Tenant, pair: PairId) -> Option<Backfill> {
    let backfills = &world.ports.backfills;
    backfills.get(tenant.user.id, pair).await.unwrap()
}

async fn change(
    world: &World,
    tenant: &Tenant,
    pair: PairId,
    change: impl FnOnce(Backfill) -> Backfill,
) {
    let present = stored(world, tenant, pair).await.unwrap();
    let version = present.version;
    let changed = change(present);
    let backfills = &world.ports.backfills;
    assert!(backfills.put(&changed, Some(version)).await.unwrap());
}

#[tokio::test]
async fn history_is_asked_for_looked_at_and_cancelled() {
    let world = World::new();
    let (ann, pair, path) = paired(&world, "ann").await;
    let none = world.get(&ann, &path).await;
    insta::assert_snapshot!(none.problem(), @"404 /problems/not-found: Nothing was asked for yet. POST /v1/pairs/{id}/backfill does so.");
    assert_eq!(world.delete(&ann, &path).await.kind(), "not-found");

    let asked = world.post(&ann, &path, json!({ "last": 100 })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    insta::assert_json_snapshot!(asked.body, @r#"
    {
      "advice": null,
      "finished_at": null,
      "found": 0,
      "from": null,
      "last": 100,
      "queued": 0,
      "reason": null,
      "reason_code": null,
      "since": null,
      "started_at": "2026-09-21T14:13:20Z",
      "state": "waiting",
      "to": null,
      "updated_at": "2026-09-21T14:13:20Z"
    }
    "#);
    let control = Control::BackfillChanged {
        owner: ann.user.id,
        pair,
    };
    let told = world.told(ann.connector()).await;
    assert_eq!(told, std::slice::from_ref(&control));
    assert_eq!(world.get(&ann, &path).await.body, asked.body);

    let twice = world.post(&ann, &path, json!({ "last": 5 })).await;
    insta::assert_snapshot!(twice.problem(), @"409 /problems/backfill-under-way: Wait until it is done, or DELETE /v1/pairs/{id}/backfill first.");

    let now = world.ports.clock.now();
    let mut seen = Seen::default();
    seen.find(now);
    seen.queued = 1;
    let page = PageUnderWay {
        last: MessageId(7),
        next: None,
        seen,
    };
    change(&world, &ann, pair, |present| present.queued(page, now)).await;
    let running = world.get(&ann, &path).await;
    let shown = (running.text("state"), &running.body["found"]);
    assert_eq!(shown, ("running", &json!(1)));

    for _ in 0..2 {
        let cancelled = world.delete(&ann, &path).await;
        assert_eq!(cancelled.status, StatusCode::OK);
        let shown = (cancelled.text("state"), &cancelled.body["queued"]);
        assert_eq!(shown, ("cancelled", &json!(1)));
        assert_eq!(cancelled.text("finished_at"), "2026-09-21T14:13:20Z");
    }
    assert_eq!(world.told(ann.connector()).await, [control]);
    let since = json!({ "since": "2026-09-21T16:00:00+02:00" });
    let again = world.post(&ann, &path, since).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{:?}", again.body);
    let shown = (again.text("since"), &again.body["found"]);
    assert_eq!(shown, ("2026-09-21T14:00:00Z", &json!(0)));
}

#[tokio::test]
async fn a_failed_one_says_why_and_what_to_do() {
    let world = World::new();
    let (ann, pair, path) = paired(&world, "ann").await;
    let now = world.ports.clock.now();
    let mut shown = Vec::new();
    for reason in [
        BackfillFailure::SourceClosed,
        BackfillFailure::SourceMoved,
        BackfillFailure::LoggedOut,
        BackfillFailure::Undeliverable {
            reason: FailReason::NotAllowed,
        },
        BackfillFailure::GaveUp {
            last: "no answer".to_owned(),
        },
    ] {
        world.post(&ann, &path, json!({ "last": 1 })).await;
        change(&world, &ann, pair, |present| present.failed(reason, now)).await;
        let failed = world.get(&ann, &path).await;
        assert_eq!(failed.text("state"), "failed");
        let texts = ["reason_code", "reason", "advice"].map(|name| failed.text(name).to_owned());
        shown.push(texts.join("; "));
    }
    insta::assert_snapshot!(shown.join("\n"), @r"
    source_closed; the source's history can't be read; give the account or bot the right to read the source's history, then ask again
    source_moved; the source became a supergroup; ask again, for what was said in the supergroup
    logged_out; the Telegram account is logged out; link the Telegram account again, then ask again
    undeliverable; nothing is delivered: the account or bot may not post there; let the pair deliver again, retry the messages that failed, then ask again
    gave_up; reading failed again and again, at last with: no answer; ask again once the platform answers
    ");
}

#[tokio::test]
async fn what_can_not_be_asked_for_is_named() {
    let world = World::new();
    let (ann, pair, path) = paired(&world, "ann").await;
    let mut shown = Vec::new();
    for body in [
        json!({}),
        json!({ "last": 0 }),
        json!({ "last": 1001 }),
        json!({ "last": -1 }),
        json!({ "last": "many" }),
        json!({ "last": 5, "since": "2026-09-01T00:00:00Z" }),
        json!({ "since": "yesterday" }),
        json!({ "since": "2026-09-21T14:13:20Z" }),
        json!({ "until": 5 }),
    ] {
        let answer = world.post(&ann, &path, body.clone()).await;
        shown.push(format!("{body}\n{}", answer.problem()));
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    {}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /last: is missing; `since` would do as well
    {"last":0}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /last: has to be a number from 1 to 1000
    {"last":1001}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /last: has to be a number from 1 to 1000
    {"last":-1}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /last: has to be a number from 1 to 1000
    {"last":"many"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /last: invalid type: string "many", expected i64
    {"last":5,"since":"2026-09-01T00:00:00Z"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /since: has to be left out where there is `last`
    {"since":"yesterday"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /since: has to be a time by RFC 3339, such as 2026-09-21T14:13:20Z
    {"since":"2026-09-21T14:13:20Z"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /since: has to be in the past
    {"until":5}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /until: unknown field `until`, expected `last` or `since`
    "#);
    assert_eq!(stored(&world, &ann, pair).await, None);
}

#[tokio::test]
async fn a_paused_pair_is_to_be_resumed_first_and_a_deleted_one_has_none() {
    let world = World::new();
    let (ann, pair, path) = paired(&world, "ann").await;
    let of_pair = format!("/v1/pairs/{pair}");
    world
        .post(&ann, &format!("{of_pair}/pause"), Value::Null)
        .await;
    let paused = world.post(&ann, &path, json!({ "last": 5 })).await;
    insta::assert_snapshot!(paused.problem(), @"409 /problems/pair-paused: Resume it first, with POST /v1/pairs/{id}/resume.");
    world
        .post(&ann, &format!("{of_pair}/resume"), Value::Null)
        .await;
    let asked = world.post(&ann, &path, json!({ "last": 5 })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);

    world.delete(&ann, &of_pair).await;
    assert_eq!(stored(&world, &ann, pair).await, None);
    for answer in [
        world.post(&ann, &path, json!({ "last": 5 })).await,
        world.get(&ann, &path).await,
        world.delete(&ann, &path).await,
    ] {
        assert_eq!(answer.kind(), "not-found");
    }
}

#[tokio::test]
async fn a_pair_in_trouble_may_be_tried_all_the_same() {
    let world = World::new();
    let (ann, pair, path) = paired(&world, "ann").await;
    let trouble = Some(&FailReason::NotAllowed);
    let noted = patchbay_app::pairs::note_health(&world.ports, ann.user.id, pair, trouble);
    noted.await.unwrap();
    let asked = world.post(&ann, &path, json!({ "last": 5 })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn nobody_asks_for_or_sees_what_is_anothers() {
    let world = World::new();
    let (ann, pair, path) = paired(&world, "ann").await;
    let (bob, _, _) = paired(&world, "bob").await;
    let forbidden = async || {
        for answer in [
            world.post(&bob, &path, json!({ "last": 5 })).await,
            world.get(&bob, &path).await,
            world.delete(&bob, &path).await,
        ] {
            assert_eq!(answer.kind(), "not-found");
        }
    };
    forbidden().await;
    assert_eq!(stored(&world, &ann, pair).await, None);
    world.post(&ann, &path, json!({ "last": 5 })).await;
    forbidden().await;
    assert!(!stored(&world, &ann, pair).await.unwrap().is_over());
}

#[tokio::test]
async fn a_key_needs_its_scope() {
    let world = World::new();
    let (ann, _, path) = paired(&world, "ann").await;
    world.post(&ann, &path, json!({ "last": 5 })).await;
    let reading = world.api_key(&ann, &["read"]).await;
    let writing = world.api_key(&ann, &["pairs"]).await;
    let shown =
        async |secret: &str, method: Method| world.with_token(secret, method, &path).await.status;
    assert_eq!(shown(&reading, Method::GET).await, StatusCode::OK);
    assert_eq!(shown(&reading, Method::DELETE).await, StatusCode::FORBIDDEN);
    assert_eq!(shown(&writing, Method::GET).await, StatusCode::FORBIDDEN);
    assert_eq!(shown(&writing, Method::DELETE).await, StatusCode::OK);
    let asked = request(Some(&reading), Method::POST, &path, &json!({ "last": 5 }));
    assert_eq!(world.send(asked).await.kind(), "scope-missing");
}

#[tokio::test]
async fn asked_for_again_by_the_same_key_it_is_the_same() {
    let world = World::new();
    let (ann, pair, path) = paired(&world, "ann").await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        let mut asked = request(Some(&ann.token), Method::POST, &path, &json!({ "last": 5 }));
        let key = "\"one\"".parse().unwrap();
        asked.headers_mut().insert("idempotency-key", key);
        let answer = world.send(asked).await;
        answers.push((answer.status, answer.body));
    }
    assert_eq!(answers[0].0, StatusCode::ACCEPTED);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(stored(&world, &ann, pair).await.unwrap().version, 1);
}
