use std::time::Duration;

use patchbay_domain::bot_link::{BotLink, BotLinkRequest, BotPerson, BotTokenHash};
use patchbay_domain::ids::TelegramUserId;

use super::Subject;
use crate::ports::{PortResult, Redeemed};

fn request(subject: &Subject) -> BotLinkRequest {
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(&subject.ports.ids.secret().to_be_bytes());
    digest[16..].copy_from_slice(&subject.id().to_be_bytes());
    BotLinkRequest {
        owner: subject.owner(),
        token: BotTokenHash::of_digest(digest),
        expires_at: subject.now().plus(Duration::from_mins(10)),
    }
}

fn person(subject: &Subject) -> BotPerson {
    BotPerson {
        telegram_user: TelegramUserId(subject.telegram_user()),
        name: "Ann".to_owned(),
        username: Some("ann_on_telegram".to_owned()),
    }
}

pub(super) async fn a_token_links_once(subject: &Subject) -> PortResult<()> {
    let links = &subject.ports.bot_links;
    let (request, person, now) = (request(subject), person(subject), subject.now());
    let owner = request.owner;
    assert_eq!(links.waiting(owner, now).await?, None);
    let early = links.redeem(&request.token, &person, now).await?;
    assert_eq!(early, Redeemed::Unknown);
    links.request(&request).await?;
    let waiting = links.waiting(owner, now).await?;
    assert_eq!(waiting.as_ref(), Some(&request));
    assert_eq!(links.waiting(owner, request.expires_at).await?, None);
    assert_eq!(links.get(owner).await?, None);

    let link = BotLink {
        owner,
        person: person.clone(),
        linked_at: now,
    };
    let first = links.redeem(&request.token, &person, now).await?;
    assert_eq!(first, Redeemed::Linked(link.clone()));
    let second = links.redeem(&request.token, &person, now).await?;
    assert_eq!(second, Redeemed::Unknown, "used");
    assert_eq!(links.waiting(owner, now).await?, None);
    assert_eq!(links.get(owner).await?.as_ref(), Some(&link));
    let found = links.of_person(person.telegram_user).await?;
    assert_eq!(found, Some(link));
    Ok(())
}

pub(super) async fn a_token_is_spoilt_by_time_and_by_the_next(subject: &Subject) -> PortResult<()> {
    let links = &subject.ports.bot_links;
    let (first, person) = (request(subject), person(subject));
    let second = BotLinkRequest {
        owner: first.owner,
        ..request(subject)
    };
    links.request(&first).await?;
    links.request(&second).await?;
    let replaced = links.redeem(&first.token, &person, subject.now()).await?;
    assert_eq!(replaced, Redeemed::Unknown);
    let late = links
        .redeem(&second.token, &person, second.expires_at)
        .await?;
    assert_eq!(late, Redeemed::Unknown);
    assert_eq!(links.get(first.owner).await?, None);
    let removed = request(subject);
    links.request(&removed).await?;
    links.remove(removed.owner).await?;
    let given_up = links.redeem(&removed.token, &person, subject.now()).await?;
    assert_eq!(given_up, Redeemed::Unknown);
    Ok(())
}

pub(super) async fn of_many_that_bring_one_token_one_is_linked(
    subject: &Subject,
) -> PortResult<()> {
    let request = request(subject);
    subject.ports.bot_links.request(&request).await?;
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (links, now) = (subject.ports.bot_links.clone(), subject.now());
        let (token, person) = (request.token.clone(), person(subject));
        attempts.spawn(async move { links.redeem(&token, &person, now).await });
    }
    let mut linked = Vec::new();
    for redeemed in attempts.join_all().await {
        match redeemed? {
            Redeemed::Linked(link) => linked.push(link),
            Redeemed::Unknown => {}
            Redeemed::LinkedElsewhere => assert_eq!(linked, [], "nobody is"),
        }
    }
    let link = subject.ports.bot_links.get(request.owner).await?;
    assert_eq!(linked, Vec::from_iter(link));
    assert_eq!(linked.len(), 1);
    Ok(())
}

pub(super) async fn a_person_is_one_users(subject: &Subject) -> PortResult<()> {
    let links = &subject.ports.bot_links;
    let (ann, bob, now) = (request(subject), request(subject), subject.now());
    let (person, other) = (person(subject), person(subject));
    for request in [&ann, &bob] {
        links.request(request).await?;
    }
    links.redeem(&ann.token, &person, now).await?;
    let taken = links.redeem(&bob.token, &person, now).await?;
    assert_eq!(taken, Redeemed::LinkedElsewhere);
    assert_eq!(links.get(bob.owner).await?, None);
    let still_good = links.redeem(&bob.token, &other, now).await?;
    assert!(matches!(still_good, Redeemed::Linked(_)), "{still_good:?}");

    // Another person takes the place of the first, who is then free.
    let third = BotPerson {
        telegram_user: TelegramUserId(subject.telegram_user()),
        ..person.clone()
    };
    let again = BotLinkRequest {
        owner: ann.owner,
        ..request(subject)
    };
    links.request(&again).await?;
    links.redeem(&again.token, &third, now).await?;
    assert_eq!(links.of_person(person.telegram_user).await?, None);
    let held = links.of_person(third.telegram_user).await?;
    assert_eq!(held.map(|link| link.owner), Some(ann.owner));

    // The same person may link again, under another name.
    let renamed = BotPerson {
        name: "Anna".to_owned(),
        username: None,
        ..third.clone()
    };
    let again = BotLinkRequest {
        owner: ann.owner,
        ..request(subject)
    };
    links.request(&again).await?;
    links.redeem(&again.token, &renamed, now).await?;
    let held = links.get(ann.owner).await?;
    assert_eq!(held.map(|link| link.person), Some(renamed));

    for _ in 0..2 {
        links.remove(ann.owner).await?;
        assert_eq!(links.get(ann.owner).await?, None);
        assert_eq!(links.of_person(third.telegram_user).await?, None);
    }
    assert!(links.get(bob.owner).await?.is_some());
    Ok(())
}
