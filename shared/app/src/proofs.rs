//! Tokens that were mailed, each good for one thing, once.

use patchbay_domain::token::{MailToken, Purpose};
use secrecy::{ExposeSecret, SecretString};

use crate::ports::{PortError, Ports, Proven};

#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    #[error("the token is none of ours, used or expired")]
    WrongToken,
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Does what the token is good for. The token is used up, unless `effect` fails.
pub(crate) async fn spend<T, E: From<ProofError>>(
    ports: &Ports,
    purpose: Purpose,
    token: &SecretString,
    effect: impl AsyncFnOnce(Proven) -> Result<T, E>,
) -> Result<T, E> {
    let wrong = || E::from(ProofError::WrongToken);
    let token = MailToken::parse(purpose, token.expose_secret()).ok_or_else(wrong)?;
    let found = ports.proofs.take(token.hash()).await;
    let proof = found.map_err(ProofError::from)?.ok_or_else(wrong)?;
    let outcome = effect(proof.of.clone()).await;
    if outcome.is_err() {
        // So that whoever tries again has something to try with. An effect that did happen is
        // repeated then, for the same.
        let kept = ports.proofs.put(token.hash(), &proof).await;
        kept.map_err(ProofError::from)?;
    }
    outcome
}
