use patchbay_app::trace::retriable_until;
use patchbay_domain::delivery::link;
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Delivery, DeliveryState, Recovery, Revision, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::endpoint::EndpointView;
use crate::moment::Moment;

/// What became of one change of one message. What the message says is not kept.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageView {
    /// The message's id at the source.
    #[schema(value_type = String, example = "4711")]
    message: MessageId,
    /// Tells the changes of a message apart; the later one is larger.
    #[schema(example = "0")]
    revision: String,
    change: ChangeView,
    state: StateView,
    /// Why it was filtered, skipped or failed, in words.
    reason: Option<String>,
    /// The same for programs.
    reason_code: Option<&'static str>,
    /// What can be done about it.
    advice: Option<&'static str>,
    destination: EndpointView,
    /// What stands for it at the destination, in order: several messages, if it was too long for
    /// one. Of reactions, the message that tells of those that the destination doesn't take.
    sent: Vec<SentView>,
    /// Of the text and the attachments.
    bytes: u64,
    /// Whether it was missed at first, and found later.
    recovered: bool,
    /// Whether it was said before, and brought by a backfill.
    backfilled: bool,
    /// How often it was set out to send it.
    attempts: u32,
    /// How often it was retried by request.
    retries: u32,
    /// Until when it can be retried; null, if it can't.
    #[schema(value_type = Option<String>, format = DateTime)]
    retriable_until: Option<Moment>,
    /// When it happened at the source.
    #[schema(value_type = String, format = DateTime)]
    source_at: Moment,
    /// When Patchbay learned of it.
    #[schema(value_type = String, format = DateTime)]
    received_at: Moment,
    /// When the first attempt to send it began.
    #[schema(value_type = Option<String>, format = DateTime)]
    first_attempt_at: Option<Moment>,
    /// When it got its outcome; null while it has none.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Moment>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MessageChange)]
enum ChangeView {
    Posted,
    Edited,
    /// Other reactions stand under it.
    Reacted,
    Deleted,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MessageState)]
enum StateView {
    /// It is being sent, or waits for its retry.
    Pending,
    Delivered,
    /// The pair's own options held it back.
    Filtered,
    Skipped,
    Failed,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SentMessage)]
struct SentView {
    #[schema(value_type = String)]
    message: MessageId,
    /// Null where the platform has no address for it: in private chats and basic groups of
    /// Telegram.
    link: Option<String>,
}

impl MessageView {
    /// `username` is the public name of the destination.
    pub(super) fn of(delivery: Delivery, username: Option<&str>, now: Timestamp) -> Self {
        let to = delivery.destination;
        let retriable_until = retriable_until(&delivery).filter(|until| now < *until);
        let is_final = delivery.state.is_final();
        let (mut reason, mut reason_code, mut advice) = (None, None, None);
        let (state, parts) = match delivery.state {
            DeliveryState::Claimed { parts, .. } | DeliveryState::Queued { parts } => {
                (StateView::Pending, parts)
            }
            DeliveryState::Delivered { parts, .. } => (StateView::Delivered, parts),
            DeliveryState::Filtered { rule } => {
                reason = Some(format!("{}: {rule}", rule.explanation()));
                reason_code = Some(rule.name());
                (StateView::Filtered, Vec::new())
            }
            DeliveryState::Skipped { reason: why } => {
                (reason, reason_code) = (Some(why.to_string()), Some(why.code()));
                (StateView::Skipped, Vec::new())
            }
            DeliveryState::Failed { reason: why, parts } => {
                (reason, reason_code) = (Some(why.to_string()), Some(why.kind().code()));
                advice = Some(why.advice());
                (StateView::Failed, parts)
            }
        };
        let sent = parts.into_iter().map(|message| SentView {
            message,
            link: link(&to, username, message),
        });
        Self {
            message: delivery.key.message,
            revision: delivery.key.revision.0.to_string(),
            change: match delivery.key.revision {
                Revision::POSTED => ChangeView::Posted,
                Revision::DELETED => ChangeView::Deleted,
                revision if revision.is_of_reactions() => ChangeView::Reacted,
                Revision(_) => ChangeView::Edited,
            },
            state,
            reason,
            reason_code,
            advice,
            destination: to.into(),
            sent: sent.collect(),
            bytes: delivery.bytes,
            recovered: delivery.recovery == Recovery::Recovered,
            backfilled: delivery.recovery == Recovery::Requested,
            attempts: delivery.attempts,
            retries: delivery.retries,
            retriable_until: retriable_until.map(Moment),
            source_at: Moment(delivery.source_at),
            received_at: Moment(delivery.received_at),
            first_attempt_at: delivery.claimed_at.map(Moment),
            finished_at: is_final.then_some(Moment(delivery.updated_at)),
        }
    }
}
