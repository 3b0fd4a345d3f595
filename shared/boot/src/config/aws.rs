use super::{ConfigError, Environment};

/// Where the table, the queues and the secrets are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsSection {
    pub table: String,
    pub queue_prefix: String,
    pub partitions: u16,
    /// Name or ARN of the secret with the master keys that seal the vault.
    pub master_key_secret: String,
    /// Name or ARN of the secret with the key that signs access tokens.
    pub signing_key_secret: String,
    /// Something that speaks AWS's protocols. Without it, AWS itself.
    pub endpoint: Option<String>,
}

impl AwsSection {
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        const PARTITIONS: &str = "PATCHBAY_PARTITIONS";
        let expected = "a number from 1 to 1024";
        let partitions = environment.required_parsed(PARTITIONS, expected)?;
        if !(1..=1024).contains(&partitions) {
            return Err(ConfigError::Invalid {
                variable: PARTITIONS,
                expected,
            });
        }
        Ok(Self {
            table: environment.required("PATCHBAY_TABLE")?.to_owned(),
            queue_prefix: environment.required("PATCHBAY_QUEUE_PREFIX")?.to_owned(),
            partitions,
            master_key_secret: environment
                .required("PATCHBAY_MASTER_KEY_SECRET")?
                .to_owned(),
            signing_key_secret: environment
                .required("PATCHBAY_SIGNING_KEY_SECRET")?
                .to_owned(),
            endpoint: environment.text("PATCHBAY_AWS_ENDPOINT").map(str::to_owned),
        })
    }
}
