//! From what clients send to what the queues accept.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::request::{Entry, MessageToSend, Page, ToChange};
use crate::identity::random_id;
use crate::sqs::error::SqsError;
use crate::sqs::message::{Attributes, NewMessage, Receipt};
use crate::sqs::name::QueueName;
use crate::sqs::settings::{LARGEST_MESSAGE, LONGEST_DELAY, LONGEST_VISIBILITY};

const MOST_ENTRIES: usize = 10;
const MOST_ATTRIBUTES: usize = 10;
const LONGEST_ID: usize = 128;
const LONGEST_ENTRY_ID: usize = 80;
const LARGEST_PAGE: u32 = 1_000;

pub(crate) fn queue(url: Option<&str>) -> Result<QueueName, SqsError> {
    QueueName::from_url(url.ok_or(SqsError::MissingParameter("QueueUrl"))?)
}

/// A whole number from `least` to `most`, where there is one.
pub(crate) fn number(
    name: &str,
    value: Option<i64>,
    least: u32,
    most: u32,
) -> Result<Option<u32>, SqsError> {
    let Some(value) = value else { return Ok(None) };
    let number = u32::try_from(value)
        .ok()
        .filter(|number| (least..=most).contains(number));
    number.map(Some).ok_or_else(|| {
        SqsError::InvalidParameter(format!(
            "Value {value} for parameter {name} is invalid. Reason: Must be >= {least} and <= \
             {most}, if provided."
        ))
    })
}

pub(crate) fn receipt(handle: Option<&str>, queue: &QueueName) -> Result<Receipt, SqsError> {
    Receipt::decode(
        handle.ok_or(SqsError::MissingParameter("ReceiptHandle"))?,
        queue,
    )
}

pub(crate) fn change(change: &ToChange, queue: &QueueName) -> Result<(Receipt, u32), SqsError> {
    const NAME: &str = "VisibilityTimeout";
    let timeout = number(NAME, change.visibility_timeout, 0, LONGEST_VISIBILITY)?;
    let timeout = timeout.ok_or(SqsError::MissingParameter(NAME))?;
    Ok((receipt(change.receipt_handle.as_deref(), queue)?, timeout))
}

pub(crate) fn message(message: MessageToSend) -> Result<NewMessage, SqsError> {
    let body = message
        .message_body
        .filter(|body| !body.is_empty())
        .ok_or(SqsError::MissingParameter("MessageBody"))?;
    if !body.chars().all(is_allowed) {
        return Err(SqsError::InvalidMessageContents);
    }
    attributes(&message.message_attributes)?;
    attributes(&message.message_system_attributes)?;
    if message
        .message_system_attributes
        .keys()
        .any(|name| name != "AWSTraceHeader")
    {
        return Err(SqsError::InvalidParameter(
            "AWSTraceHeader is the only message system attribute that can be sent.".into(),
        ));
    }
    Ok(NewMessage {
        id: random_id(),
        body: body.into(),
        attributes: message.message_attributes,
        system_attributes: message.message_system_attributes,
        group: id("MessageGroupId", message.message_group_id)?.map(Into::into),
        deduplication_id: id("MessageDeduplicationId", message.message_deduplication_id)?
            .map(Into::into),
        delay: number("DelaySeconds", message.delay_seconds, 0, LONGEST_DELAY)?,
    })
}

/// 1 to 128 alphanumeric characters and punctuation.
pub(crate) fn id(name: &str, value: Option<String>) -> Result<Option<String>, SqsError> {
    match value {
        Some(text)
            if text.is_empty()
                || text.len() > LONGEST_ID
                || !text.chars().all(|c| c.is_ascii_graphic()) =>
        {
            Err(SqsError::InvalidParameter(format!(
                "Value {text} for parameter {name} is invalid. Reason: {name} can only include \
                 alphanumeric and punctuation characters. 1 to 128 in length."
            )))
        }
        value => Ok(value),
    }
}

/// What has to be right about a batch as a whole.
pub(crate) fn batch<E>(entries: &[Entry<E>]) -> Result<(), SqsError> {
    if entries.is_empty() {
        return Err(SqsError::EmptyBatchRequest);
    }
    if entries.len() > MOST_ENTRIES {
        return Err(SqsError::TooManyEntries(entries.len()));
    }
    let mut seen = HashSet::new();
    for Entry { id, .. } in entries {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || id.len() > LONGEST_ENTRY_ID || !id.chars().all(allowed) {
            return Err(SqsError::InvalidBatchEntryId);
        }
        if !seen.insert(id) {
            return Err(SqsError::BatchEntryIdsNotDistinct(id.clone()));
        }
    }
    Ok(())
}

