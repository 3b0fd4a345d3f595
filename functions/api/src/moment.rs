use patchbay_domain::Timestamp;
use serde::{Serialize, Serializer, ser};

/// A moment as the API shows it: RFC 3339, in UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let moment = jiff::Timestamp::from_millisecond(self.0.0).map_err(ser::Error::custom)?;
        serializer.collect_str(&moment)
    }
}
