//! The ways to those who deliver.

mod form;
mod http;
mod smpp;
mod tls;
mod twilio;

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;
use wd_config::SmsDriver;

use crate::{PhoneNumber, SetupError, Trouble};

/// How long a driver may take to answer to a message, or to a question about one.
pub(crate) const SUBMIT_WITHIN: Duration = Duration::from_secs(15);
/// The longest name that a driver may give a message.
const LONGEST_REFERENCE: usize = 64;

/// What is handed over.
pub(crate) struct Parcel<'p> {
    pub(crate) to: &'p PhoneNumber,
    pub(crate) text: &'p str,
    /// How long it is of use.
    pub(crate) life: Duration,
}

/// A driver took a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// What it calls the message, if it tells.
    pub(crate) reference: Option<String>,
}

/// How a message ended that a driver took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Delivered,
    Undelivered,
}

/// What a driver says of itself of a message that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) reference: String,
    pub(crate) fate: Fate,
    /// How often nobody knew what it is about.
    pub(crate) tries: u8,
}

/// Somebody who delivers. Errors are words of ours: what they say names people.
#[async_trait]
trait Way: Send + Sync {
    /// Hands a message over. When this is `Ok` they answer for it from now on.
    async fn submit(&self, parcel: &Parcel<'_>) -> Result<Taken, Trouble>;

    /// How a message went. `None`: that is not known yet.
    async fn ask(&self, _reference: &str) -> Result<Option<Fate>, Trouble> {
        Ok(None)
    }

    /// The receipts that came since the last call.
    fn receipts(&self) -> Vec<Receipt> {
        Vec::new()
    }

    /// Takes receipts back, to give them again.
    fn keep(&self, _receipts: Vec<Receipt>) {}
}

/// A driver of the settings.
pub(crate) struct Driver {
    name: String,
    kind: &'static str,
    has_receipts: bool,
    can_be_asked: bool,
    way: Box<dyn Way>,
}

impl Driver {
    pub(crate) fn open(settings: &SmsDriver) -> Result<Self, SetupError> {
        let (kind, has_receipts, can_be_asked, way): (_, _, _, Box<dyn Way>) = match settings {
            SmsDriver::Twilio(settings) => ("twilio", true, true, Box::new(twilio::Twilio::open(settings)?)),
            SmsDriver::Http(settings) => ("http", false, false, Box::new(form::Form::open(settings)?)),
            SmsDriver::Smpp(settings) => ("smpp", true, false, Box::new(smpp::Smpp::open(settings)?)),
        };
        Ok(Self {
            name: settings.name().to_owned(),
            kind,
            has_receipts,
            can_be_asked,
            way,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn kind(&self) -> &'static str {
        self.kind
    }

    pub(crate) const fn has_receipts(&self) -> bool {
        self.has_receipts
    }

    /// Whether it tells how a message went only when it is asked.
    pub(crate) const fn can_be_asked(&self) -> bool {
        self.can_be_asked
    }

    pub(crate) async fn submit(&self, parcel: &Parcel<'_>) -> Result<Taken, Trouble> {
        let taken = timeout(SUBMIT_WITHIN, self.way.submit(parcel))
            .await
            .unwrap_or(Err(Trouble::Unreachable))?;
        // What it calls the message goes into the database and into addresses.
        let is_name = |text: &String| {
            !text.is_empty() && text.len() <= LONGEST_REFERENCE && text.bytes().all(|b| b.is_ascii_graphic())
        };
        Ok(Taken {
            reference: taken.reference.filter(is_name),
        })
    }

    pub(crate) async fn ask(&self, reference: &str) -> Result<Option<Fate>, Trouble> {
        timeout(SUBMIT_WITHIN, self.way.ask(reference))
            .await
            .unwrap_or(Err(Trouble::Unreachable))
    }

    pub(crate) fn receipts(&self) -> Vec<Receipt> {
        self.way.receipts()
    }

    pub(crate) fn keep(&self, receipts: Vec<Receipt>) {
        self.way.keep(receipts);
    }
}
