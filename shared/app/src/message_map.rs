//! Which messages of a destination stand for a message of the source.

use patchbay_domain::ids::{MessageId, PairId};
use patchbay_domain::{Delivery, DeliveryState, Revision, reaction};

use crate::ports::{PortResult, Ports};

/// Changes of one message that are read at a time.
const AT_ONCE: usize = 100;

/// What is known of a message at a pair's destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// Delivered as this, which tells the parts that stand there.
    Standing(Delivery),
    /// A later change was delivered already.
    Superseded,
    /// It was delivered, and its deletion too.
    Removed,
    /// Its post ended otherwise: this is what became of it.
    Otherwise(Delivery),
    /// The pair never saw it.
    Unknown,
}

impl Mapped {
    /// The parts that stand at the destination.
    pub fn parts(&self) -> &[MessageId] {
        match self {
            Self::Standing(delivery) => match &delivery.state {
                DeliveryState::Delivered { parts, .. } => parts,
                DeliveryState::Claimed { .. }
                | DeliveryState::Filtered { .. }
                | DeliveryState::Skipped { .. }
                | DeliveryState::Failed { .. }
                | DeliveryState::Queued { .. } => &[],
            },
            Self::Superseded | Self::Removed | Self::Otherwise(_) | Self::Unknown => &[],
        }
    }
}

/// What tells of a message's reactions at a pair's destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Since the last state that was delivered, if any was.
    Before {
        /// The message that tells of those that the destination doesn't take.
        parts: Vec<MessageId>,
    },
    /// A later state was delivered already.
    Superseded,
}

/// Whether anything is known of reactions to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reactions {
    Never,
    Known,
}

/// By the last change before this one that was delivered; whether it was removed later counts too.
/// Reactions change nothing in what stands there.
pub async fn before(
    ports: &Ports,
    pair: PairId,
    message: MessageId,
    revision: Revision,
) -> PortResult<Mapped> {
    let (mapped, _) = look(ports, pair, message, revision).await?;
    Ok(mapped)
}

/// The same before its end, which takes along what tells of its reactions.
pub async fn before_deletion(
    ports: &Ports,
    pair: PairId,
    message: MessageId,
) -> PortResult<(Mapped, Reactions)> {
    look(ports, pair, message, Revision::DELETED).await
}

async fn look(
    ports: &Ports,
    pair: PairId,
    message: MessageId,
    revision: Revision,
) -> PortResult<(Mapped, Reactions)> {
    let mut mapped = Mapped::Unknown;
    let mut reactions = Reactions::Never;
    let mut chat = None;
    let mut after = None;
    loop {
        let deliveries = &ports.deliveries;
        let page = deliveries.of_message(pair, message, after, AT_ONCE).await?;
        let is_last = page.next.is_none();
        for delivery in page.items {
            let of = delivery.key.revision;
            after = Some(of);
            if of.is_of_reactions() {
                reactions = Reactions::Known;
                continue;
            }
            // Of a message of a former chat, whose number this one has now.
            let is_of_former = *chat.get_or_insert(delivery.chat) != delivery.chat;
            if is_of_former && of != Revision::DELETED {
                continue;
            }
            let is_delivered = matches!(delivery.state, DeliveryState::Delivered { .. });
            if is_delivered && of == Revision::DELETED {
                mapped = Mapped::Removed;
            } else if is_delivered && of < revision {
                mapped = Mapped::Standing(delivery);
            } else if is_delivered && of > revision {
                mapped = Mapped::Superseded;
            } else if of == Revision::POSTED {
                mapped = Mapped::Otherwise(delivery);
            }
        }
        if is_last {
            return Ok((mapped, reactions));
        }
        if reactions == Reactions::Known {
            // There may be many. Only the message's end comes after them.
            after = Some(Revision::BEFORE_DELETED);
        }
    }
}

/// What tells of the reactions by the last state before this one.
pub async fn told(
    ports: &Ports,
    pair: PairId,
    message: MessageId,
    revision: Revision,
) -> PortResult<Told> {
    let mut told = Vec::new();
    for state in reactions(ports, pair, message).await? {
        let of = state.key.revision;
        match state.state {
            DeliveryState::Delivered { .. } if of > revision => return Ok(Told::Superseded),
            DeliveryState::Delivered { parts, .. } if of < revision => told = parts,
            DeliveryState::Delivered { .. }
            | DeliveryState::Claimed { .. }
            | DeliveryState::Filtered { .. }
            | DeliveryState::Skipped { .. }
            | DeliveryState::Failed { .. }
            | DeliveryState::Queued { .. } => {}
        }
    }
    Ok(Told::Before { parts: told })
}

/// The [`reaction::print`] of the last reactions that came to an outcome, or are about to; of no
/// reactions, if there was none. Those that failed may be found anew.
pub async fn seen(ports: &Ports, pair: PairId, message: MessageId) -> PortResult<u32> {
    let states = reactions(ports, pair, message).await?;
    let mut latest = states.iter().rev();
    let seen = latest.find(|it| !matches!(it.state, DeliveryState::Failed { .. }));
    Ok(seen.map_or_else(|| reaction::print(&[]), |state| state.media))
}

/// What became of each state of a message's reactions, the earliest first.
async fn reactions(ports: &Ports, pair: PairId, message: MessageId) -> PortResult<Vec<Delivery>> {
    let mut states = Vec::new();
    let mut after = Some(Revision::BEFORE_REACTIONS);
    loop {
        let deliveries = &ports.deliveries;
        let page = deliveries.of_message(pair, message, after, AT_ONCE).await?;
        after = page.items.last().map(|last| last.key.revision);
        states.extend(page.items);
        if page.next.is_none() {
            states.retain(|state| state.key.revision.is_of_reactions());
            return Ok(states);
        }
    }
}
