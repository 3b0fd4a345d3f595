use std::collections::HashMap;

use async_trait::async_trait;
use patchbay_domain::token::TokenHash;

use super::Store;
use crate::ports::{Clock, PortResult, Proof, Proofs};

pub(super) type ProofTable = HashMap<String, Proof>;

#[async_trait]
impl Proofs for Store {
    async fn put(&self, token: TokenHash, proof: &Proof) -> PortResult<()> {
        let place = token.to_string();
        self.tables().proofs.insert(place, proof.clone());
        Ok(())
    }

    async fn take(&self, token: TokenHash) -> PortResult<Option<Proof>> {
        let now = self.clock.now();
        let proof = self.tables().proofs.remove(&token.to_string());
        Ok(proof.filter(|proof| now < proof.expires_at))
    }
}
