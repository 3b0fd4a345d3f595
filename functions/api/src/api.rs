use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use patchbay_app::letters::Site;
use patchbay_app::link_telegram::Patience;
use patchbay_app::ports::Ports;
use patchbay_app::throttle::Allowances;
use patchbay_boot::config::Origin;
use patchbay_domain::bot_link::BotUsername;
use secrecy::SecretSlice;
use tokio_util::task::TaskTracker;

use crate::paging::Cursors;
use crate::passwords::Passwords;
use crate::quota::Exhausted;
use crate::tokens::{SigningKeyError, Tokens};

/// What the wiring decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many shares of users there are.
    pub partitions: u16,
    /// How long an answer waits for the connector.
    pub patience: Patience,
    /// How many passwords are hashed at the same time; each takes 19 MiB and a whole core.
    pub hashes_at_once: usize,
    /// How many proxies of ours a request passes, each of which adds to `x-forwarded-for`. With
    /// none, that header is nobody's but the caller's, and is not looked at.
    pub trusted_proxies: u8,
    /// The bot that users link themselves with. Without one, they can't.
    pub telegram_bot: Option<BotUsername>,
    /// Origins of pages that may call from a browser.
    pub allowed_origins: Vec<Origin>,
    /// How often somebody may guess.
    pub allowances: Allowances,
    /// Where the links in mails lead.
    pub site: Site,
}

impl Settings {
    /// For a machine of its own, behind something that waits up to half a minute.
    pub fn of(partitions: u16, site: Site) -> Self {
        let patience = Patience {
            limit: Duration::from_secs(15),
            interval: Duration::from_millis(200),
        };
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            partitions,
            patience,
            hashes_at_once: cores,
            trusted_proxies: 0,
            telegram_bot: None,
            allowed_origins: Vec::new(),
            allowances: Allowances::default(),
            site,
        }
    }
}

/// Everything that the handlers need.
#[derive(Clone)]
pub struct Api(Arc<Parts>);

struct Parts {
    ports: Ports,
    settings: Settings,
    passwords: Passwords,
    tokens: Tokens,
    cursors: Cursors,
    exhausted: Exhausted,
    tasks: TaskTracker,
}

impl Api {
    /// `signing_keys` are the 32-byte seeds of the Ed25519 keys of access tokens; the first one
    /// signs.
    pub fn new(
        ports: Ports,
        settings: Settings,
        signing_keys: &[SecretSlice<u8>],
    ) -> Result<Self, SigningKeyError> {
        Ok(Self(Arc::new(Parts {
            ports,
            passwords: Passwords::new(settings.hashes_at_once),
            settings,
            tokens: Tokens::new(signing_keys)?,
            cursors: Cursors::new(signing_keys),
            exhausted: Exhausted::default(),
            tasks: TaskTracker::new(),
        })))
    }

    /// Waits for what is still being worked on, once no request comes any more.
    pub async fn finish(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.0.ports
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    /// What goes on when its caller has hung up.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    pub(crate) fn cursors(&self) -> &Cursors {
        &self.0.cursors
    }

    /// The API keys that have used up their limits.
    pub(crate) fn exhausted(&self) -> &Exhausted {
        &self.0.exhausted
    }
}
