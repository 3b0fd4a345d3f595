use std::time::Duration;

use patchbay_domain::account::{AccountState, LimitReason, Login, LoginMethod, LoginState};
use patchbay_domain::ids::{AccountId, LoginId, PartitionId, TelegramUserId};
use patchbay_domain::user::User;

use super::{NOWHERE, Subject, eventually};
use crate::ports::{Created, LOGIN_KEPT, Linked, PortResult};

/// More accounts than any check links for one user.
const ENOUGH: usize = 100;

pub(super) async fn an_address_has_one_user(subject: &Subject) -> PortResult<()> {
    let users = &subject.ports.users;
    let user = subject.user()?;
    let other = User {
        email: user.email.clone(),
        ..subject.user()?
    };
    assert_eq!(users.by_email(&user.email).await?, None);
    assert_eq!(users.create(&user).await?, Created::New);
    assert_eq!(users.create(&user).await?, Created::New, "repeated");
    assert_eq!(users.create(&other).await?, Created::Taken);
    assert_eq!(users.get(other.id).await?, None);
    assert_eq!(users.get(user.id).await?.as_ref(), Some(&user));
    assert_eq!(users.by_email(&user.email).await?, Some(user));
    Ok(())
}

pub(super) async fn a_telegram_user_has_one_account(subject: &Subject) -> PortResult<()> {
    let accounts = &subject.ports.accounts;
    let telegram_user = subject.telegram_user();
    let account = subject.account(subject.owner(), telegram_user);
    let others =
        [account.owner, subject.owner()].map(|owner| subject.account(owner, telegram_user));
    assert_eq!(
        accounts
            .by_telegram_user(TelegramUserId(telegram_user))
            .await?,
        None
    );
    assert_eq!(accounts.create(&account, ENOUGH).await?, Linked::New);
    assert_eq!(
        accounts.create(&account, ENOUGH).await?,
        Linked::New,
        "repeated"
    );
    for other in &others {
        assert_eq!(accounts.create(other, ENOUGH).await?, Linked::Taken);
        assert_eq!(accounts.get(other.owner, other.id).await?, None);
    }
    let found = accounts
        .by_telegram_user(TelegramUserId(telegram_user))
        .await?;
    assert_eq!(found, Some(account.id));
    accounts.remove(account.owner, account.id).await?;
    accounts.remove(account.owner, account.id).await?;
    assert_eq!(
        accounts
            .by_telegram_user(TelegramUserId(telegram_user))
            .await?,
        None
    );
    assert_eq!(
        accounts.create(&others[1], ENOUGH).await?,
        Linked::New,
        "free again"
    );
    Ok(())
}

pub(super) async fn of_many_that_link_one_telegram_user_one_wins(
    subject: &Subject,
) -> PortResult<()> {
    let telegram_user = subject.telegram_user();
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let account = subject.account(subject.owner(), telegram_user);
        let accounts = subject.ports.accounts.clone();
        attempts.spawn(async move { (accounts.create(&account, ENOUGH).await, account.id) });
    }
    let mut winners = Vec::new();
    for (created, account) in attempts.join_all().await {
        if created? == Linked::New {
            winners.push(account);
        }
    }
    let found = subject
        .ports
        .accounts
        .by_telegram_user(TelegramUserId(telegram_user))
        .await?;
    assert_eq!(
        winners,
        Vec::from_iter(found),
        "one, and it is the one that is found"
    );
    Ok(())
}

