use std::time::Duration;

/// Exponential back-off with a ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    pub first: Duration,
    pub ceiling: Duration,
}

impl Backoff {
    /// For connections: quick at first, half a minute at most.
    pub const RECONNECT: Self = Self {
        first: Duration::from_millis(250),
        ceiling: Duration::from_secs(30),
    };
    /// For deliveries: visibility timeouts are whole seconds.
    pub const DELIVERY: Self = Self {
        first: Duration::from_secs(1),
        ceiling: Duration::from_mins(5),
    };

    /// How long to wait after that many failures in a row; `jitter` in 0..1 spreads callers over
    /// the upper half of it.
    pub fn after(self, failures: u32, jitter: f64) -> Duration {
        let doubled = self
            .first
            .saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1).min(20)));
        let whole = doubled.min(self.ceiling);
        whole.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_ceiling() {
        let waits: Vec<u64> = (1..=12)
            .map(|n| Backoff::DELIVERY.after(n, 1.0).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(Backoff::DELIVERY.after(2, 0.0), Duration::from_secs(1));
        assert_eq!(
            Backoff::DELIVERY.after(u32::MAX, 1.0),
            Duration::from_mins(5)
        );
    }
}
