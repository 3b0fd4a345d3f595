use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValue;
use patchbay_app::ports::{PortResult, Proof, Proofs};
use patchbay_domain::token::TokenHash;

use super::item::{item, number, read};
use super::key::{self, TTL};
use super::table::Table;
use crate::error::unavailable;

#[async_trait]
impl Proofs for Table {
    async fn put(&self, token: TokenHash, proof: &Proof) -> PortResult<()> {
        const OPERATION: &str = "keeping a proof";
        let mut entry = item(OPERATION, &key::proof(token), proof)?;
        // Rounded up: who reads it compares the exact time.
        entry.insert(TTL.to_owned(), number(proof.expires_at.seconds() + 1));
        self.put_item(entry)
            .send()
            .await
            .map_err(unavailable(OPERATION))?;
        Ok(())
    }

    async fn take(&self, token: TokenHash) -> PortResult<Option<Proof>> {
        const OPERATION: &str = "taking a proof";
        let delete = self
            .delete_item(&key::proof(token))
            .return_values(ReturnValue::AllOld);
        let answer = delete.send().await.map_err(unavailable(OPERATION))?;
        let proof = answer.attributes.filter(|entry| !entry.is_empty());
        let proof = proof
            .map(|entry| read::<Proof>(OPERATION, entry))
            .transpose()?;
        Ok(proof.filter(|proof| self.now() < proof.expires_at))
    }
}
