//! A queue's attributes: checked when they are set, typed where they are used.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::SqsError;
use super::name::{QueueKind, QueueName};

/// Amazon SQS quotas, "Standard queue message quotas" and "FIFO queue message quotas".
pub(crate) const IN_FLIGHT_LIMIT: usize = 120_000;
pub(crate) const LARGEST_MESSAGE: usize = 1024 * 1024;
pub(crate) const LONGEST_VISIBILITY: u32 = 12 * 60 * 60;
pub(crate) const LONGEST_DELAY: u32 = 15 * 60;
pub(crate) const LONGEST_WAIT: u32 = 20;

/// Attribute names to values, as a client writes and reads them.
pub(crate) type AttributeMap = BTreeMap<String, String>;

struct NumberAttribute {
    name: &'static str,
    default: u32,
    least: u32,
    most: u32,
}

const VISIBILITY_TIMEOUT: NumberAttribute = number("VisibilityTimeout", 30, 0, LONGEST_VISIBILITY);
const DELAY_SECONDS: NumberAttribute = number("DelaySeconds", 0, 0, LONGEST_DELAY);
const MAXIMUM_MESSAGE_SIZE: NumberAttribute =
    number("MaximumMessageSize", 1_048_576, 1_024, 1_048_576);
const MESSAGE_RETENTION: NumberAttribute = number("MessageRetentionPeriod", 345_600, 60, 1_209_600);
const RECEIVE_WAIT: NumberAttribute = number("ReceiveMessageWaitTimeSeconds", 0, 0, LONGEST_WAIT);
const KEY_REUSE: NumberAttribute = number("KmsDataKeyReusePeriodSeconds", 300, 60, 86_400);

const fn number(name: &'static str, default: u32, least: u32, most: u32) -> NumberAttribute {
    NumberAttribute {
        name,
        default,
        least,
        most,
    }
}

