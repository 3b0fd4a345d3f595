//! What Secrets Manager refuses, in the names that SDKs know.

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SecretsError {
    #[error("Secrets Manager can't find the specified {0}.")]
    NotFound(String),
    #[error("{0}")]
    Exists(String),
    #[error("{0}")]
    InvalidRequest(String),
    #[error("{0}")]
    InvalidParameter(String),
    #[error("Invalid pagination token.")]
    InvalidToken,
    #[error("The request is not valid JSON for this operation: {0}")]
    Serialization(String),
    #[error("The embedded Secrets Manager has no operation {0}.")]
    UnknownOperation(String),
    #[error("The secrets could not be written to disk.")]
    Unwritable,
}

impl SecretsError {
    pub(crate) fn shape(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "ResourceNotFoundException",
            Self::Exists(_) => "ResourceExistsException",
            Self::InvalidRequest(_) => "InvalidRequestException",
            Self::InvalidParameter(_) => "InvalidParameterException",
            Self::InvalidToken => "InvalidNextTokenException",
            Self::Serialization(_) => "SerializationException",
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::Unwritable => "InternalServiceError",
        }
    }
}
