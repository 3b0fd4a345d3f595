use async_trait::async_trait;
use patchbay_app::ports::{PortResult, Throttles};
use patchbay_domain::throttle::Window;

use super::item::number;
use super::key::{self, TTL};
use super::table::{Table, update_if};

const TRIES: &str = "tries";

#[async_trait]
impl Throttles for Table {
    async fn take(&self, window: &Window, most: u32) -> PortResult<bool> {
        let update = self
            .update_item(&key::throttle(window))
            .update_expression("ADD #tries :one SET #ttl = :ttl")
            .condition_expression("attribute_not_exists(#tries) OR #tries < :most")
            .expression_attribute_names("#tries", TRIES)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(most))
            .expression_attribute_values(":ttl", number(window.ends_at.seconds() + 1));
        Ok(update_if("counting a try", update).await?.is_ok())
    }

    async fn give_back(&self, window: &Window) -> PortResult<()> {
        let update = self
            .update_item(&key::throttle(window))
            .update_expression("ADD #tries :less")
            .condition_expression("#tries > :none")
            .expression_attribute_names("#tries", TRIES)
            .expression_attribute_values(":less", number(-1))
            .expression_attribute_values(":none", number(0));
        // Where nothing is counted, nothing is given back.
        update_if("taking back a try", update)
            .await?
            .map_or(Ok(()), |_| Ok(()))
    }
}
