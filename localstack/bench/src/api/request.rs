use anyhow::{Context, Result, bail, ensure};
use patchbay_app::api_keys::{self, Admission};
use patchbay_app::pairs::{self, Expected, NewPair, Wanted};
use patchbay_domain::api_key::ApiKeySecret;
use patchbay_domain::ids::PairId;
use patchbay_domain::pair::Options;
use patchbay_domain::user::User;
use reqwest::RequestBuilder;
use serde::Deserialize;

use super::callers::Caller;

/// How many requests a caller makes before the pairs that they made are deleted.
pub(super) const IN_A_ROUND: usize = 20;
/// How many pairs the API shows if it isn't told how many.
const SHOWN: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    ListPairs,
    CreatePair,
    ListPairsByKey,
}

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    OverHttp,
    /// Its calls to AWS alone: the same verbs on the same ports as the handler's.
    StoreAlone,
}

impl Request {
    pub(super) const ALL: [Self; 3] = [Self::ListPairs, Self::CreatePair, Self::ListPairsByKey];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ListPairs => "list_pairs",
            Self::CreatePair => "create_pair",
            Self::ListPairsByKey => "list_pairs_by_key",
        }
    }
}

#[derive(Deserialize)]
struct Made {
    id: PairId,
}

impl Caller {
    /// Makes a request and waits for its answer. Answers the pair that it made, if it made one;
    /// `place` tells those apart that are there at the same time.
    pub(super) async fn call(
        &self,
        request: Request,
        way: Way,
        place: usize,
    ) -> Result<Option<PairId>> {
        match way {
            Way::OverHttp => self.over_http(request, place).await,
            Way::StoreAlone => self.store_alone(request, place).await,
        }
    }

    pub(super) async fn delete(&self, pair: PairId) -> Result<()> {
        Ok(pairs::delete(&self.ports, &self.user, pair, &Expected::Any).await?)
    }

    async fn over_http(&self, request: Request, place: usize) -> Result<Option<PairId>> {
        let url = format!("{}/v1/pairs", self.api);
        match request {
            Request::ListPairs => {
                answer(self.client.get(url).bearer_auth(&self.token)).await?;
                Ok(None)
            }
            Request::ListPairsByKey => {
                let key = self.next_key();
                answer(self.client.get(url).bearer_auth(key)).await?;
                Ok(None)
            }
            Request::CreatePair => {
                let body = &self.ends(place)?.body;
                let made = self.client.post(url).bearer_auth(&self.token).json(body);
                let made: Made = serde_json::from_slice(&answer(made).await?)?;
                Ok(Some(made.id))
            }
        }
    }

    async fn store_alone(&self, request: Request, place: usize) -> Result<Option<PairId>> {
        match request {
            Request::ListPairs => {
                self.list(&self.recognised().await?).await?;
                Ok(None)
            }
            Request::ListPairsByKey => {
                let secret: ApiKeySecret = self.next_key().parse()?;
                match api_keys::admit(&self.ports, secret.hash()).await? {
                    Admission::Admitted(admitted) => self.list(&admitted.user).await?,
                    refused @ (Admission::Exhausted(_) | Admission::Unknown) => {
                        bail!("an API key was not admitted: {refused:?}")
                    }
                }
                Ok(None)
            }
            Request::CreatePair => {
                let user = self.recognised().await?;
                let ends = self.ends(place)?.clone();
                let new = NewPair {
                    source: ends.source,
                    destination: ends.destination,
                    options: Options::default(),
                };
                let pair = pairs::create(&self.ports, &user, new).await?;
                Ok(Some(pair.id))
            }
        }
    }

    /// As by an access token.
    async fn recognised(&self) -> Result<User> {
        let (session, user) = tokio::join!(
            self.ports.sessions.get(self.user.id, self.session),
            self.ports.users.get(self.user.id),
        );
        session?.context("the session has ended")?;
        user?.context("the user is gone")
    }

    async fn list(&self, user: &User) -> Result<()> {
        let all = Wanted::default();
        let listed = pairs::list(&self.ports, user, &all, None, SHOWN).await;
        Ok(listed.map(drop)?)
    }
}

/// The whole answer, if it is a good one.
async fn answer(request: RequestBuilder) -> Result<Vec<u8>> {
    let answer = request.send().await?;
    let status = answer.status();
    let body = answer.bytes().await?.to_vec();
    ensure!(
        status.is_success(),
        "the API answered {status}: {}",
        String::from_utf8_lossy(&body)
    );
    Ok(body)
}
