//! The MD5 digests that clients compare with their own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

use crate::hex::hex;
use crate::sqs::message::Attributes;

const STRING: u8 = 1;
const BINARY: u8 = 2;

pub(crate) fn of_body(body: &str) -> String {
    hex(&Md5::digest(body.as_bytes()))
}

/// Name, type, kind of value and value of each attribute in name order, each
/// text after its length (Amazon SQS, "Calculating the MD5 message digest for
/// message attributes"). None where there are no attributes.
pub(crate) fn of_attributes(attributes: &Attributes) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    let field = |digest: &mut Md5, bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        digest.update(length.to_be_bytes());
        digest.update(bytes);
    };
    for (name, value) in attributes {
        field(&mut digest, name.as_bytes());
        field(&mut digest, value.data_type.as_bytes());
        if let Some(text) = &value.string_value {
            digest.update([STRING]);
            field(&mut digest, text.as_bytes());
        } else if let Some(encoded) = &value.binary_value {
            digest.update([BINARY]);
            // What isn't base64 was refused when the message came in.
            field(&mut digest, &STANDARD.decode(encoded).unwrap_or_default());
        }
    }
    Some(hex(&digest.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqs::message::AttributeValue;

    #[test]
    fn digests_are_those_of_known_inputs() {
        assert_eq!(of_body("hello"), "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(of_attributes(&Attributes::new()), None);
        let value = |data_type: &str, text: Option<&str>, binary: Option<&str>| AttributeValue {
            data_type: data_type.into(),
            string_value: text.map(Into::into),
            binary_value: binary.map(Into::into),
        };
        let attributes = Attributes::from([
            ("b".to_owned(), value("Binary", None, Some("AP8="))),
            ("s".to_owned(), value("String", Some("x"), None)),
        ]);
        // The bytes as the page lays them out, digested in one piece.
        let laid_out = [
            &[0, 0, 0, 1][..],
            b"b",
            &[0, 0, 0, 6],
            b"Binary",
            &[2],
            &[0, 0, 0, 2],
            &[0, 255],
            &[0, 0, 0, 1],
            b"s",
            &[0, 0, 0, 6],
            b"String",
            &[1],
            &[0, 0, 0, 1],
            b"x",
        ]
        .concat();
        assert_eq!(
            of_attributes(&attributes),
            Some(hex(&Md5::digest(laid_out)))
        );
    }
}
