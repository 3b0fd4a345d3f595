use std::sync::Arc;

use axum::http::{Method, StatusCode, header};
use patchbay_domain::Plan;
use patchbay_domain::ids::{AccountId, PairId};
use patchbay_domain::pair::bounds;
use serde_json::{Value, json};

use super::world::{Answer, Tenant, World, discord, request, telegram};

const PAIRS: &str = "/v1/pairs";

async fn linked(world: &World, name: &str) -> (Tenant, AccountId) {
    let tenant = world.tenant(name).await;
    let account = world.account(&tenant).await;
    world.guild(&tenant, 7).await;
    (tenant, account)
}

/// A pair from the account's first chat to the first channel, with these options.
async fn made(world: &World, tenant: &Tenant, account: AccountId, options: Value) -> Answer {
    let mut body = options;
    body["source"] = telegram(account, 1);
    body["destination"] = discord(7, 11);
    let made = world.post(tenant, PAIRS, body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
    made
}

fn etag(answer: &Answer) -> &str {
    answer.headers[header::ETAG].to_str().unwrap()
}

async fn send(
    world: &World,
    tenant: &Tenant,
    method: Method,
    path: &str,
    condition: Option<(header::HeaderName, &str)>,
    body: &Value,
) -> Answer {
    let mut request = request(Some(&tenant.token), method, path, body);
    if let Some((name, tag)) = condition {
        request.headers_mut().insert(name, tag.parse().unwrap());
    }
    world.send(request).await
}

async fn patch(world: &World, tenant: &Tenant, path: &str, tag: &str, body: Value) -> Answer {
    let condition = Some((header::IF_MATCH, tag));
    send(world, tenant, Method::PATCH, path, condition, &body).await
}

fn many_options() -> Value {
    json!({
        "name": "News", "mode": "forward", "silent": "always", "delay": 60,
        "events": { "edits": false, "media": ["photo"] },
        "filters": { "block_words": ["casino"], "allow_media": ["photo"] },
        "replacements": [{ "find": "a", "with": "b" }],
        "header": "**Top**", "gap_policy": { "last": 5 },
    })
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_resets() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let first = made(&world, &ann, account, many_options()).await;
    let path = format!("{PAIRS}/{}", first.text("id"));
    assert_eq!(etag(&first), "\"1\"");
    let second = patch(
        &world,
        &ann,
        &path,
        "\"1\"",
        json!({
            "mode": null, "events": { "media": null }, "filters": { "block_words": ["x", "y"] },
            "header": null, "gap_policy": "skip", "footer": "end",
        }),
    )
    .await;
    assert_eq!((second.status, etag(&second)), (StatusCode::OK, "\"2\""));
    insta::assert_json_snapshot!(second.body, @r#"
    {
      "appear_as": null,
      "created_at": "2026-09-21T14:13:20Z",
      "delay": 60,
      "destination": {
        "channel": "11",
        "guild": "7",
        "platform": "discord"
      },
      "duplicates": "forward",
      "events": {
        "deletions": true,
        "edits": false,
        "media": [
          "photo",
          "video",
          "audio",
          "voice",
          "round_video",
          "animation",
          "sticker",
          "document",
          "other"
        ],
        "reactions": false,
        "replies": true
      },
      "filters": {
        "allow_authors": [],
        "allow_media": [
          "photo"
        ],
        "allow_patterns": [],
        "allow_words": [],
        "block_authors": [],
        "block_media": [],
        "block_patterns": [],
        "block_words": [
          "x",
          "y"
        ]
      },
      "footer": "end",
      "gap_policy": "skip",
      "header": null,
      "id": "pair_00000000000000000000000000000006",
      "mode": "copy",
      "name": "News",
      "replacements": [
        {
          "case": "sensitive",
          "find": "a",
          "kind": "literal",
          "with": "b"
        }
      ],
      "silent": "always",
      "source": {
        "account": "acc_00000000000000000000000000000004",
        "chat": "1",
        "platform": "telegram"
      },
      "state": "active",
      "trouble": null
    }
    "#);
    assert_eq!(world.get(&ann, &path).await.body, second.body);

    let all_reset = patch(
        &world,
        &ann,
        &path,
        "*",
        json!({ "filters": null, "delay": null }),
    );
    let all_reset = all_reset.await.body;
    assert_eq!(all_reset["filters"]["block_words"], json!([]));
    assert_eq!(
        (&all_reset["delay"], &all_reset["name"]),
        (&json!(0), &json!("News"))
    );
}

#[tokio::test]
async fn a_patch_has_a_type_of_its_own_and_may_change_nothing() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let pair = made(&world, &ann, account, json!({ "delay": 0 })).await;
    let path = format!("{PAIRS}/{}", pair.text("id"));
    let mut typed = request(
        Some(&ann.token),
        Method::PATCH,
        &path,
        &json!({ "delay": 0 }),
    );
    let headers = typed.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        "application/merge-patch+json".parse().unwrap(),
    );
    headers.insert(header::IF_MATCH, "\"1\"".parse().unwrap());
    let typed = world.send(typed).await;
    assert_eq!((typed.status, etag(&typed)), (StatusCode::OK, "\"1\""));
}

