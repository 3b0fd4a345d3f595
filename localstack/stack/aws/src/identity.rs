//! The one account and region that everything here belongs to.

/// The account number that local stand-ins for AWS have settled on.
pub(crate) const ACCOUNT: &str = "000000000000";
pub(crate) const REGION: &str = "us-east-1";

/// A random id for a request, message or secret version.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge where randomness enters; the state behind it is given its ids"
)]
pub(crate) fn random_id() -> uuid::Uuid {
    uuid::Uuid::new_v4()
}
