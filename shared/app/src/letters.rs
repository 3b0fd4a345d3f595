//! The mails that users get: short, plain, and with a way out for whoever did not ask.

use patchbay_domain::pair::SourceLoss;
use patchbay_domain::token::MailToken;
use patchbay_domain::user::Email;
use patchbay_domain::{FailReason, Pair};
use secrecy::{ExposeSecret, SecretString};

use crate::ports::Message;

/// The dashboard, to which the links in mails lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    address: String,
}

impl Site {
    /// `address` is that of the dashboard's start page.
    pub fn new(address: &str) -> Self {
        Self {
            address: address.trim_end_matches('/').to_owned(),
        }
    }

    fn page(&self, page: &str) -> String {
        format!("{}/{page}", self.address)
    }

    /// The token stands in the fragment, which browsers send to no server.
    fn link(&self, page: &str, token: &MailToken) -> SecretString {
        let page = self.page(page);
        format!("{page}#token={}", token.text().expose_secret()).into()
    }
}

pub(crate) fn confirm_registration(site: &Site, to: &Email, token: &MailToken) -> Message {
    let (link, code) = (site.link("verify", token), token.text());
    message(
        to,
        "Confirm your e-mail address",
        format!(
            "Welcome to Patchbay.\n\nTo finish your registration, open this link within 24 \
             hours:\n\n{}\n\nOr enter this code:\n\n{}\n\nIf you did not ask for this, do \
             nothing: no account is made.\n",
            link.expose_secret(),
            code.expose_secret()
        ),
    )
}

pub(crate) fn registered_already(site: &Site, to: &Email) -> Message {
    message(
        to,
        "You have an account already",
        format!(
            "Somebody, probably you, asked to register this address with Patchbay. It has an \
             account already.\n\nLog in: {}\nIf you forgot the password: {}\n\nIf it was not \
             you, do nothing: nothing was changed.\n",
            site.page("login"),
            site.page("forgot")
        ),
    )
}

pub(crate) fn reset_password(site: &Site, to: &Email, token: &MailToken) -> Message {
    let (link, code) = (site.link("reset", token), token.text());
    message(
        to,
        "Choose a new password",
        format!(
            "To choose a new password for Patchbay, open this link within an hour:\n\n{}\n\nOr \
             enter this code:\n\n{}\n\nIf you did not ask for this, do nothing: your password \
             stays as it is.\n",
            link.expose_secret(),
            code.expose_secret()
        ),
    )
}

pub(crate) fn nobody_here(site: &Site, to: &Email) -> Message {
    message(
        to,
        "No account with this address",
        format!(
            "Somebody, probably you, asked for a new password for Patchbay. There is no account \
             with this address. Perhaps you registered with another one.\n\nRegister: {}\n\nIf \
             it was not you, do nothing.\n",
            site.page("register")
        ),
    )
}

pub(crate) fn password_changed(site: &Site, to: &Email) -> Message {
    message(
        to,
        "Your password was changed",
        format!(
            "The password of your Patchbay account was changed, and other sessions were \
             ended.\n\nIf it was not you, choose a new one at once: {}\n",
            site.page("forgot")
        ),
    )
}

pub(crate) fn confirm_new_email(site: &Site, to: &Email, token: &MailToken) -> Message {
    let (link, code) = (site.link("verify-email", token), token.text());
    message(
        to,
        "Confirm your new e-mail address",
        format!(
            "To use this address for your Patchbay account, open this link within 24 \
             hours:\n\n{}\n\nOr enter this code:\n\n{}\n\nIf you did not ask for this, do \
             nothing: no account gets this address.\n",
            link.expose_secret(),
            code.expose_secret()
        ),
    )
}

pub(crate) fn email_taken(to: &Email) -> Message {
    message(
        to,
        "This address has an account already",
        "Somebody, probably you, asked to use this address for another Patchbay account. It has \
         an account of its own already, so that it can't.\n\nIf it was not you, do nothing: \
         nothing was changed.\n"
            .to_owned(),
    )
}

pub(crate) fn email_changing(site: &Site, to: &Email) -> Message {
    message(
        to,
        "Your e-mail address is being changed",
        format!(
            "Somebody who knows your password asked to change the address of your Patchbay \
             account. This address is replaced once the new one is confirmed.\n\nIf it was not \
             you, choose a new password at once: {}\n",
            site.page("forgot")
        ),
    )
}

pub(crate) fn pair_in_trouble(to: &Email, pair: &Pair, reason: &FailReason) -> Message {
    let name = pair.options.name.as_deref().unwrap_or("without a name");
    message(
        to,
        "A pair can't deliver",
        format!(
            "Your pair {} ({name}) can't deliver: {reason}.\n\nWhat to do: {}.\n\nThe pair goes \
             on trying with every new message. Those that failed can be retried for 14 \
             days.\n\nYou are told this at most once a day for each pair.\n",
            pair.id,
            reason.advice(),
        ),
    )
}

pub(crate) fn source_lost(to: &Email, pair: &Pair, reason: SourceLoss) -> Message {
    let name = pair.options.name.as_deref().unwrap_or("without a name");
    message(
        to,
        "Nothing comes from a pair's source",
        format!(
            "Your pair {} ({name}) gets no messages: {reason}.\n\nWhat to do: {}.\n\nIt goes on by \
             itself as soon as the source can be read. What is posted there until then may not be \
             forwarded.\n\nYou are told this at most once a day for each pair.\n",
            pair.id,
            reason.advice(),
        ),
    )
}

fn message(to: &Email, subject: &'static str, text: String) -> Message {
    Message {
        to: to.clone(),
        subject,
        text: text.into(),
    }
}
