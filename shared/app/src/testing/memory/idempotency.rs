use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::UserId;

use super::Store;
use crate::ports::{Begun, Digest, Execution, Idempotency, IdempotencyKey, KeptAnswer, PortResult};

pub(super) struct Held {
    execution: u128,
    fingerprint: Digest,
    until: Timestamp,
    answer: Option<KeptAnswer>,
}

pub(super) type IdempotencyTable = BTreeMap<IdempotencyKey, Held>;

#[async_trait]
impl Idempotency for Store {
    async fn begin(&self, key: &IdempotencyKey, execution: &Execution) -> PortResult<Begun> {
        let mut tables = self.tables();
        if let Some(held) = tables.idempotency.get(key)
            && execution.began_at < held.until
            && held.execution != execution.id
        {
            let fingerprint = held.fingerprint;
            return Ok(match held.answer.clone() {
                Some(answer) => Begun::Done {
                    fingerprint,
                    answer,
                },
                None => Begun::InProgress { fingerprint },
            });
        }
        let held = Held {
            execution: execution.id,
            fingerprint: execution.fingerprint,
            until: execution.began_at.plus(execution.lease),
            answer: None,
        };
        tables.idempotency.insert(key.clone(), held);
        Ok(Begun::First)
    }

    async fn complete(
        &self,
        key: &IdempotencyKey,
        execution: &Execution,
        answer: &KeptAnswer,
        until: Timestamp,
    ) -> PortResult<bool> {
        let mut tables = self.tables();
        let held = tables.idempotency.get_mut(key);
        let Some(held) = held.filter(|held| held.execution == execution.id) else {
            return Ok(false);
        };
        held.answer = Some(answer.clone());
        held.until = until;
        Ok(true)
    }

    async fn abandon(&self, key: &IdempotencyKey, execution: &Execution) -> PortResult<()> {
        let mut tables = self.tables();
        let is_held = tables
            .idempotency
            .get(key)
            .is_some_and(|held| held.execution == execution.id && held.answer.is_none());
        if is_held {
            tables.idempotency.remove(key);
        }
        Ok(())
    }

    async fn remove_all(&self, owner: UserId) -> PortResult<()> {
        let mut tables = self.tables();
        tables.idempotency.retain(|key, _| key.owner != owner);
        Ok(())
    }
}