impl NumberAttribute {
    fn read(&self, attributes: &AttributeMap) -> Result<u32, SqsError> {
        let Some(text) = attributes.get(self.name) else {
            return Ok(self.default);
        };
        text.parse()
            .ok()
            .filter(|value| (self.least..=self.most).contains(value))
            .ok_or_else(|| {
                SqsError::attribute(
                    self.name,
                    format!("Must be {} to {}", self.least, self.most),
                )
            })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeduplicationScope {
    Queue,
    MessageGroup,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RedrivePolicy {
    pub(crate) target: QueueName,
    pub(crate) max_receive_count: u32,
}

/// Which queues may use this one as their dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RedriveAllowance {
    All,
    None,
    Only(Vec<QueueName>),
}

impl RedriveAllowance {
    pub(crate) fn permits(&self, source: &QueueName) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Only(sources) => sources.contains(source),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    kind: QueueKind,
    /// What was set, as it was written: it is what is kept and shown again.
    set: AttributeMap,
    pub(crate) visibility_timeout: u32,
    pub(crate) delay: u32,
    pub(crate) maximum_message_size: usize,
    pub(crate) retention: u32,
    pub(crate) receive_wait: u32,
    pub(crate) redrive: Option<RedrivePolicy>,
    pub(crate) redrive_allowance: RedriveAllowance,
    pub(crate) content_based_deduplication: bool,
    pub(crate) deduplication_scope: DeduplicationScope,
}

impl Settings {
    pub(crate) fn parse(kind: QueueKind, mut set: AttributeMap) -> Result<Self, SqsError> {
        // An empty policy is how a client takes one away.
        set.retain(|name, value| !(value.is_empty() && is_clearable(name)));
        for (name, value) in &set {
            check_known(kind, name, value)?;
        }
        KEY_REUSE.read(&set)?;
        let settings = Self {
            kind,
            visibility_timeout: VISIBILITY_TIMEOUT.read(&set)?,
            delay: DELAY_SECONDS.read(&set)?,
            maximum_message_size: MAXIMUM_MESSAGE_SIZE.read(&set)? as usize,
            retention: MESSAGE_RETENTION.read(&set)?,
            receive_wait: RECEIVE_WAIT.read(&set)?,
            redrive: read_redrive_policy(&set)?,
            redrive_allowance: read_redrive_allowance(&set)?,
            content_based_deduplication: is_true(&set, "ContentBasedDeduplication"),
            deduplication_scope: match set.get("DeduplicationScope").map(String::as_str) {
                Some("messageGroup") => DeduplicationScope::MessageGroup,
                _ => DeduplicationScope::Queue,
            },
            set,
        };
        settings.check_throughput()?;
        Ok(settings)
    }

    /// These settings with some of them changed.
    pub(crate) fn changed(&self, changes: AttributeMap) -> Result<Self, SqsError> {
        let mut set = self.set.clone();
        set.extend(changes);
        Self::parse(self.kind, set)
    }

    /// What was set, for keeping.
    pub(crate) fn as_set(&self) -> &AttributeMap {
        &self.set
    }

    /// What was set and what holds by default, for showing.
    pub(crate) fn effective(&self) -> AttributeMap {
        let numbers = [
            VISIBILITY_TIMEOUT,
            DELAY_SECONDS,
            MAXIMUM_MESSAGE_SIZE,
            MESSAGE_RETENTION,
            RECEIVE_WAIT,
        ];
        let mut all: AttributeMap = numbers
            .iter()
            .map(|a| (a.name.to_owned(), a.default.to_string()))
            .collect();
        all.insert("SqsManagedSseEnabled".into(), "true".into());
        if self.kind == QueueKind::Fifo {
            for (name, default) in [
                ("FifoQueue", "true"),
                ("ContentBasedDeduplication", "false"),
                ("DeduplicationScope", "queue"),
                ("FifoThroughputLimit", "perQueue"),
            ] {
                all.insert(name.into(), default.into());
            }
        }
        all.extend(self.set.clone());
        all
    }

    /// The first of `wanted` that these settings don't already have.
    pub(crate) fn first_difference(&self, wanted: &Self) -> Option<String> {
        let (have, want) = (self.effective(), wanted.effective());
        wanted
            .set
            .keys()
            .find(|name| have.get(*name) != want.get(*name))
            .cloned()
    }

    fn check_throughput(&self) -> Result<(), SqsError> {
        let per_group = self
            .set
            .get("FifoThroughputLimit")
            .is_some_and(|limit| limit == "perMessageGroupId");
        if per_group && self.deduplication_scope == DeduplicationScope::Queue {
            return Err(SqsError::attribute(
                "FifoThroughputLimit",
                "perMessageGroupId needs DeduplicationScope messageGroup",
            ));
        }
        Ok(())
    }
}

fn is_clearable(name: &str) -> bool {
    matches!(
        name,
        "RedrivePolicy" | "RedriveAllowPolicy" | "Policy" | "KmsMasterKeyId"
    )
}

fn is_true(attributes: &AttributeMap, name: &str) -> bool {
    attributes.get(name).is_some_and(|value| value == "true")
}

fn check_known(kind: QueueKind, name: &str, value: &str) -> Result<(), SqsError> {
    let one_of = |allowed: &[&str]| {
        if allowed.contains(&value) {
            Ok(())
        } else {
            Err(SqsError::attribute(
                name,
                format!("Must be {}", allowed.join(" or ")),
            ))
        }
    };
    match name {
        "VisibilityTimeout"
        | "DelaySeconds"
        | "MaximumMessageSize"
        | "MessageRetentionPeriod"
        | "ReceiveMessageWaitTimeSeconds"
        | "KmsDataKeyReusePeriodSeconds"
        | "RedrivePolicy"
        | "RedriveAllowPolicy"
        | "Policy"
        | "KmsMasterKeyId" => Ok(()),
        "SqsManagedSseEnabled" => one_of(&["true", "false"]),
        "FifoQueue" if kind == QueueKind::Fifo => one_of(&["true"]),
        "ContentBasedDeduplication" if kind == QueueKind::Fifo => one_of(&["true", "false"]),
        "DeduplicationScope" if kind == QueueKind::Fifo => one_of(&["queue", "messageGroup"]),
        "FifoThroughputLimit" if kind == QueueKind::Fifo => {
            one_of(&["perQueue", "perMessageGroupId"])
        }
        unknown => Err(SqsError::InvalidAttributeName(unknown.into())),
    }
}

/// `maxReceiveCount` is written as a number by some clients and as text by others.
#[derive(Deserialize)]
#[serde(untagged)]
enum Count {
    Number(u32),
    Text(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedrivePolicyJson {
    dead_letter_target_arn: String,
    max_receive_count: Count,
}

fn read_redrive_policy(attributes: &AttributeMap) -> Result<Option<RedrivePolicy>, SqsError> {
    const NAME: &str = "RedrivePolicy";
    let Some(text) = attributes.get(NAME) else {
        return Ok(None);
    };
    let policy: RedrivePolicyJson =
        serde_json::from_str(text).map_err(|error| SqsError::attribute(NAME, error.to_string()))?;
    let max_receive_count = match policy.max_receive_count {
        Count::Number(count) => Some(count),
        Count::Text(text) => text.parse().ok(),
    };
    let max_receive_count = max_receive_count
        .filter(|count| (1..=1_000).contains(count))
        .ok_or_else(|| SqsError::attribute(NAME, "maxReceiveCount must be 1 to 1000"))?;
    let target = QueueName::from_arn(&policy.dead_letter_target_arn)
        .map_err(|error| SqsError::attribute(NAME, error.to_string()))?;
    Ok(Some(RedrivePolicy {
        target,
        max_receive_count,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedriveAllowPolicyJson {
    redrive_permission: String,
    #[serde(default)]
    source_queue_arns: Vec<String>,
}

fn read_redrive_allowance(attributes: &AttributeMap) -> Result<RedriveAllowance, SqsError> {
    const NAME: &str = "RedriveAllowPolicy";
    let Some(text) = attributes.get(NAME) else {
        return Ok(RedriveAllowance::All);
    };
    let policy: RedriveAllowPolicyJson =
        serde_json::from_str(text).map_err(|error| SqsError::attribute(NAME, error.to_string()))?;
    match policy.redrive_permission.as_str() {
        "allowAll" => Ok(RedriveAllowance::All),
        "denyAll" => Ok(RedriveAllowance::None),
        "byQueue" => policy
            .source_queue_arns
            .iter()
            .map(|arn| QueueName::from_arn(arn))
            .collect::<Result<_, _>>()
            .map(RedriveAllowance::Only),
        other => Err(SqsError::attribute(
            NAME,
            format!("unknown redrivePermission {other}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(&str, &str)]) -> AttributeMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn values_outside_their_range_are_refused() {
        for (name, value) in [
            ("VisibilityTimeout", "43201"),
            ("DelaySeconds", "901"),
            ("MessageRetentionPeriod", "59"),
            ("MaximumMessageSize", "1023"),
            ("ReceiveMessageWaitTimeSeconds", "21"),
            ("VisibilityTimeout", "soon"),
            ("KmsDataKeyReusePeriodSeconds", "59"),
            ("RedrivePolicy", "{}"),
            ("RedriveAllowPolicy", r#"{"redrivePermission":"maybe"}"#),
        ] {
            let refused = Settings::parse(QueueKind::Standard, set(&[(name, value)]));
            assert!(
                matches!(&refused, Err(SqsError::InvalidAttributeValue { name: n, .. }) if n == name),
                "{name}={value}: {refused:?}"
            );
        }
    }

    #[test]
    fn fifo_attributes_belong_to_fifo_queues() {
        let content = set(&[("ContentBasedDeduplication", "true")]);
        assert!(Settings::parse(QueueKind::Fifo, content.clone()).is_ok());
        assert_eq!(
            Settings::parse(QueueKind::Standard, content),
            Err(SqsError::InvalidAttributeName(
                "ContentBasedDeduplication".into()
            ))
        );
    }

    #[test]
    fn an_empty_redrive_policy_takes_it_away() {
        let arn = "arn:aws:sqs:us-east-1:000000000000:dead";
        for count in ["3", "\"3\""] {
            let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{count}}}"#);
            let with =
                Settings::parse(QueueKind::Standard, set(&[("RedrivePolicy", &policy)])).unwrap();
            assert_eq!(with.redrive.as_ref().unwrap().max_receive_count, 3);
            let without = with.changed(set(&[("RedrivePolicy", "")])).unwrap();
            assert_eq!(without.redrive, None);
            assert!(!without.as_set().contains_key("RedrivePolicy"));
        }
    }

    #[test]
    fn a_default_spelled_out_is_no_difference() {
        let bare = Settings::parse(QueueKind::Standard, set(&[])).unwrap();
        let spelled =
            Settings::parse(QueueKind::Standard, set(&[("VisibilityTimeout", "30")])).unwrap();
        let other =
            Settings::parse(QueueKind::Standard, set(&[("VisibilityTimeout", "31")])).unwrap();
        assert_eq!(bare.first_difference(&spelled), None);
        assert_eq!(
            bare.first_difference(&other),
            Some("VisibilityTimeout".into())
        );
    }
}
