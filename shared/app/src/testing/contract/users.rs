use patchbay_domain::Plan;
use patchbay_domain::ids::PartitionId;
use patchbay_domain::user::{Profile, Role, User};

use super::{NOWHERE, Subject, eventually};
use crate::ports::{Created, PortResult, UserChange};

pub(super) async fn a_user_changes_one_thing_at_a_time(subject: &Subject) -> PortResult<()> {
    let users = &subject.ports.users;
    let user = subject.user()?;
    let nobody = subject.user()?;
    users.create(&user).await?;
    let profile = Profile {
        name: "Ann".parse().ok(),
        ..Profile::default()
    };
    let changes = [
        UserChange::Password("$argon2id$v=19$other".to_owned().into()),
        UserChange::Role(Role::Admin),
        UserChange::Plan(Plan::Pro),
        UserChange::Profile(profile.clone()),
    ];
    for change in &changes {
        assert!(users.change(user.id, change).await?.is_some());
        assert_eq!(users.change(nobody.id, change).await?, None);
    }
    let expected = User {
        password_hash: "$argon2id$v=19$other".to_owned().into(),
        role: Role::Admin,
        plan: Plan::Pro,
        profile,
        ..user.clone()
    };
    assert_eq!(users.get(user.id).await?, Some(expected));
    assert_eq!(users.get(nobody.id).await?, None);
    Ok(())
}

pub(super) async fn an_address_is_exchanged_or_is_taken(subject: &Subject) -> PortResult<()> {
    let users = &subject.ports.users;
    let (ann, bob, free) = (subject.user()?, subject.user()?, subject.user()?.email);
    users.create(&ann).await?;
    users.create(&bob).await?;
    let change = async |from, to| users.change_email(ann.id, from, to).await;
    assert_eq!(change(&ann.email, &bob.email).await?, Some(Created::Taken));
    assert_eq!(change(&free, &free).await?, None, "not the present address");
    assert_eq!(users.by_email(&free).await?, None);
    assert_eq!(change(&ann.email, &free).await?, Some(Created::New));
    assert_eq!(
        change(&ann.email, &free).await?,
        Some(Created::New),
        "again"
    );
    assert_eq!(users.by_email(&ann.email).await?, None, "free again");
    assert_eq!(users.by_email(&bob.email).await?, Some(bob));
    let found = users.by_email(&free).await?;
    assert_eq!(
        found.map(|user| (user.id, user.email)),
        Some((ann.id, free))
    );
    Ok(())
}

pub(super) async fn a_user_leaves_and_the_address_is_free(subject: &Subject) -> PortResult<()> {
    let users = &subject.ports.users;
    let (ann, bob) = (subject.user()?, subject.user()?);
    users.create(&ann).await?;
    users.create(&bob).await?;
    let leaving = users
        .change(ann.id, &UserChange::Leaving(subject.now()))
        .await?;
    assert_eq!(
        leaving.and_then(|user| user.leaving_since),
        Some(subject.now())
    );
    let read = || users.leaving_in(PartitionId(3));
    let found = eventually(read, |found| found.contains(&ann.id)).await?;
    assert!(found.contains(&ann.id) && !found.contains(&bob.id));
    assert_eq!(users.leaving_in(NOWHERE).await?, []);

    users.remove(&ann).await?;
    users.remove(&ann).await?;
    assert_eq!(users.get(ann.id).await?, None);
    assert_eq!(users.by_email(&ann.email).await?, None);
    let next = User {
        email: ann.email.clone(),
        ..subject.user()?
    };
    assert_eq!(users.create(&next).await?, Created::New);
    users.remove(&ann).await?;
    assert_eq!(users.by_email(&ann.email).await?, Some(next), "not theirs");
    Ok(())
}
