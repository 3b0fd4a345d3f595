use patchbay_domain::ids::{AccountId, DiscordGuildId, PairId};
use patchbay_domain::user::User;
use patchbay_domain::{Endpoint, Pair, PairState, Platform};

use crate::ports::{PortResult, Ports};

/// Which pairs are wanted: those to which all of this applies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub state: Option<PairState>,
    /// Of the source or the destination, as with the account and the server.
    pub platform: Option<Platform>,
    pub account: Option<AccountId>,
    pub guild: Option<DiscordGuildId>,
    /// A part of the name, in upper or lower case.
    pub name: Option<String>,
}

/// The user's pairs in the order in which they were made, after the given one.
pub async fn list(
    ports: &Ports,
    user: &User,
    wanted: &Wanted,
    after: Option<PairId>,
    limit: usize,
) -> PortResult<(Vec<Pair>, Option<PairId>)> {
    let name = wanted.name.as_deref().map(str::to_lowercase);
    let mut pairs = ports.pairs.of_user(user.id).await?.pairs;
    pairs.retain(|pair| {
        after.is_none_or(|after| pair.id > after)
            && wanted.admits(pair)
            && name.as_deref().is_none_or(|name| has_in_name(pair, name))
    });
    pairs.sort_by_key(|pair| pair.id);
    let has_more = pairs.len() > limit;
    pairs.truncate(limit);
    let next = pairs.last().filter(|_| has_more).map(|pair| pair.id);
    Ok((pairs, next))
}

impl Wanted {
    fn admits(&self, pair: &Pair) -> bool {
        let ends = [&pair.source, &pair.destination];
        let has_end = |is_such: &dyn Fn(&Endpoint) -> bool| ends.into_iter().any(is_such);
        self.state.is_none_or(|state| pair.state == state)
            && self
                .platform
                .is_none_or(|platform| has_end(&|end| end.platform() == platform))
            && self
                .account
                .is_none_or(|account| has_end(&|end| end.account() == Some(account)))
            && self
                .guild
                .is_none_or(|guild| has_end(&|end| end.guild() == Some(guild)))
    }
}

fn has_in_name(pair: &Pair, part: &str) -> bool {
    let name = pair.options.name.as_deref();
    name.is_some_and(|name| name.to_lowercase().contains(part))
}
