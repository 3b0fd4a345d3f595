//! What every implementation of the ports does, as named checks.
//!
//! Each check makes ids of its own, so that all can run at the same time on the same stores. Time
//! passes by the [`ManualClock`]; queues whose time can't be moved are waited for.

mod accounts;
mod api_keys;
mod backfills;
mod bot_links;
mod chats;
mod deliveries;
mod discord_links;
mod discord_oauth;
mod figures;
mod guilds;
mod idempotency;
#[expect(clippy::panic, reason = "that is how a check fails")]
mod leases;
mod links;
mod pairs;
mod positions;
mod proofs;
mod quotas;
mod samples;
mod sessions;
mod tasks;
mod tenants;
mod users;
mod vault;

pub use discord_oauth::discord_oauth;

use std::future::Future;
use std::pin::Pin;

use patchbay_domain::Timestamp;
use patchbay_domain::ids::PartitionId;
use tokio::task::JoinSet;

use super::ManualClock;
use crate::ports::{Clock, PortResult, Ports};

/// How many partitions the queues of a subject must have: each check of a queue uses one alone.
pub const PARTITIONS: u16 = 8;

/// What is checked. `ports.clock` is `clock`.
#[derive(Clone)]
pub struct Subject {
    pub ports: Ports,
    pub clock: ManualClock,
}

impl Subject {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn id(&self) -> u128 {
        self.ports.ids.next()
    }

    /// A number that no other check uses.
    fn number(&self) -> u64 {
        // Ids are random in their lower half; the highest bits stay free for a sign.
        u64::try_from(self.id() & u128::from(u64::MAX >> 8)).unwrap_or_default()
    }
}

type Checking<'a> = Pin<Box<dyn Future<Output = PortResult<()>> + Send + 'a>>;

/// One rule. It panics if the rule is broken.
#[derive(Clone, Copy)]
pub struct Check {
    pub name: &'static str,
    pub run: for<'a> fn(&'a Subject) -> Checking<'a>,
}

macro_rules! checks {
    ($($module:ident :: $name:ident),* $(,)?) => {
        &[$(Check {
            name: concat!(stringify!($module), "::", stringify!($name)),
            run: |subject| Box::pin($module::$name(subject)),
        }),*]
    };
}

