//! By a QR code that a signed-in Telegram app scans (core.telegram.org/api/qr-login).

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grammers_session::updates::UpdatesLike;
use grammers_tl_types as tl;
use patchbay_app::ports::SecretName;
use patchbay_domain::account::{Login, LoginProblem, LoginState};
use patchbay_domain::ids::AccountId;
use patchbay_domain::retry::Backoff;
use secrecy::ExposeSecret;
use tl::enums::auth::{Authorization, LoginToken};
use tokio::sync::mpsc;

use super::steps::{self, Draft, Step, fail};
use super::{complete, password};
use crate::connection::{Connection, InvokeError};
use crate::lock;
use crate::session::{StoredSession, unseal};
use crate::telegram::{Shared, TelegramError};

/// A code is renewed this long before it ends, so that none is scanned too late.
const RENEWED_BEFORE_END: Duration = Duration::from_secs(3);

/// Shows a code until it is accepted, unless that is being done already.
pub(super) fn show(shared: &Arc<Shared>, login: Login) {
    let cancelled = shared.closing.child_token();
    {
        let mut shown = lock(&shared.codes_shown);
        if shown.contains_key(&login.id) {
            return;
        }
        shown.insert(login.id, cancelled.clone());
    }
    let shared = Arc::clone(shared);
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let id = login.id;
        let work = Box::pin(keep_showing(&shared, login));
        if cancelled.run_until_cancelled(work).await.is_none() {
            tracing::debug!(login = %id, "code no longer shown");
        }
        lock(&shared.codes_shown).remove(&id);
    });
}

/// Tries again for as long as the login lives: a login has no other way to go on.
async fn keep_showing(shared: &Shared, login: Login) {
    let (owner, id) = (login.owner, login.id);
    let mut failures = 0;
    loop {
        let outcome = match steps::open(shared, owner, id).await {
            Ok(None) => return,
            Ok(Some(login)) => show_once(shared, login).await,
            Err(error) => Err(error),
        };
        let Err(error) = outcome else { return };
        failures += 1;
        tracing::warn!(login = %id, error = &error as &dyn std::error::Error, "QR login stumbles");
        tokio::time::sleep(Backoff::RECONNECT.after(failures, 1.0)).await;
    }
}

async fn show_once(shared: &Shared, mut login: Login) -> Result<(), TelegramError> {
    let draft = draft(shared, &login).await?;
    let (connection, mut updates) = Connection::new(&shared.config, &draft.session);
    loop {
        match next_token(shared, &connection).await {
            Ok(Next::Show { url, lasts }) => {
                let renewed_at = shared.ports.clock.now();
                let state = LoginState::QrShown { url, renewed_at };
                let Some(shown) = steps::advance(shared, &login, state).await? else {
                    return Ok(());
                };
                login = shown;
                let left = login.expires_at.since(shared.ports.clock.now());
                accepted_or_old(&mut updates, lasts.min(left)).await?;
                if login.expires_at <= shared.ports.clock.now() {
                    return fail(shared, &login, LoginProblem::Expired).await;
                }
            }
            Ok(Next::Accepted(user)) => {
                return complete::complete(shared, &login, &draft, &connection, &user).await;
            }
            Ok(Next::Unknown) => return fail(shared, &login, LoginProblem::Refused).await,
            Err(error) if error.is("SESSION_PASSWORD_NEEDED") => {
                return password::ask(shared, &login, draft.account, &connection).await;
            }
            Err(error) => return fail(shared, &login, steps::problem(error)?).await,
        }
    }
}

async fn draft(shared: &Shared, login: &Login) -> Result<Draft, TelegramError> {
    let name = SecretName::LoginSession(login.id);
    if let Some(draft) = unseal(&*shared.ports.vault, login.owner, name).await? {
        return Ok(draft);
    }
    let draft = Draft {
        session: StoredSession::fresh(&shared.config.server, &shared.http).await?,
        account: AccountId::from_bits(shared.ports.ids.next()),
        step: Step::Qr,
    };
    steps::keep(shared, login, &draft).await?;
    Ok(draft)
}

enum Next {
    Show { url: String, lasts: Duration },
    Accepted(Box<tl::enums::User>),
    Unknown,
}

async fn next_token(shared: &Shared, connection: &Connection) -> Result<Next, InvokeError> {
    let export = tl::functions::auth::ExportLoginToken {
        api_id: shared.config.api_id,
        api_hash: shared.config.api_hash.expose_secret().to_owned(),
        except_ids: Vec::new(),
    };
    let mut token = connection.invoke(&export).await?;
    if let LoginToken::MigrateTo(elsewhere) = token {
        connection.move_home(elsewhere.dc_id).await?;
        let import = tl::functions::auth::ImportLoginToken {
            token: elsewhere.token,
        };
        token = connection.invoke(&import).await?;
    }
    Ok(match token {
        LoginToken::Token(token) => {
            let now = shared.ports.clock.now().seconds();
            let left = u64::try_from(i64::from(token.expires) - now).unwrap_or(0);
            let lasts = Duration::from_secs(left).saturating_sub(RENEWED_BEFORE_END);
            let url = format!("tg://login?token={}", URL_SAFE_NO_PAD.encode(&token.token));
            Next::Show {
                url,
                lasts: lasts.max(Duration::from_secs(1)),
            }
        }
        LoginToken::Success(success) => match success.authorization {
            Authorization::Authorization(authorization) => {
                Next::Accepted(Box::new(authorization.user))
            }
            Authorization::SignUpRequired(_) => Next::Unknown,
        },
        LoginToken::MigrateTo(_) => Next::Unknown,
    })
}

/// Waits until Telegram says that the code was accepted, or until it is to be renewed; either
/// way the next request tells more.
async fn accepted_or_old(
    updates: &mut mpsc::Receiver<UpdatesLike>,
    lasts: Duration,
) -> Result<(), InvokeError> {
    let accepted = async {
        loop {
            match updates.recv().await {
                None | Some(UpdatesLike::ConnectionClosed) => {
                    return Err(InvokeError::Unreadable("the connection ended"));
                }
                Some(updates) if tells_of_token(&updates) => return Ok(()),
                Some(_) => {}
            }
        }
    };
    tokio::time::timeout(lasts, accepted)
        .await
        .unwrap_or(Ok(()))
}

fn tells_of_token(updates: &UpdatesLike) -> bool {
    let UpdatesLike::Updates(updates) = updates else {
        return false;
    };
    let updates = match updates {
        tl::enums::Updates::UpdateShort(short) => std::slice::from_ref(&short.update),
        tl::enums::Updates::Updates(all) => &all.updates,
        tl::enums::Updates::Combined(all) => &all.updates,
        tl::enums::Updates::TooLong
        | tl::enums::Updates::UpdateShortMessage(_)
        | tl::enums::Updates::UpdateShortChatMessage(_)
        | tl::enums::Updates::UpdateShortSentMessage(_) => return false,
    };
    updates
        .iter()
        .any(|update| matches!(update, tl::enums::Update::LoginToken))
}
