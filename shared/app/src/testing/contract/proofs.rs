use std::time::Duration;

use patchbay_domain::ids::UserId;
use patchbay_domain::throttle::{Attempt, Subject as Who, Window};
use patchbay_domain::token::TokenHash;

use super::Subject;
use crate::ports::{PortResult, Proof, Proven};

fn proof(subject: &Subject) -> (TokenHash, Proof) {
    let token = TokenHash::of(&format!(
        "{:032x}",
        subject.ports.ids.secret() ^ subject.id()
    ));
    let of = Proven::Forgotten {
        user: UserId::from_bits(subject.id()),
    };
    let expires_at = subject.now().plus(Duration::from_hours(1));
    (token, Proof { of, expires_at })
}

pub(super) async fn a_proof_is_taken_once(subject: &Subject) -> PortResult<()> {
    let proofs = &subject.ports.proofs;
    let (token, proof) = proof(subject);
    assert_eq!(proofs.take(token).await?, None);
    proofs.put(token, &proof).await?;
    assert_eq!(proofs.take(TokenHash::of("another")).await?, None);
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let proofs = proofs.clone();
        attempts.spawn(async move { proofs.take(token).await });
    }
    let mut winners = Vec::new();
    for attempt in attempts.join_all().await {
        winners.extend(attempt?);
    }
    assert_eq!(winners, [proof], "of many that take it one gets it");
    Ok(())
}

pub(super) async fn a_proof_expires(subject: &Subject) -> PortResult<()> {
    let proofs = &subject.ports.proofs;
    let (token, proof) = proof(subject);
    proofs.put(token, &proof).await?;
    subject.clock.set(proof.expires_at);
    assert_eq!(proofs.take(token).await?, None);
    Ok(())
}

pub(super) async fn no_more_tries_than_allowed_pass_at_once(subject: &Subject) -> PortResult<()> {
    let email = subject.user()?.email;
    let length = Duration::from_hours(1);
    let window = Window::of(Attempt::Login, Who::Email(&email), length, subject.now());
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let (throttles, window) = (subject.ports.throttles.clone(), window.clone());
        tries.spawn(async move { throttles.take(&window, 5).await });
    }
    let mut passed = 0;
    for is_passed in tries.join_all().await {
        passed += u32::from(is_passed?);
    }
    assert_eq!(passed, 5);
    let throttles = &subject.ports.throttles;
    throttles.give_back(&window).await?;
    assert!(throttles.take(&window, 5).await?);
    assert!(!throttles.take(&window, 5).await?);
    let later = Window::of(Attempt::Login, Who::Email(&email), length, window.ends_at);
    throttles.give_back(&later).await?;
    assert!(throttles.take(&later, 1).await?, "another window");
    assert!(!throttles.take(&later, 1).await?, "nothing was given back");
    Ok(())
}
