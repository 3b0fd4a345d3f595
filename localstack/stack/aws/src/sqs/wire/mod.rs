//! Requests and answers of the JSON protocol, as the SQS model writes them.

pub(crate) mod checks;
pub(crate) mod digest;
pub(crate) mod request;
pub(crate) mod response;
