use std::sync::Arc;

use async_trait::async_trait;
use patchbay_app::ports::{
    Begun, Digest, Execution, Idempotency, IdempotencyKey, KeptAnswer, PortResult,
};
use patchbay_domain::Timestamp;
use patchbay_domain::ids::UserId;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::item::{Item, bytes, bytes_of, key_attributes, number, string, text_of};
use super::key::{self, Key, PK, TTL};
use super::table::{Table, delete_if, put_if};
use crate::error::corrupt;
use crate::seal::{Binding, Sealed, Sealer};

const EXECUTION: &str = "execution";
const FINGERPRINT: &str = "fingerprint";
const UNTIL: &str = "until";
const CIPHERTEXT: &str = "ciphertext";

/// Keys of requests and their answers, which are sealed, each and every one.
pub(crate) struct IdempotencyStore {
    table: Arc<Table>,
    sealer: Sealer,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl IdempotencyStore {
    pub(crate) fn new(table: Arc<Table>, sealer: Sealer) -> Self {
        Self { table, sealer }
    }

    async fn begun(&self, key: &Key, mut item: Item) -> PortResult<Begun> {
        const OPERATION: &str = "reading an idempotency key";
        let fingerprint = text_of(&item, FINGERPRINT).and_then(read_digest);
        let fingerprint = fingerprint.ok_or_else(|| corrupt(OPERATION, "no fingerprint"))?;
        if !item.contains_key(CIPHERTEXT) {
            return Ok(Begun::InProgress { fingerprint });
        }
        let version = text_of(&item, "key_version").map(str::to_owned);
        let parts = bytes_of(&mut item, "wrapped_key").zip(bytes_of(&mut item, CIPHERTEXT));
        let Some((version, (wrapped_key, ciphertext))) = version.zip(parts) else {
            return Err(corrupt(OPERATION, "an incomplete seal"));
        };
        let sealed = Sealed {
            version,
            wrapped_key,
            ciphertext,
        };
        let opened = self.sealer.open(&binding(key), &sealed).await?;
        // The cause is left out: it might quote the answer.
        let Ok(answer) = serde_json::from_slice::<Answer>(opened.expose_secret()) else {
            return Err(corrupt(OPERATION, "an answer of another form"));
        };
        Ok(Begun::Done {
            fingerprint,
            answer: KeptAnswer {
                status: answer.status,
                headers: answer.headers,
                body: SecretString::from(answer.body),
            },
        })
    }
}

fn binding(key: &Key) -> Binding {
    Binding {
        tenant: key.pk.clone(),
        item: key.sk.clone(),
        purpose: "idempotent_answer",
    }
}

fn entry(key: &Key, execution: &Execution, until: Timestamp) -> Item {
    let mut entry = key_attributes(key);
    entry.insert(EXECUTION.to_owned(), string(execution_id(execution)));
    entry.insert(FINGERPRINT.to_owned(), string(execution.fingerprint));
    entry.insert(UNTIL.to_owned(), number(until));
    // Rounded up: who reads it compares the exact time.
    entry.insert(TTL.to_owned(), number(until.seconds() + 1));
    entry
}

fn execution_id(execution: &Execution) -> String {
    format!("{:032x}", execution.id)
}

fn read_digest(text: &str) -> Option<Digest> {
    let mut digest = [0; 32];
    let pairs = text.as_bytes().chunks_exact(2);
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Digest(digest))
}

#[async_trait]
impl Idempotency for IdempotencyStore {
    async fn begin(&self, key: &IdempotencyKey, execution: &Execution) -> PortResult<Begun> {
        let key = key::idempotency(key);
        let until = execution.began_at.plus(execution.lease);
        let put = self
            .table
            .put_item(entry(&key, execution, until))
            .condition_expression("attribute_not_exists(#pk) OR #until <= :now")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#until", UNTIL)
            .expression_attribute_values(":now", number(execution.began_at));
        let Err(refused) = put_if("beginning a request", put).await? else {
            return Ok(Begun::First);
        };
        let Some(item) = refused.0 else {
            return Err(corrupt("beginning a request", "refused without an item"));
        };
        // A write whose answer was lost meets itself when it is repeated.
        if text_of(&item, EXECUTION) == Some(&execution_id(execution)) {
            return Ok(Begun::First);
        }
        self.begun(&key, item).await
    }

    async fn complete(
        &self,
        key: &IdempotencyKey,
        execution: &Execution,
        answer: &KeptAnswer,
        until: Timestamp,
    ) -> PortResult<bool> {
        const OPERATION: &str = "keeping an answer";
        let key = key::idempotency(key);
        let answer = Answer {
            status: answer.status,
            headers: answer.headers.clone(),
            body: answer.body.expose_secret().to_owned(),
        };
        let Ok(plain) = serde_json::to_vec(&answer) else {
            return Err(corrupt(OPERATION, "an answer that can't be written"));
        };
        drop(Zeroizing::new(answer.body));
        let sealed = self
            .sealer
            .seal(&binding(&key), &SecretSlice::from(plain))
            .await?;
        let mut entry = entry(&key, execution, until);
        entry.insert("key_version".to_owned(), string(sealed.version));
        entry.insert("wrapped_key".to_owned(), bytes(sealed.wrapped_key));
        entry.insert(CIPHERTEXT.to_owned(), bytes(sealed.ciphertext));
        let put = self
            .table
            .put_item(entry)
            .condition_expression("#execution = :execution")
            .expression_attribute_names("#execution", EXECUTION)
            .expression_attribute_values(":execution", string(execution_id(execution)));
        Ok(put_if(OPERATION, put).await?.is_ok())
    }

    async fn abandon(&self, key: &IdempotencyKey, execution: &Execution) -> PortResult<()> {
        let delete = self
            .table
            .delete_item(&key::idempotency(key))
            .condition_expression("#execution = :execution AND attribute_not_exists(#answer)")
            .expression_attribute_names("#execution", EXECUTION)
            .expression_attribute_names("#answer", CIPHERTEXT)
            .expression_attribute_values(":execution", string(execution_id(execution)));
        delete_if("freeing an idempotency key", delete).await?;
        Ok(())
    }

    async fn remove_all(&self, owner: UserId) -> PortResult<()> {
        let keys = key::idempotency_keys(owner);
        self.table
            .delete_all("removing idempotency keys", &keys)
            .await
    }
}
