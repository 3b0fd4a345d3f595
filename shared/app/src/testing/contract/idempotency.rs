use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::Subject;
use crate::ports::{Begun, Digest, Execution, IdempotencyKey, KeptAnswer, PortResult};

const LEASE: Duration = Duration::from_mins(1);
const KEPT: Duration = Duration::from_hours(24);
const ONE: Digest = Digest([1; 32]);
const OTHER: Digest = Digest([2; 32]);

fn key(subject: &Subject) -> IdempotencyKey {
    IdempotencyKey {
        owner: subject.owner(),
        hash: Digest([7; 32]),
    }
}

fn execution(subject: &Subject, fingerprint: Digest) -> Execution {
    Execution {
        id: subject.id(),
        fingerprint,
        began_at: subject.now(),
        lease: LEASE,
    }
}

fn answer(text: &str) -> KeptAnswer {
    KeptAnswer {
        status: 201,
        headers: vec![("location".to_owned(), "/v1/pairs/pair_1".to_owned())],
        body: SecretString::from(text.to_owned()),
    }
}

/// In short: what stands behind a key.
fn shown(begun: &Begun) -> String {
    match begun {
        Begun::First => "first".to_owned(),
        Begun::InProgress { fingerprint } => format!("in progress {}", fingerprint.0[0]),
        Begun::Done {
            fingerprint,
            answer,
        } => {
            let KeptAnswer {
                status,
                headers,
                body,
            } = answer;
            let body = body.expose_secret();
            format!("done {} {status} {headers:?} {body}", fingerprint.0[0])
        }
    }
}

pub(super) async fn a_request_is_first_once_and_then_answered(subject: &Subject) -> PortResult<()> {
    let port = &subject.ports.idempotency;
    let key = key(subject);
    let first = execution(subject, ONE);
    for _ in 0..2 {
        assert_eq!(shown(&port.begin(&key, &first).await?), "first");
    }
    let second = execution(subject, OTHER);
    assert_eq!(shown(&port.begin(&key, &second).await?), "in progress 1");
    port.abandon(&key, &second).await?;
    let lost = port
        .complete(&key, &second, &answer("lost"), subject.now().plus(KEPT))
        .await?;
    assert!(!lost, "it never had the key");

    let until = subject.now().plus(KEPT);
    for _ in 0..2 {
        assert!(
            port.complete(&key, &first, &answer("made ✓"), until)
                .await?
        );
    }
    port.abandon(&key, &first).await?;
    let done = r#"done 1 201 [("location", "/v1/pairs/pair_1")] made ✓"#;
    assert_eq!(shown(&port.begin(&key, &second).await?), done);
    let stranger = IdempotencyKey {
        owner: subject.owner(),
        ..key
    };
    assert_eq!(shown(&port.begin(&stranger, &second).await?), "first");
    Ok(())
}

pub(super) async fn a_key_is_free_again_in_the_end(subject: &Subject) -> PortResult<()> {
    let port = &subject.ports.idempotency;
    let key = key(subject);
    let abandoned = execution(subject, ONE);
    port.begin(&key, &abandoned).await?;
    port.abandon(&key, &abandoned).await?;
    port.abandon(&key, &abandoned).await?;

    let crashed = execution(subject, OTHER);
    assert_eq!(shown(&port.begin(&key, &crashed).await?), "first");
    let almost = LEASE
        .checked_sub(Duration::from_millis(1))
        .unwrap_or_default();
    subject.clock.advance(almost);
    let early = execution(subject, ONE);
    assert_eq!(shown(&port.begin(&key, &early).await?), "in progress 2");
    subject.clock.advance(Duration::from_millis(1));
    let next = execution(subject, ONE);
    assert_eq!(shown(&port.begin(&key, &next).await?), "first");
    let until = subject.now().plus(KEPT);
    let late = port
        .complete(&key, &crashed, &answer("late"), until)
        .await?;
    assert!(!late, "the key has passed on");
    assert!(port.complete(&key, &next, &answer(""), until).await?);

    subject.clock.advance(KEPT);
    let tomorrow = execution(subject, OTHER);
    assert_eq!(shown(&port.begin(&key, &tomorrow).await?), "first");
    Ok(())
}

pub(super) async fn of_many_that_begin_one_is_first(subject: &Subject) -> PortResult<()> {
    let key = key(subject);
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (port, key) = (subject.ports.idempotency.clone(), key.clone());
        let execution = execution(subject, ONE);
        attempts.spawn(async move { port.begin(&key, &execution).await });
    }
    let begun: PortResult<Vec<_>> = attempts.join_all().await.into_iter().collect();
    let mut begun: Vec<String> = begun?.iter().map(shown).collect();
    begun.sort();
    begun.dedup_by(|one, other| one == "in progress 1" && one == other);
    assert_eq!(begun, ["first", "in progress 1"]);
    Ok(())
}

pub(super) async fn whoever_leaves_leaves_no_answer(subject: &Subject) -> PortResult<()> {
    let port = &subject.ports.idempotency;
    let (mine, theirs) = (key(subject), key(subject));
    let until = subject.now().plus(KEPT);
    for key in [&mine, &theirs] {
        let execution = execution(subject, ONE);
        port.begin(key, &execution).await?;
        assert!(
            port.complete(key, &execution, &answer("made"), until)
                .await?
        );
    }
    for _ in 0..2 {
        port.remove_all(mine.owner).await?;
    }
    let again = execution(subject, OTHER);
    assert_eq!(shown(&port.begin(&mine, &again).await?), "first");
    let kept = shown(&port.begin(&theirs, &again).await?);
    assert!(kept.starts_with("done 1"), "{kept}");
    Ok(())
}