pub const CHECKS: &[Check] = checks![
    accounts::an_address_has_one_user,
    accounts::a_telegram_user_has_one_account,
    accounts::of_many_that_link_one_telegram_user_one_wins,
    accounts::accounts_are_found_and_change,
    accounts::a_user_has_as_many_accounts_as_allowed,
    accounts::a_user_with_accounts_has_one_default,
    accounts::a_limited_account_tells_why,
    accounts::a_login_is_replaced_by_whoever_comes_first,
    accounts::a_login_is_kept_for_a_while,
    sessions::a_session_is_kept_until_it_expires_or_is_removed,
    sessions::of_many_that_renew_a_session_one_wins,
    sessions::a_session_that_was_used_or_is_gone_is_not_replaced,
    bot_links::a_token_links_once,
    bot_links::a_token_is_spoilt_by_time_and_by_the_next,
    bot_links::of_many_that_bring_one_token_one_is_linked,
    bot_links::a_person_is_one_users,
    proofs::a_proof_is_taken_once,
    proofs::a_proof_expires,
    proofs::no_more_tries_than_allowed_pass_at_once,
    users::a_user_changes_one_thing_at_a_time,
    users::an_address_is_exchanged_or_is_taken,
    users::a_user_leaves_and_the_address_is_free,
    accounts::the_logins_of_a_user_who_leaves_are_removed,
    tenants::all_secrets_of_a_user_who_leaves_are_removed,
    pairs::the_set_of_a_user_who_leaves_is_removed,
    links::a_code_works_until_it_is_used_or_expires,
    links::a_later_request_takes_the_place_of_an_earlier_one,
    links::of_many_servers_no_more_are_linked_than_allowed,
    links::a_server_stays_when_pairs_came_or_went_meanwhile,
    discord_links::a_state_is_good_once_and_for_its_user_alone,
    discord_links::a_person_is_linked_until_removed,
    chats::telegram_chats_come_in_pages_by_id,
    chats::topics_come_in_pages_by_id,
    guilds::a_server_has_the_channels_of_its_last_change,
    guilds::of_many_servers_those_with_the_bot_are_known,
    guilds::threads_come_and_go_alone,
    pairs::a_pair_is_added_at_the_present_version_alone,
    pairs::of_many_that_add_one_wins,
    pairs::pairs_are_found_and_change,
    pairs::a_pair_is_changed_at_its_present_version_alone,
    pairs::of_many_that_change_a_pair_one_wins,
    pairs::an_account_that_leaves_changes_the_set,
    api_keys::a_key_is_added_at_the_present_version_alone,
    api_keys::of_many_that_add_one_wins,
    api_keys::a_secret_opens_until_it_is_revoked,
    api_keys::a_secret_opens_until_it_expires,
    api_keys::a_rotated_key_opens_by_both_secrets_for_a_while,
    api_keys::of_many_that_rotate_one_wins,
    api_keys::a_key_changes_its_name_and_its_last_use,
    api_keys::nobody_reaches_anothers_key,
    api_keys::a_user_who_leaves_leaves_no_key,
    backfills::a_backfill_is_replaced_at_its_version_alone,
    backfills::unfinished_backfills_are_found_by_partition,
    quotas::of_many_requests_exactly_the_limit_passes,
    quotas::each_window_begins_anew,
    quotas::a_refused_request_is_not_counted,
    pairs::a_deleted_pair_is_remembered_until_it_is_forgotten,
    deliveries::a_claim_is_first_once,
    deliveries::an_older_owner_is_fenced,
    deliveries::progress_is_found_by_the_next_claim,
    deliveries::a_final_state_stands,
    deliveries::what_is_skipped_replaces_nothing,
    deliveries::a_number_that_came_again_in_another_chat_is_another_message,
    deliveries::deliveries_come_in_pages_by_message_and_revision,
    deliveries::outcomes_come_by_their_time,
    deliveries::what_failed_is_queued_again_once,
    deliveries::after_a_failure_that_sent_nothing_a_claim_is_first,
    deliveries::what_was_left_out_for_now_can_be_claimed_after_all,
    deliveries::a_pairs_deliveries_are_removed_in_batches,
    figures::a_days_figures_are_replaced_at_their_version_alone,
    figures::a_pairs_figures_are_removed_in_batches,
    figures::a_task_is_kept_for_its_owner_for_a_while,
    figures::the_latest_change_of_a_message_is_found,
    figures::the_first_pair_brings_a_message,
    figures::what_waits_is_noted_by_partition,
    positions::a_telegram_position_grows_part_by_part,
    positions::an_older_owner_changes_no_telegram_position,
    positions::a_telegram_position_has_many_channels,
    positions::a_discord_position_is_replaced,
    positions::an_older_owner_changes_no_discord_position,
    leases::a_lease_has_one_owner_until_it_ends,
    leases::each_tenure_has_a_higher_fence,
    leases::a_former_owner_changes_nothing,
    leases::of_many_that_want_a_lease_one_gets_it,
    leases::connectors_are_alive_for_a_while,
    vault::a_secret_reads_back_until_it_is_removed,
    idempotency::a_request_is_first_once_and_then_answered,
    idempotency::a_key_is_free_again_in_the_end,
    idempotency::of_many_that_begin_one_is_first,
    idempotency::whoever_leaves_leaves_no_answer,
    tenants::nobody_reaches_what_is_anothers,
    tenants::nobody_reads_or_removes_anothers_secret,
    tasks::a_pairs_tasks_keep_their_order,
    tasks::later_tasks_stay_back_while_one_is_out,
    tasks::a_key_is_stored_once,
    tasks::a_retry_is_another_task,
    tasks::a_postponed_task_holds_up_its_pair_alone,
    tasks::a_backlog_of_many_pairs_arrives_whole,
    tasks::controls_reach_their_target,
];

/// Runs all checks at the same time, each on what `subject` makes for it. The names of those that
/// failed, and why.
pub async fn failures(mut subject: impl FnMut() -> Subject) -> Vec<String> {
    let mut running = JoinSet::new();
    for check in CHECKS {
        let subject = subject();
        let guarded = async move {
            // In a set of its own, so that a panic is known by its name.
            let mut alone = JoinSet::new();
            alone.spawn(async move { (check.run)(&subject).await });
            match alone.join_next().await {
                Some(Ok(Ok(()))) => None,
                Some(Ok(Err(error))) => Some(format!("{}: {error:?}", check.name)),
                Some(Err(broken)) => Some(format!("{}: {broken}", check.name)),
                None => Some(format!("{}: did not run", check.name)),
            }
        };
        running.spawn(guarded);
    }
    running.join_all().await.into_iter().flatten().collect()
}

/// What `read` yields once it is as wanted: an index may lag behind its table.
async fn eventually<T, F>(
    mut read: impl FnMut() -> F,
    is_wanted: impl Fn(&T) -> bool,
) -> PortResult<T>
where
    F: Future<Output = PortResult<T>>,
{
    const BETWEEN: std::time::Duration = std::time::Duration::from_millis(20);
    for _ in 0..250 {
        let found = read().await?;
        if is_wanted(&found) {
            return Ok(found);
        }
        tokio::time::sleep(BETWEEN).await;
    }
    read().await
}

const NOWHERE: PartitionId = PartitionId(u16::MAX);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Memory;

    #[tokio::test(start_paused = true)]
    async fn the_ports_in_memory_keep_the_contract() {
        let failures = failures(|| {
            let memory = Memory::new();
            Subject {
                ports: memory.ports(),
                clock: memory.clock().clone(),
            }
        });
        assert_eq!(failures.await, Vec::<String>::new());
    }
}
