use std::time::Duration;

use patchbay_domain::ids::SessionId;
use patchbay_domain::session::{Device, IDLE_LIFETIME, Renewal, Session};
use patchbay_domain::token::RefreshToken;

use super::Subject;
use crate::ports::PortResult;

fn session(subject: &Subject) -> (Session, RefreshToken) {
    let token = RefreshToken {
        owner: subject.owner(),
        session: SessionId::from_bits(subject.id()),
        generation: 0,
        family_secret: subject.ports.ids.secret(),
        secret: subject.ports.ids.secret(),
    };
    let device = Device::new(Some("curl/8"), Some([192, 0, 2, 7].into()));
    (Session::begin(&token, device, subject.now()), token)
}

pub(super) async fn a_session_is_kept_until_it_expires_or_is_removed(
    subject: &Subject,
) -> PortResult<()> {
    let sessions = &subject.ports.sessions;
    let (first, _) = session(subject);
    let second = Session {
        id: SessionId::from_bits(subject.id()),
        expires_at: first.expires_at.plus(Duration::from_hours(1)),
        ..first.clone()
    };
    assert_eq!(sessions.get(first.owner, first.id).await?, None);
    for session in [&first, &second] {
        sessions.put(session).await?;
    }
    let owner = first.owner;
    assert_eq!(sessions.get(owner, first.id).await?.as_ref(), Some(&first));
    assert_eq!(
        sessions.of_user(owner).await?,
        [first.clone(), second.clone()]
    );
    assert_eq!(sessions.get(subject.owner(), first.id).await?, None);
    assert_eq!(sessions.of_user(subject.owner()).await?, []);
    sessions.remove(subject.owner(), second.id).await?;

    subject.clock.advance(IDLE_LIFETIME);
    assert_eq!(sessions.get(owner, first.id).await?, None);
    assert_eq!(
        sessions.of_user(owner).await?,
        std::slice::from_ref(&second)
    );
    sessions.remove(owner, second.id).await?;
    sessions.remove(owner, second.id).await?;
    assert_eq!(sessions.of_user(owner).await?, []);
    Ok(())
}

pub(super) async fn of_many_that_renew_a_session_one_wins(subject: &Subject) -> PortResult<()> {
    let (present, token) = session(subject);
    subject.ports.sessions.put(&present).await?;
    let mut attempts = tokio::task::JoinSet::new();
    for secret in 0..8 {
        let sessions = subject.ports.sessions.clone();
        let Renewal::Next(next, _) = present.renew(&token, secret, subject.now()) else {
            continue;
        };
        let present = present.clone();
        attempts.spawn(async move { (sessions.replace(&present, &next).await, next) });
    }
    let mut winners = Vec::new();
    for (won, next) in attempts.join_all().await {
        if won? {
            winners.push(*next);
        }
    }
    let found = subject
        .ports
        .sessions
        .get(present.owner, present.id)
        .await?;
    assert_eq!(winners, Vec::from_iter(found), "one, and it stands there");
    Ok(())
}

pub(super) async fn a_session_that_was_used_or_is_gone_is_not_replaced(
    subject: &Subject,
) -> PortResult<()> {
    let sessions = &subject.ports.sessions;
    let (present, token) = session(subject);
    let (owner, id) = (present.owner, present.id);
    sessions.put(&present).await?;
    let later = subject.now().plus(Duration::from_secs(7));
    sessions.mark_used(owner, id, 1, later).await?;
    assert_eq!(sessions.get(owner, id).await?.as_ref(), Some(&present));
    sessions.mark_used(owner, id, 0, later).await?;
    let used = Session {
        is_used: true,
        last_used_at: later,
        ..present.clone()
    };
    assert_eq!(sessions.get(owner, id).await?.as_ref(), Some(&used));
    if let Renewal::Next(next, _) = present.renew(&token, 7, subject.now()) {
        assert!(!sessions.replace(&present, &next).await?, "used by now");
        sessions.remove(owner, id).await?;
        assert!(!sessions.replace(&used, &next).await?, "gone");
    }
    sessions.mark_used(owner, id, 0, later).await?;
    assert_eq!(sessions.get(owner, id).await?, None);
    Ok(())
}