pub(super) async fn accounts_are_found_and_change(subject: &Subject) -> PortResult<()> {
    let accounts = &subject.ports.accounts;
    let owner = subject.owner();
    let mut first = subject.account(owner, subject.telegram_user());
    let second = subject.account(owner, subject.telegram_user());
    for account in [&first, &second] {
        accounts.create(account, ENOUGH).await?;
    }
    first.state = AccountState::LoggedOut {
        at: subject.now(),
        reason: "revoked".to_owned(),
    };
    accounts.set_state(owner, first.id, &first.state).await?;
    let nobodys = AccountId::from_bits(subject.id());
    accounts.set_state(owner, nobodys, &first.state).await?;
    let label = "News desk".parse().ok();
    first.label.clone_from(&label);
    let labelled = accounts.set_label(owner, first.id, label.as_ref()).await?;
    assert_eq!(labelled.as_ref(), Some(&first));
    assert_eq!(
        accounts.set_label(owner, nobodys, label.as_ref()).await?,
        None
    );
    first.label = None;
    let bare = accounts.set_label(owner, first.id, None).await?;
    assert_eq!(bare.as_ref(), Some(&first));
    first.chats_read_at = Some(subject.now());
    for account in [first.id, nobodys] {
        accounts.chats_read(owner, account, subject.now()).await?;
    }
    assert_eq!(accounts.get(owner, nobodys).await?, None);
    assert_eq!(accounts.get(owner, first.id).await?.as_ref(), Some(&first));
    assert_eq!(
        accounts.of_user(owner).await?,
        [first.clone(), second.clone()]
    );
    let read = || accounts.in_partition(PartitionId(3));
    let found = eventually(read, |found| {
        found.contains(&first) && found.contains(&second)
    })
    .await?;
    assert!(
        found.contains(&first) && found.contains(&second),
        "{found:?}"
    );
    assert_eq!(accounts.in_partition(NOWHERE).await?, []);
    Ok(())
}

pub(super) async fn a_user_has_as_many_accounts_as_allowed(subject: &Subject) -> PortResult<()> {
    const LIMIT: usize = 3;
    let owner = subject.owner();
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let account = subject.account(owner, subject.telegram_user());
        let accounts = subject.ports.accounts.clone();
        attempts.spawn(async move { accounts.create(&account, LIMIT).await });
    }
    let mut linked = 0;
    for created in attempts.join_all().await {
        match created? {
            Linked::New => linked += 1,
            Linked::Full => {}
            Linked::Taken => assert_eq!(linked, 0, "nothing is taken"),
        }
    }
    let accounts = &subject.ports.accounts;
    let present = accounts.of_user(owner).await?;
    assert_eq!((linked, present.len()), (LIMIT, LIMIT));
    let again = accounts.create(&present[0], LIMIT).await?;
    assert_eq!(again, Linked::New, "repeated");
    accounts.remove(owner, present[1].id).await?;
    for expected in [Linked::New, Linked::Full] {
        let another = subject.account(owner, subject.telegram_user());
        assert_eq!(accounts.create(&another, LIMIT).await?, expected);
    }
    Ok(())
}

pub(super) async fn a_user_with_accounts_has_one_default(subject: &Subject) -> PortResult<()> {
    let accounts = &subject.ports.accounts;
    let owner = subject.owner();
    let three = [(); 3].map(|()| subject.account(owner, subject.telegram_user()));
    let [first, second, third] = three.each_ref().map(|account| account.id);
    let nobodys = AccountId::from_bits(subject.id());
    assert_eq!(accounts.default_of(owner).await?, None);
    assert!(!accounts.set_default(owner, nobodys).await?);
    assert_eq!(accounts.default_of(owner).await?, None);
    for account in &three {
        accounts.create(account, ENOUGH).await?;
        assert_eq!(accounts.default_of(owner).await?, Some(first));
    }
    assert!(accounts.set_default(owner, third).await?);
    assert!(accounts.set_default(owner, third).await?, "repeated");
    assert!(!accounts.set_default(owner, nobodys).await?);
    assert!(!accounts.set_default(subject.owner(), first).await?);
    assert_eq!(accounts.default_of(owner).await?, Some(third));
    for (removed, left) in [(first, Some(third)), (third, Some(second)), (second, None)] {
        accounts.remove(owner, removed).await?;
        assert_eq!(accounts.default_of(owner).await?, left);
    }
    Ok(())
}

