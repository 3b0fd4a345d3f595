use crate::time::Timestamp;
use crate::world::RateLimit;

/// What requests share a bucket: a caller, a route and the resource the route is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BucketKey {
    pub(crate) caller: String,
    pub(crate) route: String,
    pub(crate) resource: String,
}

impl BucketKey {
    /// The bucket's public name, which says the route and nothing else.
    pub(crate) fn name(route: &str) -> String {
        // FNV-1a; any hash that stays the same from run to run would do.
        let hash = route.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("{hash:016x}")
    }
}

/// Requests in a window that begins with its first request.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    window_end: Option<Timestamp>,
    used: u32,
}

/// What a request's bucket has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset: Timestamp,
    pub(crate) reset_after_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Admitted(Allowance),
    Refused(Allowance),
}

impl Bucket {
    pub(super) fn take(&mut self, limit: RateLimit, now: Timestamp) -> Verdict {
        let end = match self.window_end {
            Some(end) if now < end => end,
            _ => {
                self.used = 0;
                now.plus_millis(limit.per_ms)
            }
        };
        self.window_end = Some(end);
        let refused = self.used >= limit.limit;
        if !refused {
            self.used += 1;
        }
        let allowance = Allowance {
            limit: limit.limit,
            remaining: limit.limit.saturating_sub(self.used),
            reset: end,
            reset_after_ms: end.millis_since(now),
        };
        if refused {
            Verdict::Refused(allowance)
        } else {
            Verdict::Admitted(allowance)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_full_again_after_its_window() {
        let limit = RateLimit {
            limit: 2,
            per_ms: 100,
        };
        let mut bucket = Bucket::default();
        let mut take = |millis| match bucket.take(limit, Timestamp::from_millis(millis)) {
            Verdict::Admitted(left) => (true, left.remaining, left.reset_after_ms),
            Verdict::Refused(left) => (false, left.remaining, left.reset_after_ms),
        };
        assert_eq!(take(1_000), (true, 1, 100));
        assert_eq!(take(1_050), (true, 0, 50));
        assert_eq!(take(1_099), (false, 0, 1));
        assert_eq!(take(1_100), (true, 1, 100));
    }

    #[test]
    fn the_name_of_a_bucket_is_that_of_its_route() {
        assert_eq!(BucketKey::name("GET /a"), BucketKey::name("GET /a"));
        assert_ne!(BucketKey::name("GET /a"), BucketKey::name("POST /a"));
    }
}
