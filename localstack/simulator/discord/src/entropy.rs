use std::fmt::Write as _;

#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoEntropy(#[source] getrandom::Error);

pub(crate) fn random_bytes<const BYTES: usize>() -> Result<[u8; BYTES], NoEntropy> {
    let mut bytes = [0_u8; BYTES];
    getrandom::fill(&mut bytes).map_err(NoEntropy)?;
    Ok(bytes)
}

/// `BYTES` random bytes in lower-case hexadecimal.
pub(crate) fn random_hex<const BYTES: usize>() -> Result<String, NoEntropy> {
    random_bytes::<BYTES>().map(|bytes| hex(&bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            write!(text, "{byte:02x}").unwrap_or_default();
            text
        })
}
