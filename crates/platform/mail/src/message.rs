//! What a mail says, and how it looks on the wire (RFC 5322, RFC 2045, RFC 2047, RFC 3834).

use std::time::{Duration, SystemTime};

use lettre::message::{
    Mailbox, Message,
    header::{ContentType, Header, HeaderName, HeaderValue},
};
use serde::{Deserialize, Serialize};
use wd_kernel::{MailId, Timestamp};

use crate::address::{MailAddress, message_id};

/// The most characters of a subject.
pub const LONGEST_SUBJECT: usize = 200;
/// The most bytes of a text.
pub const LARGEST_TEXT: usize = 64 * 1024;

/// A mail to one recipient. Subject and text are checked when it is made.
pub struct Mail {
    pub(crate) to: MailAddress,
    pub(crate) kind: &'static str,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) too_many: TooMany,
}

/// What happens to a mail when its recipient has had too many within an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMany {
    /// It is not sent.
    Drop,
    /// One mail of this text is sent later, with the number of those it stands for, whatever kinds they are of.
    Collapse {
        /// Its kind.
        kind: &'static str,
        /// Its subject.
        subject: &'static str,
        /// Its text; the number comes behind it.
        text: &'static str,
    },
}

/// Why a mail is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMail {
    /// A subject is one line of 1 to 200 characters, none of them a control character.
    #[error("a subject is one line of 1 to {LONGEST_SUBJECT} characters")]
    Subject,
    /// A text has at most 64 KiB, and no control character but the ends of lines and tabs.
    #[error("a text is plain and has at most {LARGEST_TEXT} bytes")]
    Text,
}

/// What is sealed in the queue.
#[derive(Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl Mail {
    /// A mail of plain text. `kind` is a word for lists and logs, the same for all mails of a sort.
    pub fn new(
        to: MailAddress,
        kind: &'static str,
        subject: impl Into<String>,
        text: impl Into<String>,
    ) -> Result<Self, BadMail> {
        let (subject, text) = (subject.into(), text.into().replace("\r\n", "\n"));
        if !is_subject(&subject) {
            return Err(BadMail::Subject);
        }
        if text.len() > LARGEST_TEXT || text.chars().any(|c| unwanted(c) && c != '\n' && c != '\t') {
            return Err(BadMail::Text);
        }
        Ok(Self {
            to,
            kind,
            subject,
            text,
            too_many: TooMany::Drop,
        })
    }

    /// What happens when the recipient has had too many.
    #[must_use]
    pub const fn or(mut self, too_many: TooMany) -> Self {
        self.too_many = too_many;
        self
    }
}

fn is_subject(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST_SUBJECT && !text.chars().any(unwanted)
}

/// Control characters, separators of lines, and marks that turn the direction of writing and so make text look like
/// other text.
pub(crate) fn unwanted(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A text that others chose, as one line for a subject or a text: what a mail may not hold becomes a space, and it ends
/// after `longest` characters.
pub fn one_line(text: &str, longest: usize) -> String {
    text.chars()
        .map(|c| if unwanted(c) { ' ' } else { c })
        .take(longest)
        .collect()
}

/// The mail was made by a machine; nobody's machine is to answer it (RFC 3834, section 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

/// The mail could not be put into its form: a fault of ours, since all parts were checked.
#[derive(Debug, thiserror::Error)]
#[error("a mail could not be put into its form")]
pub(crate) struct Unwritable;

/// The bytes of the mail. The same id and time give the same bytes.
pub(crate) fn write(
    id: MailId,
    from: &MailAddress,
    to: &MailAddress,
    content: &Content,
    at: Timestamp,
) -> Result<Vec<u8>, Unwritable> {
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at.seconds()).unwrap_or(0));
    Message::builder()
        .from(Mailbox::new(None, from.address().clone()))
        .to(Mailbox::new(None, to.address().clone()))
        .subject(content.subject.as_str())
        .date(date)
        .message_id(Some(message_id(id, from)))
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN)
        // The end of the last line comes on the wire, with the dot that ends the mail.
        .body(content.text.trim_end().to_owned())
        .map(|message| message.formatted())
        .map_err(|_| Unwritable)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wd_kernel::Id as _;

    use super::*;

    fn to() -> MailAddress {
        "ada@example.org".parse().unwrap()
    }

    fn written(subject: &str, text: &str) -> String {
        let content = Content {
            to: to().expose().into(),
            subject: subject.into(),
            text: text.into(),
        };
        let id = MailId::from_uuid("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap());
        let from = "wardesk@example.org".parse().unwrap();
        String::from_utf8(write(id, &from, &to(), &content, Timestamp::from_seconds(1_700_000_000)).unwrap()).unwrap()
    }

    #[test]
    fn a_mail_is_plain_text_made_by_a_machine_with_an_id_of_its_own() {
        let mail = written("A factor stopped", "Who: Mia\n");
        for line in [
            "From: wardesk@example.org\r\n",
            "To: ada@example.org\r\n",
            "Subject: A factor stopped\r\n",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
            "Message-ID: <AYkKXayWd0u8zrMCCZqAVw@example.org>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n",
        ] {
            assert!(mail.contains(line), "{line:?} is not in\n{mail}");
        }
        assert!(mail.ends_with("\r\n\r\nWho: Mia"), "{mail}");
    }

    #[test]
    fn what_is_not_ascii_is_encoded_and_the_mail_is_ascii_all_the_same() {
        let mail = written("Prüfung für Zoë", "Grüße — 日本\n");
        assert!(mail.is_ascii());
        assert!(mail.contains("=?utf-8?"), "{mail}");
    }

    #[test]
    fn a_line_end_in_the_subject_is_refused() {
        for subject in [
            "",
            " ",
            "a\r\nBcc: b@example.org",
            "a\nb",
            "a\rb",
            "a\0",
            "a\u{202e}b",
            "a\u{2028}b",
        ] {
            assert_eq!(
                Mail::new(to(), "test", subject, "x").err(),
                Some(BadMail::Subject),
                "{subject:?}"
            );
        }
        assert_eq!(
            Mail::new(to(), "test", "x".repeat(LONGEST_SUBJECT + 1), "x").err(),
            Some(BadMail::Subject)
        );
    }

    #[test]
    fn a_text_that_is_too_large_or_not_plain_is_refused() {
        for text in [
            "a\0b".to_owned(),
            "a\rb".into(),
            "\u{1b}[2J".into(),
            "x".repeat(LARGEST_TEXT + 1),
        ] {
            assert_eq!(Mail::new(to(), "test", "Subject", text).err(), Some(BadMail::Text));
        }
        assert!(Mail::new(to(), "test", "Subject", "a\r\nb\n\tc").is_ok());
    }

    proptest! {
        #[test]
        fn what_others_chose_fits_into_a_mail_as_one_line(text in any::<String>()) {
            let line = one_line(&text, 60);
            let mail = Mail::new(to(), "test", format!("About {line}"), format!("Who: {line}\n"));
            prop_assert!(mail.is_ok());
        }

        #[test]
        fn no_subject_makes_a_second_header(subject in "\\PC{1,200}") {
            prop_assume!(Mail::new(to(), "test", subject.as_str(), "x").is_ok());
            let mail = written(&subject, "x");
            let head = mail.split("\r\n\r\n").next().unwrap();
            let names: Vec<&str> = head
                .split("\r\n")
                .filter(|line| !line.starts_with([' ', '\t']))
                .map(|line| line.split(':').next().unwrap())
                .collect();
            prop_assert_eq!(names.len(), 8, "{}", mail);
        }
    }
}
