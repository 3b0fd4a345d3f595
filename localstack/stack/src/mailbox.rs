//! Mail on one machine: a folder of letters, which any mail program opens.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use patchbay_app::ports::{Clock, Mail, Message, PortError, PortResult};
use patchbay_domain::Timestamp;
use secrecy::ExposeSecret;
use tracing::info;

/// Writes every letter to `<data>/mailbox/<time>-<n>.eml`.
pub(crate) struct Mailbox {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    count: AtomicU32,
}

impl Mailbox {
    pub(crate) fn open(data: &Path, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let folder = Self::folder(data);
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            clock,
            count: AtomicU32::new(0),
        })
    }

    pub(crate) fn folder(data: &Path) -> PathBuf {
        data.join("mailbox")
    }

    /// Whoever looks into the folder finds whole letters only.
    fn write(&self, message: &Message) -> io::Result<String> {
        let now = self.clock.now();
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}.eml", now.0);
        let half = self.folder.join(format!(".{name}"));
        fs::write(&half, letter(message, now, &name))?;
        fs::rename(half, self.folder.join(&name))?;
        Ok(name)
    }
}

#[async_trait]
impl Mail for Mailbox {
    async fn send(&self, message: &Message) -> PortResult<()> {
        let written = self.write(message);
        let file = written.map_err(|error| PortError::Unavailable {
            operation: "writing a mail",
            source: error.into(),
        })?;
        info!(file, subject = message.subject, "mail");
        Ok(())
    }
}

/// The letter as mail programs read it (RFC 5322).
fn letter(message: &Message, now: Timestamp, name: &str) -> String {
    format!(
        "From: Patchbay <patchbay@localhost>\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: \
         <{name}@localhost>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; \
         charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}",
        message.to.as_str(),
        message.subject,
        date(now),
        message.text.expose_secret().replace('\n', "\r\n"),
    )
}

/// RFC 5322, section 3.3, in UTC.
fn date(now: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    moment.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use patchbay_app::testing::ManualClock;

    use super::*;

    #[tokio::test]
    async fn a_letter_is_a_file_that_mail_programs_read() {
        let data = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::open(data.path(), Arc::new(ManualClock::default())).unwrap();
        let message = Message {
            to: "ann@example.com".parse().unwrap(),
            subject: "Hello",
            text: "One\nTwo\n".into(),
        };
        mailbox.send(&message).await.unwrap();
        mailbox.send(&message).await.unwrap();
        let folder = Mailbox::folder(data.path());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        let letter = fs::read_to_string(folder.join("1790000000000-0.eml")).unwrap();
        let (head, text) = letter.split_once("\r\n\r\n").unwrap();
        assert_eq!(text, "One\r\nTwo\r\n");
        assert!(
            head.contains("\r\nTo: ann@example.com\r\nSubject: Hello\r\n"),
            "{head}"
        );
        assert!(
            head.contains("\r\nDate: Mon, 21 Sep 2026 14:13:20 +0000\r\n"),
            "{head}"
        );
    }
}
