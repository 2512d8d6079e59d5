//! Outgoing text messages with codes: a durable queue in the database, limits, and the ways to those who deliver.
//!
//! ```text
//! texts.send(tx, &ctx, Text::new(number, "code", "Wardesk code 123456", life)?).await?;   // goes if, and only if, tx commits
//! ```
//! - A message is queued in the transaction of the change it belongs to. Workers of all nodes hand the queue to the
//!   drivers in their order; a lease keeps two from taking the same message. What was not sent within its life never is.
//! - **Limits come first**, in the same transaction, one transaction after the other: countries, blocks of numbers that
//!   look like pumping, numbers, network addresses, money. Who has no `[sms]` in the settings sends nothing.
//!   Of the limits of a number, a notice has one of its own, so that codes cannot use it up. Notices do count among what
//!   a number had when a code is asked for: nobody is to get more messages for it.
//! - **At least once** within that life: a node that dies after a driver took a message, and before that is written down,
//!   or a driver whose answer does not come, lets the same text go out again, perhaps by the next driver.
//! - A driver that fails three times in a row rests, on all nodes, for a growing time, and the next one is asked.
//! - A driver that refuses a message for good is not asked again about it. It is given up when all have refused it, and
//!   waits for those that rest until then.
//! - An alarm is an event, an entry of the audit log, and a row that is shown, in one transaction.
//! - Number and text lie sealed, and are erased when a driver took the message or it was given up. What stays is when, to
//!   which country, by whom, and how it went. No word of a driver is kept or logged: they name people.
//! - A message is one: texts that would be sent in parts are refused, so each costs the same.

mod alarm;
mod driver;
pub mod events;
mod list;
mod number;
mod pumping;
mod queue;
mod receipts;
mod store;
#[cfg(test)]
mod tests;
mod text;
mod trouble;
mod work;

use std::sync::Arc;

use wd_config::ConfigError;
use wd_db::{Db, DbError};
use wd_vault::{Vault, VaultError};

pub use alarm::{SmsAlarm, SmsAlarmKind, SmsStopped};
pub use list::{SmsDriverState, SmsFigure, SmsMessage, SmsSpend, SmsState};
pub use number::{BadNumber, PhoneNumber};
pub use queue::Sent;
pub use text::{BadText, LONGEST_GSM, LONGEST_UCS2, Text};
pub use trouble::Trouble;
pub use work::Worked;

/// The schema of the queue.
pub const MIGRATIONS: wd_db::Migrations =
    wd_db::migrations!("sms": "0001_sms", "0002_customers", "0003_refusals_and_alarms");

/// Outgoing text messages. Clones share the drivers.
#[derive(Clone)]
pub struct Texts(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) setup: Option<Setup>,
}

pub(crate) struct Setup {
    pub(crate) limits: Limits,
    pub(crate) drivers: Vec<driver::Driver>,
}

/// Where messages may go, and how many.
pub(crate) struct Limits {
    pub(crate) countries: Vec<String>,
    pub(crate) except: Vec<String>,
    pub(crate) currency: String,
    pub(crate) cost: i64,
    pub(crate) spend_per_hour: i64,
    pub(crate) spend_per_day: i64,
    /// What customers may spend of it, in percent.
    pub(crate) customers_share: i64,
    pub(crate) number_per_hour: i64,
    pub(crate) number_per_day: i64,
    pub(crate) address_per_hour: i64,
    pub(crate) address_per_day: i64,
}

/// What can go wrong with the queue.
#[derive(Debug, thiserror::Error)]
pub enum TextsError {
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
    /// A message could not be sealed.
    #[error("a text message could not be sealed")]
    Vault(#[from] VaultError),
    /// A message could not be written down.
    #[error("a text message could not be written down")]
    Content(#[from] serde_json::Error),
}

/// Why the settings under `[sms]` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A file or an address.
    #[error("the settings of text messages cannot be used")]
    Settings(#[from] ConfigError),
    /// Not certificates.
    #[error("ca of a driver under [[sms.drivers]] holds no certificate in PEM")]
    Authority,
    /// TLS, or a name that cannot be one of a server.
    #[error("TLS to a driver under [[sms.drivers]] cannot be set up")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A secret that no header or message can hold.
    #[error("a secret of a driver under [[sms.drivers]] holds characters that cannot be sent, or too many")]
    Secret,
}

impl Texts {
    /// Opens it. `settings` are those under `[sms]`. Reads the files that they name, and connects to nothing yet.
    pub fn open(db: Db, vault: Vault, settings: Option<&wd_config::Sms>) -> Result<Self, SetupError> {
        let setup = settings.map(Setup::open).transpose()?;
        Ok(Self(Arc::new(Inner { db, vault, setup })))
    }

    /// Whether there is a driver that takes messages.
    pub fn is_set_up(&self) -> bool {
        self.0.setup.is_some()
    }

    /// Whether messages may go to the country of a number.
    pub fn reaches(&self, number: &PhoneNumber) -> bool {
        let setup = self.0.setup.as_ref();
        setup.is_some_and(|setup| setup.limits.reach(number))
    }
}

impl Setup {
    fn open(settings: &wd_config::Sms) -> Result<Self, SetupError> {
        let limits = Limits {
            countries: settings.countries.clone(),
            except: settings.except.clone(),
            currency: settings.currency.clone(),
            cost: settings.cost.into(),
            spend_per_hour: settings.spend_per_hour.into(),
            spend_per_day: settings.spend_per_day.into(),
            customers_share: settings.customers_share.into(),
            number_per_hour: settings.number_per_hour.into(),
            number_per_day: settings.number_per_day.into(),
            address_per_hour: settings.address_per_hour.into(),
            address_per_day: settings.address_per_day.into(),
        };
        let drivers = settings.drivers.iter().map(driver::Driver::open);
        Ok(Self {
            limits,
            drivers: drivers.collect::<Result<_, _>>()?,
        })
    }
}

impl Limits {
    /// What customers may spend of what all may.
    pub(crate) const fn of_customers(&self, all: i64) -> i64 {
        all.saturating_mul(self.customers_share) / 100
    }

    /// Whether messages may go to a number. Of two beginnings that fit, the longer one counts.
    pub(crate) fn reach(&self, number: &PhoneNumber) -> bool {
        let longest = |list: &[String]| {
            let fitting = list.iter().filter(|begin| number.digits().starts_with(begin.as_str()));
            fitting.map(String::len).max().unwrap_or(0)
        };
        longest(&self.countries) > longest(&self.except)
    }
}
