//! What SQS refuses, in the names that SDKs map to their own error types.

use super::settings::IN_FLIGHT_LIMIT;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SqsError {
    #[error("The specified queue does not exist.")]
    QueueDoesNotExist,
    #[error("A queue already exists with the same name and a different value for attribute {0}.")]
    QueueNameExists(String),
    #[error("Unknown Attribute {0}.")]
    InvalidAttributeName(String),
    #[error("Invalid value for the parameter {name}. Reason: {reason}.")]
    InvalidAttributeValue { name: String, reason: String },
    #[error("{0}")]
    InvalidParameter(String),
    #[error("The request must contain the parameter {0}.")]
    MissingParameter(&'static str),
    #[error("The message contains characters outside the allowed set.")]
    InvalidMessageContents,
    #[error("The input receipt handle is not a valid receipt handle.")]
    ReceiptHandleIsInvalid,
    #[error("The message referred to isn't in flight.")]
    MessageNotInflight,
    #[error("There should be at least one entry in the request.")]
    EmptyBatchRequest,
    #[error("Maximum number of entries per request are 10. You have sent {0}.")]
    TooManyEntries(usize),
    #[error("Id {0} repeated.")]
    BatchEntryIdsNotDistinct(String),
    #[error(
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. \
         It can be at most 80 letters long."
    )]
    InvalidBatchEntryId,
    #[error("Batch requests cannot be longer than {limit} bytes. You have sent {sent} bytes.")]
    BatchRequestTooLong { limit: usize, sent: usize },
    #[error("The queue has {IN_FLIGHT_LIMIT} messages in flight, which is the most it can have.")]
    OverLimit,
    #[error("{0}")]
    ResourceNotFound(String),
    #[error("{0}")]
    UnsupportedOperation(String),
    #[error("The request is not valid JSON for this operation: {0}")]
    Serialization(String),
    #[error("The queues could not be written to disk; the server has to be restarted.")]
    Unwritable,
}

impl SqsError {
    /// The error's shape name in the JSON protocol, with its namespace.
    pub(crate) fn shape(&self) -> &'static str {
        match self {
            Self::QueueDoesNotExist => "com.amazonaws.sqs#QueueDoesNotExist",
            Self::QueueNameExists(_) => "com.amazonaws.sqs#QueueNameExists",
            Self::InvalidAttributeName(_) => "com.amazonaws.sqs#InvalidAttributeName",
            Self::InvalidAttributeValue { .. } => "com.amazonaws.sqs#InvalidAttributeValue",
            Self::InvalidParameter(_) => "com.amazon.coral.service#InvalidParameterValueException",
            Self::MissingParameter(_) => {
                "com.amazon.coral.service#MissingRequiredParameterException"
            }
            Self::InvalidMessageContents => "com.amazonaws.sqs#InvalidMessageContents",
            Self::ReceiptHandleIsInvalid => "com.amazonaws.sqs#ReceiptHandleIsInvalid",
            Self::MessageNotInflight => "com.amazonaws.sqs#MessageNotInflight",
            Self::EmptyBatchRequest => "com.amazonaws.sqs#EmptyBatchRequest",
            Self::TooManyEntries(_) => "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
            Self::BatchEntryIdsNotDistinct(_) => "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
            Self::InvalidBatchEntryId => "com.amazonaws.sqs#InvalidBatchEntryId",
            Self::BatchRequestTooLong { .. } => "com.amazonaws.sqs#BatchRequestTooLong",
            Self::OverLimit => "com.amazonaws.sqs#OverLimit",
            Self::ResourceNotFound(_) => "com.amazonaws.sqs#ResourceNotFoundException",
            Self::UnsupportedOperation(_) => "com.amazonaws.sqs#UnsupportedOperation",
            Self::Serialization(_) => "com.amazon.coral.service#SerializationException",
            Self::Unwritable => "com.amazon.coral.service#InternalFailure",
        }
    }

    /// The code of the older query protocol, which SDKs report as the error's
    /// code (they read it from the `x-amzn-query-error` header).
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::QueueDoesNotExist => "AWS.SimpleQueueService.NonExistentQueue",
            Self::QueueNameExists(_) => "QueueAlreadyExists",
            Self::InvalidAttributeName(_) => "InvalidAttributeName",
            Self::InvalidAttributeValue { .. } => "InvalidAttributeValue",
            Self::InvalidParameter(_) => "InvalidParameterValue",
            Self::MissingParameter(_) => "MissingParameter",
            Self::InvalidMessageContents => "InvalidMessageContents",
            Self::ReceiptHandleIsInvalid => "ReceiptHandleIsInvalid",
            Self::MessageNotInflight => "AWS.SimpleQueueService.MessageNotInflight",
            Self::EmptyBatchRequest => "AWS.SimpleQueueService.EmptyBatchRequest",
            Self::TooManyEntries(_) => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            Self::BatchEntryIdsNotDistinct(_) => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            Self::InvalidBatchEntryId => "AWS.SimpleQueueService.InvalidBatchEntryId",
            Self::BatchRequestTooLong { .. } => "AWS.SimpleQueueService.BatchRequestTooLong",
            Self::OverLimit => "OverLimit",
            Self::ResourceNotFound(_) => "ResourceNotFoundException",
            Self::UnsupportedOperation(_) => "AWS.SimpleQueueService.UnsupportedOperation",
            Self::Serialization(_) => "SerializationException",
            Self::Unwritable => "InternalFailure",
        }
    }

    /// Whether the caller could have avoided it.
    pub(crate) fn is_senders_fault(&self) -> bool {
        !matches!(self, Self::Unwritable)
    }

    /// An out-of-range or malformed attribute of a queue.
    pub(crate) fn attribute(name: &str, reason: impl Into<String>) -> Self {
        Self::InvalidAttributeValue {
            name: name.into(),
            reason: reason.into(),
        }
    }
}
