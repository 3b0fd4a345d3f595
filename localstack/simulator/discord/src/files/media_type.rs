/// The types of the files that people send, by the end of their names.
const TYPES: [(&str, &str); 26] = [
    ("apng", "image/apng"),
    ("avif", "image/avif"),
    ("gif", "image/gif"),
    ("jfif", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("webp", "image/webp"),
    ("m4v", "video/mp4"),
    ("mov", "video/quicktime"),
    ("mp4", "video/mp4"),
    ("qt", "video/quicktime"),
    ("webm", "video/webm"),
    ("flac", "audio/flac"),
    ("m4a", "audio/mp4"),
    ("mp3", "audio/mpeg"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("wav", "audio/wav"),
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("json", "application/json; charset=utf-8"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain; charset=utf-8"),
    ("zip", "application/zip"),
];

/// What the sender says, unless that says nothing; then what the name suggests.
pub(crate) fn media_type_of(said: Option<&str>, filename: &str) -> Option<String> {
    let said = said.filter(|said| !said.is_empty() && *said != "application/octet-stream");
    let suggested = || {
        let (_, extension) = filename.rsplit_once('.')?;
        let extension = extension.to_ascii_lowercase();
        let known = TYPES.iter().find(|(known, _)| *known == extension);
        known.map(|(_, media_type)| *media_type)
    };
    said.or_else(suggested).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_is_believed_before_the_name() {
        for (said, name, expected) in [
            (Some("image/png"), "a.txt", Some("image/png")),
            (Some("application/octet-stream"), "a.PNG", Some("image/png")),
            (None, "a.ogg", Some("audio/ogg")),
            (None, "a", None),
            (None, "a.unheard", None),
        ] {
            assert_eq!(media_type_of(said, name).as_deref(), expected, "{name}");
        }
    }
}
