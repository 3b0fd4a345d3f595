use patchbay_domain::Timestamp;

/// What time it is.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// Where new ids come from: 128 bits, never the same twice, roughly in the order of time, with at
/// least 74 random bits.
pub trait Ids: Send + Sync {
    fn next(&self) -> u128;

    /// 128 bits that nobody can guess.
    fn secret(&self) -> u128;
}