#[tokio::test]
async fn a_change_meets_the_version_that_it_expects() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let pair = made(&world, &ann, account, json!({})).await;
    let path = format!("{PAIRS}/{}", pair.text("id"));
    let body = json!({ "name": "x" });
    let without = send(&world, &ann, Method::PATCH, &path, None, &body).await;
    insta::assert_snapshot!(without.problem(), @"428 /problems/precondition-required: Send `if-match` and the ETag of what you have read, so that nobody else's change is lost; or `if-match: *` to change whatever is there.");
    assert_eq!(
        patch(&world, &ann, &path, "\"1\"", body.clone())
            .await
            .status,
        StatusCode::OK
    );
    let late = patch(&world, &ann, &path, "\"1\"", json!({ "name": "y" })).await;
    insta::assert_snapshot!(late.problem(), @"412 /problems/precondition-failed: The pair was changed since you read it. GET it again, look at what has changed, and repeat your change with its new ETag.");
    assert_eq!(etag(&late), "\"2\"");
    let old = || Some((header::IF_MATCH, "\"1\", W/\"2\""));
    for (method, path) in [
        (Method::POST, format!("{path}/pause")),
        (Method::POST, format!("{path}/resume")),
        (Method::DELETE, path.clone()),
    ] {
        let answer = send(&world, &ann, method, &path, old(), &Value::Null).await;
        assert_eq!(answer.kind(), "precondition-failed", "{path}");
    }
    let pair = world.get(&ann, &path).await;
    assert_eq!((pair.text("name"), pair.text("state")), ("x", "active"));

    let known = Some((header::IF_NONE_MATCH, "W/\"2\""));
    let same = send(&world, &ann, Method::GET, &path, known, &Value::Null).await;
    assert_eq!(
        (same.status, etag(&same), &same.body),
        (StatusCode::NOT_MODIFIED, "\"2\"", &Value::Null)
    );
    let known = Some((header::IF_NONE_MATCH, "\"1\""));
    let other = send(&world, &ann, Method::GET, &path, known, &Value::Null).await;
    assert_eq!(other.body, pair.body);
    let present = Some((header::IF_MATCH, "\"2\""));
    let gone = send(&world, &ann, Method::DELETE, &path, present, &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_is_wrong_with_options_is_told_by_its_place() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let pair = made(&world, &ann, account, json!({})).await;
    let path = format!("{PAIRS}/{}", pair.text("id"));
    let bodies = [
        json!({ "source": telegram(account, 2), "destination": null, "state": "paused" }),
        json!({ "colour": null }),
        json!({ "mode": "move" }),
        json!({ "delay": -1 }),
        json!({ "delay": 43_201, "name": "" }),
        json!({ "events": { "media": ["photo", "smell"] } }),
        json!({ "filters": { "block_words": ["a", "b", 3] } }),
        json!({ "filters": { "block_words": ["a", "b", "c", " "], "allow_patterns": ["ok", "a("] } }),
        json!({ "filters": { "words": [] } }),
        json!({ "replacements": [{ "find": "a" }] }),
        json!({ "replacements": [{ "find": "a*", "with": "", "kind": "pattern" }] }),
        json!({ "gap_policy": { "last": 1001 } }),
        json!({ "gap_policy": "most" }),
        json!({ "appear_as": { "name": "My Discord", "avatar_url": "http://example.com/a.png" } }),
        json!([]),
    ];
    let mut shown = Vec::new();
    for body in bodies {
        let answer = patch(&world, &ann, &path, "*", body.clone()).await;
        shown.push(format!("{body}\n{}", answer.problem()));
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    {"destination":null,"source":{"account":"acc_00000000000000000000000000000004","chat":"2","platform":"telegram"},"state":"paused"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /source: stays as it is; POST /v1/pairs/{id}/duplicate makes a pair with another
      /destination: stays as it is; POST /v1/pairs/{id}/duplicate makes a pair with another
      /state: is changed with POST /v1/pairs/{id}/pause and /v1/pairs/{id}/resume
    {"colour":null}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /colour: unknown field `colour`, expected one of `name`, `mode`, `silent`, `delay`, `events`, `filters`, `replacements`, `appear_as`, `header`, `footer`, `gap_policy`, `duplicates`
    {"mode":"move"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /mode: unknown variant `move`, expected `copy` or `forward`
    {"delay":-1}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /delay: invalid value: integer `-1`, expected u32
    {"delay":43201,"name":""}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /name: has to be 1 to 64 characters long
      /delay: has to be at most 43200 seconds
    {"events":{"media":["photo","smell"]}}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /events/media/1: unknown variant `smell`, expected one of `photo`, `video`, `audio`, `voice`, `round_video`, `animation`, `sticker`, `document`, `other`
    {"filters":{"block_words":["a","b",3]}}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /filters/block_words/2: invalid type: integer `3`, expected a string
    {"filters":{"allow_patterns":["ok","a("],"block_words":["a","b","c"," "]}}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /filters/block_words/3: has to be more than white space
      /filters/allow_patterns/1: is no regular expression: at character 2: unclosed group
    {"filters":{"words":[]}}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /filters/words: unknown field `words`, expected one of `allow_words`, `block_words`, `allow_patterns`, `block_patterns`, `allow_media`, `block_media`, `allow_authors`, `block_authors`
    {"replacements":[{"find":"a"}]}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /replacements/0/with: is missing
    {"replacements":[{"find":"a*","kind":"pattern","with":""}]}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /replacements/0/find: finds the empty text, which is everywhere
    {"gap_policy":{"last":1001}}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /gap_policy/last: has to be from 1 to 1000
    {"gap_policy":"most"}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /gap_policy: unknown variant `most`, expected one of `all`, `last`, `skip`
    {"appear_as":{"avatar_url":"http://example.com/a.png","name":"My Discord"}}
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /appear_as/name: may not have "discord" in it
      /appear_as/avatar_url: has to be an address that begins with https://
    []
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      : invalid type: sequence, expected an object
    "#);
    assert_eq!(world.get(&ann, &path).await.body, pair.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pairs_made_at_once_stay_within_the_plan() {
    let world = Arc::new(World::new());
    let (ann, account) = linked(&world, "ann").await;
    let ann = Arc::new(ann);
    // Each place to each after it: no two alike, and no loop.
    let places = [
        telegram(account, 4),
        telegram(account, 1),
        telegram(account, 2),
        discord(7, 11),
        discord(7, 12),
    ];
    let mut creations = tokio::task::JoinSet::new();
    for (from, to) in (0..5).flat_map(|from| (from + 1..5).map(move |to| (from, to))) {
        let (world, ann) = (Arc::clone(&world), Arc::clone(&ann));
        let body = json!({ "source": places[from], "destination": places[to] });
        creations.spawn(async move { world.post(&ann, PAIRS, body).await });
    }
    let answers = creations.join_all().await;
    let count = |kind: &str| {
        answers
            .iter()
            .filter(|answer| answer.kind() == kind)
            .count()
    };
    let limit = Plan::Free.limits().pairs;
    assert_eq!((count(""), count("plan-limit")), (limit, 10 - limit));
    let refused = answers.iter().find(|answer| answer.kind() == "plan-limit");
    insta::assert_snapshot!(refused.unwrap().problem(), @"403 /problems/plan-limit: Your plan allows 5 pairs. Remove one, or choose a larger plan.");
    let pairs = world.ports.pairs.of_user(ann.user.id).await.unwrap().pairs;
    assert_eq!(pairs.len(), limit);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_pair_stays_on_a_server_that_was_unlinked() {
    let world = Arc::new(World::new());
    let (ann, account) = linked(&world, "ann").await;
    let ann = Arc::new(ann);
    for _ in 0..60 {
        world.guild(&ann, 7).await;
        let both = {
            let (world, ann) = (Arc::clone(&world), Arc::clone(&ann));
            let (other, tenant) = (Arc::clone(&world), Arc::clone(&ann));
            let body = json!({ "source": telegram(account, 1), "destination": discord(7, 11) });
            let mut both = tokio::task::JoinSet::new();
            both.spawn(async move { (0, world.post(&ann, PAIRS, body).await) });
            both.spawn(async move { (1, other.delete(&tenant, "/v1/discord/guilds/7").await) });
            both
        };
        let mut answers = both.join_all().await;
        answers.sort_by_key(|(place, _)| *place);
        let [(_, made), (_, unlinked)] = &answers[..] else {
            panic!("two were asked")
        };
        let pairs = world.ports.pairs.of_user(ann.user.id).await.unwrap().pairs;
        let is_unlinked = unlinked.status == StatusCode::NO_CONTENT;
        assert_eq!(
            pairs.is_empty(),
            is_unlinked,
            "{:?} {:?}",
            made.body,
            unlinked.body
        );
        for pair in pairs {
            world.delete(&ann, &format!("{PAIRS}/{}", pair.id)).await;
        }
    }
}

#[tokio::test]
async fn many_are_paused_and_resumed_at_once() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let (bob, bobs) = linked(&world, "bob").await;
    let theirs = made(&world, &bob, bobs, json!({})).await;
    let mut ids = Vec::new();
    for chat in [1, 2] {
        let body = json!({ "source": telegram(account, chat), "destination": discord(7, 11) });
        ids.push(world.post(&ann, PAIRS, body).await.text("id").to_owned());
    }
    world.told(ann.connector()).await;
    let outcomes = async |path: &str, body: Value| -> Vec<(String, String)> {
        let answer = world.post(&ann, path, body).await;
        let results = answer.body["results"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        results
            .iter()
            .map(|one| (text(&one["id"]), text(&one["outcome"])))
            .collect()
    };
    let outcome = |id: &str, outcome: &str| (id.to_owned(), outcome.to_owned());
    let pause = "/v1/pairs/pause";
    let named = json!({ "pairs": [ids[0], theirs.text("id"), ids[0]] });
    let mut done = outcomes(pause, named).await;
    done.sort();
    let mut expected = [
        outcome(&ids[0], "changed"),
        outcome(theirs.text("id"), "not_found"),
    ];
    expected.sort();
    assert_eq!(done, expected);
    assert_eq!(world.told(ann.connector()).await.len(), 1);
    let all = outcomes(pause, json!({ "all": true })).await;
    assert_eq!(
        all,
        [outcome(&ids[0], "unchanged"), outcome(&ids[1], "changed")]
    );
    let all = outcomes("/v1/pairs/resume", json!({ "all": true })).await;
    assert_eq!(
        all,
        [outcome(&ids[0], "changed"), outcome(&ids[1], "changed")]
    );
    let of_bob = world
        .get(&bob, &format!("{PAIRS}/{}", theirs.text("id")))
        .await;
    assert_eq!(of_bob.body, theirs.body);

    let mut shown = Vec::new();
    for body in [
        json!({}),
        json!({ "all": false }),
        json!({ "all": true, "pairs": [ids[0]] }),
        json!({ "pairs": [] }),
        json!({ "pairs": ["pair_1"] }),
    ] {
        shown.push(world.post(&ann, pause, body).await.problem());
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /pairs: is missing
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /all: has to be true, or left out
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /all: has no place beside `pairs`
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /pairs: has to be 1 to 100 long
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /pairs/0: not a pair id: expected pair_ and 32 hexadecimal digits
    "#);
}

#[tokio::test]
async fn a_duplicate_has_the_options_and_another_end() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let first = made(&world, &ann, account, json!({ "name": "News", "delay": 5 })).await;
    let path = format!("{PAIRS}/{}/duplicate", first.text("id"));
    let body = json!({ "destination": discord(7, 12), "name": null, "silent": "always" });
    let other = world.post(&ann, &path, body).await;
    assert_eq!((other.status, etag(&other)), (StatusCode::CREATED, "\"1\""));
    let location = format!("{PAIRS}/{}", other.text("id"));
    assert_eq!(other.headers[header::LOCATION], location.as_str());
    assert_eq!(other.body["source"], first.body["source"]);
    assert_eq!(other.body["destination"], discord(7, 12));
    assert_eq!(
        (&other.body["delay"], &other.body["name"]),
        (&json!(5), &Value::Null)
    );
    assert_eq!(other.text("silent"), "always");
    assert_eq!(
        world.post(&ann, &path, json!({})).await.kind(),
        "pair-duplicate"
    );
    let wrong = json!({ "source": { "platform": "discord", "guild": "7" } });
    let wrong = world.post(&ann, &path, wrong).await;
    insta::assert_snapshot!(wrong.problem(), @r#"
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /source/channel: is missing
    "#);
}

#[tokio::test]
async fn a_preview_shows_what_would_become_of_a_message() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let pair = made(
        &world,
        &ann,
        account,
        json!({ "mode": "forward", "filters": { "block_words": ["spam"] }, "footer": "_end_" }),
    )
    .await;
    let preview = async |body: Value| world.post(&ann, "/v1/pairs/preview", body).await;
    let passed = preview(json!({
        "pair": pair.text("id"),
        "message": { "text": "1 * 2", "author": { "name": "Ann" } },
    }))
    .await;
    insta::assert_json_snapshot!(passed.body, @r#"
    {
      "delay": 0,
      "markdown": "**Ann**\n1 \\* 2\n_end_",
      "media": [],
      "outcome": "passed",
      "silent": false,
      "text": "Ann\n1 * 2\nend"
    }
    "#);
    let filtered =
        preview(json!({ "pair": pair.text("id"), "message": { "text": "Spam!" } })).await;
    insta::assert_json_snapshot!(filtered.body, @r#"
    {
      "outcome": "filtered",
      "rule": {
        "explanation": "a blocked word is in it",
        "name": "block_word",
        "value": "spam"
      }
    }
    "#);
    let media = preview(json!({
        "options": { "events": { "media": ["photo"] }, "delay": 3 },
        "message": { "text": "", "media": ["photo", "voice"] },
    }))
    .await;
    assert_eq!(
        (&media.body["media"], &media.body["delay"]),
        (&json!(["photo"]), &json!(3))
    );
    let mut shown = Vec::new();
    for body in [
        json!({ "message": { "text": "x" } }),
        json!({ "options": {}, "pair": pair.text("id"), "message": { "text": "x" } }),
        json!({ "options": { "filters": { "block_patterns": ["("] } }, "message": { "text": "x" } }),
        json!({ "options": {}, "message": { "text": "x".repeat(4097) } }),
    ] {
        shown.push(preview(body).await.problem());
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /options: is missing, and so is `pair`
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /options: has no place beside `pair`
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /options/filters/block_patterns/0: is no regular expression: at character 1: unclosed group
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /message/text: has to be at most 4096 characters long
    "#);
}

#[tokio::test]
async fn pairs_are_found_by_their_state_ends_and_name() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let other = world.account(&ann).await;
    let mut ids = Vec::new();
    for (source, destination, name) in [
        (telegram(account, 1), discord(7, 11), "Große News"),
        (telegram(other, 1), telegram(account, 2), "talk"),
        (telegram(other, 4), telegram(other, 2), "other talk"),
    ] {
        let body = json!({ "source": source, "destination": destination, "name": name });
        ids.push(world.post(&ann, PAIRS, body).await.text("id").to_owned());
    }
    world
        .post(&ann, &format!("{PAIRS}/{}/pause", ids[2]), Value::Null)
        .await;
    for (query, expected) in [
        ("state=paused".to_owned(), &[2][..]),
        ("platform=discord".to_owned(), &[0]),
        ("platform=telegram".to_owned(), &[0, 1, 2]),
        (format!("account={account}"), &[0, 1]),
        ("guild=7".to_owned(), &[0]),
        ("guild=8".to_owned(), &[]),
        ("query=TALK".to_owned(), &[1, 2]),
        ("query=gro%C3%9Fe".to_owned(), &[0]),
        ("query=talk&state=active".to_owned(), &[1]),
    ] {
        let page = world.get(&ann, &format!("{PAIRS}?{query}")).await.body;
        let found = page["items"].as_array().unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|pair| pair["id"].as_str().unwrap())
            .collect();
        let expected: Vec<_> = expected.iter().map(|place| ids[*place].as_str()).collect();
        assert_eq!(found, expected, "{query}");
    }
    for query in [
        "state=gone",
        "platform=matrix",
        "account=7",
        "guild=x",
        "name=x",
    ] {
        let answer = world.get(&ann, &format!("{PAIRS}?{query}")).await;
        assert_eq!(answer.kind(), "invalid-query", "{query}");
    }
}

#[tokio::test]
async fn options_are_nothing_to_others() {
    let world = World::new();
    let (ann, account) = linked(&world, "ann").await;
    let (bob, _) = linked(&world, "bob").await;
    let pair = made(&world, &ann, account, json!({})).await;
    for id in [
        pair.text("id").to_owned(),
        PairId::from_bits(u128::MAX).to_string(),
    ] {
        let path = format!("{PAIRS}/{id}");
        let body = json!({ "name": "mine" });
        for tag in [None, Some((header::IF_MATCH, "*"))] {
            let answer = send(&world, &bob, Method::PATCH, &path, tag, &body).await;
            assert_eq!(answer.kind(), "not-found");
        }
        let other = world
            .post(&bob, &format!("{path}/duplicate"), json!({}))
            .await;
        assert_eq!(other.kind(), "not-found");
        let preview = json!({ "pair": id, "message": { "text": "x" } });
        let preview = world.post(&bob, "/v1/pairs/preview", preview).await;
        assert_eq!(preview.kind(), "not-found");
    }
    let path = format!("{PAIRS}/{}", pair.text("id"));
    assert_eq!(world.get(&ann, &path).await.body, pair.body);
}

#[tokio::test]
async fn the_document_states_the_bounds() {
    let world = World::new();
    let document = world
        .call(Method::GET, "/openapi.json", Value::Null)
        .await
        .body;
    let schemas = &document["components"]["schemas"];
    for name in ["Pair", "CreatePair", "DuplicatePair", "PatchPair"] {
        let fields = &schemas[name]["properties"];
        let lists = &fields["filters"]["properties"];
        let stated = [
            &fields["name"]["maxLength"],
            &fields["header"]["maxLength"],
            &fields["footer"]["maxLength"],
            &fields["delay"]["maximum"],
            &fields["replacements"]["maxItems"],
            &lists["allow_words"]["maxItems"],
            &lists["block_words"]["maxItems"],
            &lists["allow_patterns"]["maxItems"],
            &lists["block_patterns"]["maxItems"],
            &lists["allow_authors"]["maxItems"],
            &lists["block_authors"]["maxItems"],
        ];
        let bounds = [
            bounds::NAME,
            bounds::LINES,
            bounds::LINES,
            bounds::DELAY as usize,
            bounds::REPLACEMENTS,
            bounds::WORDS,
            bounds::WORDS,
            bounds::PATTERNS,
            bounds::PATTERNS,
            bounds::AUTHORS,
            bounds::AUTHORS,
        ];
        assert_eq!(
            stated.map(Value::as_u64),
            bounds.map(|bound| Some(bound as u64)),
            "{name}"
        );
    }
    for name in ["Pair", "CreatePair", "DuplicatePair"] {
        assert!(schemas[name]["properties"]["source"].is_object(), "{name}");
    }
    assert_eq!(
        schemas["CreatePair"]["required"],
        json!(["source", "destination"])
    );
    assert_eq!(
        schemas["PatchPair"]["properties"]["delay"]["type"],
        json!(["integer", "null"])
    );
    assert_eq!(schemas["FilterWord"]["maxLength"], bounds::WORD);
    assert_eq!(schemas["FilterPattern"]["maxLength"], bounds::PATTERN);
    let replacement = &schemas["Replacement"]["properties"];
    assert_eq!(replacement["find"]["maxLength"], bounds::FIND);
    assert_eq!(replacement["with"]["maxLength"], bounds::WITH);
    assert!(schemas["ManyPairs"]["oneOf"].is_array() && schemas["GapPolicy"]["oneOf"].is_array());
}
