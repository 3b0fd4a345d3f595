/// Where the table, the queues and the secrets are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsConfig {
    /// Something else that speaks AWS's protocols. It is given invented credentials.
    pub endpoint: Option<String>,
    pub table: String,
    pub queue_prefix: String,
    pub partitions: u16,
    /// Name or ARN of the secret with the master keys that seal the vault.
    pub master_key_secret: String,
    /// Name or ARN of the secret with the key that signs access tokens.
    pub signing_key_secret: String,
    /// The address from which mails are sent. A program that sends none has none.
    pub mail_from: Option<String>,
}

impl Default for AwsConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            table: "patchbay".to_owned(),
            queue_prefix: "patchbay-".to_owned(),
            partitions: 4,
            master_key_secret: "patchbay/master-key".to_owned(),
            signing_key_secret: "patchbay/signing-key".to_owned(),
            mail_from: None,
        }
    }
}