pub(super) async fn a_limited_account_tells_why(subject: &Subject) -> PortResult<()> {
    let accounts = &subject.ports.accounts;
    let account = subject.account(subject.owner(), subject.telegram_user());
    accounts.create(&account, ENOUGH).await?;
    let limited = AccountState::Limited {
        since: subject.now(),
        until: subject.now().plus(Duration::from_hours(6)),
        reason: LimitReason::Spam,
    };
    accounts
        .set_state(account.owner, account.id, &limited)
        .await?;
    let read = accounts.get(account.owner, account.id).await?;
    assert_eq!(read.map(|account| account.state), Some(limited));
    Ok(())
}

fn login(subject: &Subject) -> Login {
    Login {
        id: LoginId::from_bits(subject.id()),
        owner: subject.owner(),
        method: LoginMethod::Phone {
            phone: "+15550100".to_owned(),
        },
        state: LoginState::Starting,
        created_at: subject.now(),
        expires_at: subject.now().plus(Duration::from_mins(5)),
    }
}

pub(super) async fn a_login_is_replaced_by_whoever_comes_first(
    subject: &Subject,
) -> PortResult<()> {
    let logins = &subject.ports.logins;
    let starting = login(subject);
    let asking = Login {
        state: LoginState::CodeNeeded { rejected: None },
        ..starting.clone()
    };
    let checking = Login {
        state: LoginState::Checking,
        ..starting.clone()
    };
    let cancelled = Login {
        state: LoginState::Cancelled,
        ..starting.clone()
    };
    assert!(
        !logins.replace(&starting, &asking).await?,
        "nothing stands there"
    );
    assert_eq!(logins.get(starting.owner, starting.id).await?, None);
    logins.put(&starting).await?;
    assert!(logins.replace(&starting, &asking).await?);
    assert!(logins.replace(&asking, &cancelled).await?);
    assert!(
        !logins.replace(&asking, &checking).await?,
        "the cancellation came first"
    );
    assert_eq!(
        logins.get(starting.owner, starting.id).await?,
        Some(cancelled)
    );
    Ok(())
}

pub(super) async fn a_login_is_kept_for_a_while(subject: &Subject) -> PortResult<()> {
    let logins = &subject.ports.logins;
    let login = login(subject);
    logins.put(&login).await?;
    let minute = Duration::from_mins(1);
    subject
        .clock
        .set(login.expires_at.plus(LOGIN_KEPT.saturating_sub(minute)));
    let later = Login {
        id: LoginId::from_bits(subject.id()),
        expires_at: login.expires_at.plus(LOGIN_KEPT),
        ..login.clone()
    };
    logins.put(&later).await?;
    assert_eq!(
        logins.get(login.owner, login.id).await?.as_ref(),
        Some(&login)
    );
    let both = [login.clone(), later.clone()];
    assert_eq!(logins.of_user(login.owner).await?, both);
    subject.clock.advance(minute);
    assert_eq!(logins.get(login.owner, login.id).await?, None);
    assert_eq!(logins.of_user(login.owner).await?, [later]);
    assert_eq!(logins.of_user(subject.owner()).await?, []);
    Ok(())
}

pub(super) async fn the_logins_of_a_user_who_leaves_are_removed(
    subject: &Subject,
) -> PortResult<()> {
    let logins = &subject.ports.logins;
    let (first, others) = (login(subject), login(subject));
    let second = Login {
        id: LoginId::from_bits(subject.id()),
        ..first.clone()
    };
    for login in [&first, &second, &others] {
        logins.put(login).await?;
    }
    logins.remove_all(first.owner).await?;
    logins.remove_all(first.owner).await?;
    for gone in [&first, &second] {
        assert_eq!(logins.get(gone.owner, gone.id).await?, None);
    }
    assert_eq!(logins.get(others.owner, others.id).await?, Some(others));
    Ok(())
}
