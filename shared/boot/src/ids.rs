use patchbay_app::ports::Ids;
use uuid::Uuid;

/// Ids from the random numbers of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    /// The bits of a UUID, version 7: milliseconds, then 74 random bits.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the source of ids that others take"
    )]
    fn next(&self) -> u128 {
        Uuid::now_v7().as_u128()
    }

    #[expect(
        clippy::expect_used,
        reason = "without random numbers nothing here is safe"
    )]
    fn secret(&self) -> u128 {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system has random numbers");
        u128::from_be_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_differ_and_grow_with_time() {
        let ids: Vec<u128> = (0..1_000).map(|_| RandomIds.next()).collect();
        assert!(ids.is_sorted_by_key(|id| id >> 80), "{ids:x?}");
        let secrets: HashSet<u128> = (0..1_000).map(|_| RandomIds.secret()).collect();
        assert_eq!(
            secrets.len() + ids.iter().collect::<HashSet<_>>().len(),
            2_000
        );
    }
}
