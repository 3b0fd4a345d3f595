//! Discord as far as people and their consent go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use patchbay_domain::discord_person::{DiscordPerson, ManagedGuild};
use patchbay_domain::ids::{DiscordGuildId, DiscordUserId};
use patchbay_domain::token::TokenHash;
use secrecy::{ExposeSecret, SecretString};

use crate::ports::{AuthorizationRequest, BotWish, DiscordOauth, DiscordOauthError, DiscordTokens};

const TOKEN_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// A Discord on which people consent. Clones share what is in it.
#[derive(Clone, Default)]
pub struct FakeDiscord {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    people: BTreeMap<DiscordUserId, (DiscordPerson, Vec<ManagedGuild>)>,
    grants: Vec<Grant>,
    given_out: u32,
}

struct Grant {
    person: DiscordUserId,
    stage: Stage,
}

enum Stage {
    Offered { code: String, challenge: String },
    Open { access: String, refresh: String },
}

/// What a browser comes back with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub code: String,
    pub state: String,
}

impl FakeDiscord {
    /// A person and the servers that they may manage from now on.
    pub fn person(&self, id: u64, name: &str, guilds: &[(u64, &str)]) {
        let id = DiscordUserId(id);
        let name = name.to_owned();
        let guilds = guilds.iter().map(|(guild, name)| ManagedGuild {
            id: DiscordGuildId(*guild),
            name: (*name).to_owned(),
            is_owner: false,
        });
        let person = (DiscordPerson { id, name }, guilds.collect());
        self.lock().people.insert(id, person);
    }

    /// The person follows the address and consents.
    pub fn consent(&self, url: &str, person: u64) -> Option<Consent> {
        let (_, query) = url.split_once('?')?;
        let asked: BTreeMap<&str, &str> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .collect();
        let challenge = (*asked.get("challenge")?).to_owned();
        let state = (*asked.get("state")?).to_owned();
        let mut inner = self.lock();
        let code = inner.next("code");
        let person = DiscordUserId(person);
        inner.grants.push(Grant {
            person,
            stage: Stage::Offered {
                code: code.clone(),
                challenge,
            },
        });
        Some(Consent { code, state })
    }

    /// The person takes all consent back.
    pub fn forget(&self, person: u64) {
        let person = DiscordUserId(person);
        self.lock().grants.retain(|grant| grant.person != person);
    }

    /// Who lets Patchbay act for them.
    pub fn consenting(&self) -> BTreeSet<u64> {
        let inner = self.lock();
        let grants = inner.grants.iter();
        let open = grants.filter(|grant| matches!(grant.stage, Stage::Open { .. }));
        open.map(|grant| grant.person.0).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn next(&mut self, kind: &str) -> String {
        self.given_out += 1;
        format!("{kind}-{}", self.given_out)
    }

    fn open(&mut self, place: usize) -> Result<DiscordTokens, DiscordOauthError> {
        let (access, refresh) = (self.next("access"), self.next("refresh"));
        let grant = self.grants.get_mut(place);
        grant.ok_or(DiscordOauthError::Refused)?.stage = Stage::Open {
            access: access.clone(),
            refresh: refresh.clone(),
        };
        Ok(DiscordTokens {
            access: access.into(),
            refresh: refresh.into(),
            expires_in: TOKEN_LIFETIME,
        })
    }

    fn place_of(&self, is_it: impl Fn(&Stage) -> bool) -> Result<usize, DiscordOauthError> {
        let place = self.grants.iter().position(|grant| is_it(&grant.stage));
        place.ok_or(DiscordOauthError::Refused)
    }

    fn renewable_by(&self, token: &SecretString) -> Result<usize, DiscordOauthError> {
        let token = token.expose_secret();
        self.place_of(|stage| matches!(stage, Stage::Open { refresh, .. } if refresh == token))
    }

    fn person_of(
        &self,
        token: &SecretString,
    ) -> Result<&(DiscordPerson, Vec<ManagedGuild>), DiscordOauthError> {
        let token = token.expose_secret();
        let place =
            self.place_of(|it| matches!(it, Stage::Open { access, .. } if access == token))?;
        let grant = self.grants.get(place);
        grant
            .and_then(|grant| self.people.get(&grant.person))
            .ok_or(DiscordOauthError::Refused)
    }
}

#[async_trait]
impl DiscordOauth for FakeDiscord {
    fn authorize_url(
        &self,
        request: &AuthorizationRequest<'_>,
    ) -> Result<String, DiscordOauthError> {
        let state = request.state.expose_secret();
        let challenge = TokenHash::of(request.verifier.expose_secret());
        let bot = match request.bot {
            BotWish::No => String::new(),
            BotWish::ToAnyServer => "&bot".to_owned(),
            BotWish::ToServer(guild) => format!("&bot&guild={guild}"),
        };
        Ok(format!(
            "https://discord.example/oauth2/authorize?state={state}&challenge={challenge}{bot}"
        ))
    }

    fn invite_url(&self, guild: DiscordGuildId) -> Result<String, DiscordOauthError> {
        Ok(format!(
            "https://discord.example/oauth2/authorize?bot&guild={guild}"
        ))
    }

    async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<DiscordTokens, DiscordOauthError> {
        let given = code.expose_secret();
        let proof = TokenHash::of(verifier.expose_secret()).to_string();
        let mut inner = self.lock();
        let place = inner.place_of(|stage| {
            matches!(stage, Stage::Offered { code, challenge }
                if code == given && *challenge == proof)
        })?;
        inner.open(place)
    }

    async fn refresh(&self, refresh: &SecretString) -> Result<DiscordTokens, DiscordOauthError> {
        let mut inner = self.lock();
        let place = inner.renewable_by(refresh)?;
        inner.open(place)
    }

    async fn revoke(&self, refresh: &SecretString) -> Result<(), DiscordOauthError> {
        let mut inner = self.lock();
        let place = inner.renewable_by(refresh).ok();
        let person = place.and_then(|place| Some(inner.grants.get(place)?.person));
        inner.grants.retain(|grant| Some(grant.person) != person);
        Ok(())
    }

    async fn me(&self, access: &SecretString) -> Result<DiscordPerson, DiscordOauthError> {
        let inner = self.lock();
        inner.person_of(access).map(|(person, _)| person.clone())
    }

    async fn guilds(&self, access: &SecretString) -> Result<Vec<ManagedGuild>, DiscordOauthError> {
        let inner = self.lock();
        inner.person_of(access).map(|(_, guilds)| guilds.clone())
    }
}
