use async_trait::async_trait;
use patchbay_app::ports::{PortResult, Quotas, Taken};
use patchbay_domain::Timestamp;
use patchbay_domain::ids::ApiKeyId;
use patchbay_domain::quota::{RequestLimits, Usage, Window};

use super::item::{Item, number, number_of};
use super::key::{self, TTL};
use super::table::{Table, update_if};

const DAY: &str = "day";

/// Counts of earlier minutes are taken out by the writes that follow, so that the item stays under
/// the 1 KB of one write unit: whoever calls more seldom than every 16 minutes leaves 90 of them a
/// day. The minute before the present one stays, for a process whose clock is a little behind.
const FORGOTTEN: std::ops::RangeInclusive<i64> = 2..=16;

/// The attribute that counts a minute.
fn minute(number: i64) -> String {
    format!("m{}", number.rem_euclid(24 * 60))
}

#[async_trait]
impl Quotas for Table {
    /// One write, whatever the outcome, and no read.
    async fn take(
        &self,
        key: ApiKeyId,
        limits: RequestLimits,
        now: Timestamp,
    ) -> PortResult<Taken> {
        let this_minute = Window::Minute.number(now);
        let names: Vec<String> = FORGOTTEN.map(|ago| format!("#forgotten{ago}")).collect();
        let mut update = self
            .update_item(&key::requests(key, Window::Day.number(now)))
            .update_expression(format!(
                "ADD #minute :one, #day :one SET #ttl = :ttl REMOVE {}",
                names.join(", ")
            ))
            .condition_expression(
                "(attribute_not_exists(#minute) OR #minute < :per_minute) \
                 AND (attribute_not_exists(#day) OR #day < :per_day)",
            )
            .expression_attribute_names("#minute", minute(this_minute))
            .expression_attribute_names("#day", DAY)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":per_minute", number(limits.per_minute))
            .expression_attribute_values(":per_day", number(limits.per_day))
            .expression_attribute_values(":ttl", number(Window::Day.end(now).seconds() + 3600));
        for (name, ago) in names.into_iter().zip(FORGOTTEN) {
            update = update.expression_attribute_names(name, minute(this_minute - ago));
        }
        let usage = |item: &Item| Usage {
            limits,
            in_minute: number_of(item, &minute(this_minute)).unwrap_or_default(),
            in_day: number_of(item, DAY).unwrap_or_default(),
            at: now,
        };
        Ok(match update_if("counting a request", update).await? {
            Ok(item) => Taken::Granted(usage(&item)),
            Err(refused) => Taken::Exhausted(usage(&refused.0.unwrap_or_default())),
        })
    }
}
