use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use patchbay::{Endpoints, demo};
use patchbay_app::ports::Ports;
use patchbay_app::sessions;
use patchbay_domain::Plan;
use patchbay_domain::chat::Endpoint;
use patchbay_domain::ids::SessionId;
use patchbay_domain::plan::Limits;
use patchbay_domain::user::User;
use reqwest::Client;
use serde_json::Value;

/// The largest plan.
pub(super) const PLAN: Plan = Plan::Business;
pub(super) const LIMITS: Limits = PLAN.limits();
pub(super) const PASSWORD: &str = "correct horse battery staple";

/// A user who makes requests, one after the other.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) api: String,
    pub(super) client: Client,
    /// An access token, and the session that it is of.
    pub(super) token: String,
    pub(super) session: SessionId,
    pub(super) ports: Ports,
    pub(super) user: User,
    belongings: Arc<Belongings>,
}

/// What a user has to make requests with.
pub(super) struct Belongings {
    /// Chats that can be paired, and aren't.
    pub(super) free: Vec<Ends>,
    /// Secrets of API keys.
    pub(super) keys: Vec<String>,
    /// How often any of the keys was used.
    pub(super) uses: AtomicUsize,
}

#[derive(Debug, Clone)]
pub(super) struct Ends {
    pub(super) source: Endpoint,
    pub(super) destination: Endpoint,
    /// The same, as the API takes it.
    pub(super) body: Value,
}

impl Caller {
    pub(super) async fn new(
        endpoints: &Endpoints,
        ports: &Ports,
        user: User,
        token: String,
        belongings: Belongings,
    ) -> Result<Self> {
        Ok(Self {
            api: endpoints.api.clone(),
            client: Client::new(),
            token,
            session: latest_session(ports, &user).await?,
            ports: ports.clone(),
            user,
            belongings: Arc::new(belongings),
        })
    }

    /// Begins another session, with a process that may be another one than before.
    pub(super) async fn log_in(&mut self, endpoints: &Endpoints, ports: &Ports) -> Result<()> {
        self.token = demo::sign_up(endpoints, self.user.email.as_str(), PASSWORD).await?;
        self.session = latest_session(ports, &self.user).await?;
        self.api.clone_from(&endpoints.api);
        self.client = Client::new();
        self.ports = ports.clone();
        Ok(())
    }

    pub(super) fn ends(&self, place: usize) -> Result<&Ends> {
        let ends = self.belongings.free.get(place);
        ends.context("no chats are left to pair")
    }

    pub(super) fn keys(&self) -> usize {
        self.belongings.keys.len()
    }

    /// One after the other, so that all are used equally often.
    pub(super) fn next_key(&self) -> &str {
        let Belongings { keys, uses, .. } = &*self.belongings;
        &keys[uses.fetch_add(1, Ordering::Relaxed) % keys.len()]
    }
}

async fn latest_session(ports: &Ports, user: &User) -> Result<SessionId> {
    let sessions = sessions::list(ports, user).await?;
    let latest = sessions.first().context("whoever logs in has a session")?;
    Ok(latest.id)
}
