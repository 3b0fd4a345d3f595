//! Mail, by SES.

use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::ProvideErrorMetadata;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message as Letter};
use patchbay_app::ports::{Mail, Message, PortResult};
use secrecy::ExposeSecret;

use crate::error::{Refusal, unavailable};

const OPERATION: &str = "sending a mail";

pub(crate) struct Ses {
    client: Client,
    from: Option<String>,
}

impl Ses {
    /// `from` is an address that SES has verified. Without it, nothing can be sent.
    pub(crate) fn new(client: Client, from: Option<String>) -> Self {
        Self { client, from }
    }
}

#[async_trait]
impl Mail for Ses {
    async fn send(&self, message: &Message) -> PortResult<()> {
        let Some(from) = &self.from else {
            return Err(unavailable(OPERATION)(Refusal {
                code: "NoSender".to_owned(),
                message: "this program has no address to send from".to_owned(),
            }));
        };
        let text = |data: &str| Content::builder().data(data).charset("UTF-8").build();
        let subject = text(message.subject).map_err(unavailable(OPERATION))?;
        let body = text(message.text.expose_secret()).map_err(unavailable(OPERATION))?;
        let letter = Letter::builder()
            .subject(subject)
            .body(Body::builder().text(body).build())
            .build();
        let to = Destination::builder().to_addresses(message.to.as_str());
        let request = self
            .client
            .send_email()
            .from_email_address(from)
            .destination(to.build())
            .content(EmailContent::builder().simple(letter).build());
        // The service's error may quote the address, so that only its code is kept.
        if let Err(error) = request.send().await {
            let code = error.code().unwrap_or("Unanswered");
            return Err(unavailable(OPERATION)(Refusal {
                code: code.to_owned(),
                message: "SES did not take the mail".to_owned(),
            }));
        }
        Ok(())
    }
}