pub(crate) fn batch_size(sizes: impl Iterator<Item = usize>) -> Result<(), SqsError> {
    let sent = sizes.sum();
    if sent > LARGEST_MESSAGE {
        return Err(SqsError::BatchRequestTooLong {
            limit: LARGEST_MESSAGE,
            sent,
        });
    }
    Ok(())
}

/// One page of names in order, and the token of the next page. As in SQS, only
/// who asks for pages gets them.
pub(crate) fn page(
    names: impl Iterator<Item = QueueName>,
    page: &Page,
) -> Result<(Vec<QueueName>, Option<String>), SqsError> {
    let asked = number("MaxResults", page.max_results, 1, LARGEST_PAGE)?;
    let limit = asked.unwrap_or(LARGEST_PAGE) as usize;
    let after = page.next_token.as_deref().map(decode_token).transpose()?;
    let mut rest = names.filter(|name| after.as_deref().is_none_or(|after| name.as_str() > after));
    let names: Vec<QueueName> = rest.by_ref().take(limit).collect();
    let more = asked.is_some() && rest.next().is_some();
    let token = names
        .last()
        .filter(|_| more)
        .map(|last| STANDARD.encode(last.as_str()));
    Ok((names, token))
}

fn decode_token(token: &str) -> Result<String, SqsError> {
    let decoded = STANDARD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.ok_or_else(|| SqsError::InvalidParameter("Invalid NextToken value.".into()))
}

fn attributes(attributes: &Attributes) -> Result<(), SqsError> {
    if attributes.len() > MOST_ATTRIBUTES {
        return Err(SqsError::InvalidParameter(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{MOST_ATTRIBUTES}].",
            attributes.len()
        )));
    }
    for (name, value) in attributes {
        let fits = match value.data_type.split('.').next() {
            Some("String") => value
                .string_value
                .as_ref()
                .is_some_and(|text| !text.is_empty()),
            Some("Number") => value
                .string_value
                .as_ref()
                .is_some_and(|text| text.parse::<f64>().is_ok()),
            Some("Binary") => value
                .binary_value
                .as_ref()
                .is_some_and(|text| STANDARD.decode(text).is_ok()),
            _ => false,
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !fits || name.is_empty() || name.len() > 256 || !name.chars().all(allowed) {
            return Err(SqsError::InvalidParameter(format!(
                "The message attribute '{name}' with type '{}' must have a name, a type and a \
                 value that SQS accepts.",
                value.data_type
            )));
        }
    }
    Ok(())
}

/// The characters of XML 1.0, which are those that SQS takes.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_every_name_once() {
        let names: Vec<QueueName> = (0..25)
            .map(|n| QueueName::parse(&format!("q-{n:02}")).unwrap())
            .collect();
        let mut seen = Vec::new();
        let mut next_token = None;
        loop {
            let asked = Page {
                max_results: Some(10),
                next_token,
            };
            let (page, token) = page(names.iter().cloned(), &asked).unwrap();
            assert!(page.len() <= 10);
            seen.extend(page);
            next_token = token;
            if next_token.is_none() {
                break;
            }
        }
        assert_eq!(seen, names);
    }

    #[test]
    fn a_list_that_was_not_asked_for_in_pages_has_no_token() {
        let names = (0..1_100).map(|n| QueueName::parse(&format!("q-{n:04}")).unwrap());
        let (all, token) = page(
            names,
            &Page {
                max_results: None,
                next_token: None,
            },
        )
        .unwrap();
        assert_eq!((all.len(), token), (1_000, None));
    }

    #[test]
    fn bodies_hold_the_characters_of_xml() {
        for c in ['\t', '\n', 'ä', '\u{d7ff}', '\u{e000}', '😀'] {
            assert!(is_allowed(c), "{c:?}");
        }
        for c in ['\0', '\u{b}', '\u{1f}', '\u{ffff}'] {
            assert!(!is_allowed(c), "{c:?}");
        }
    }
}
