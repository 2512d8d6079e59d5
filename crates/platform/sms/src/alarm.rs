//! Alarms as they are kept: who looks into it days later finds them without the mail that told of them.

use serde::Serialize;
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Duration, SmsId, Timestamp};

use crate::{
    Texts,
    store::raised::{self, RaisedRow},
};

/// So far back alarms are shown.
const SHOWN_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// So many are shown at most.
const SHOWN: i64 = 100;

/// What an alarm is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SmsAlarmKind {
    /// Many numbers of one block were asked for, and hardly any code was used.
    PumpedBlock,
    /// Many messages went to a country, and few codes were used.
    PumpedCountry,
    /// What may be spent within an hour is spent.
    SpentHour,
    /// What may be spent within a day is spent.
    SpentDay,
}

impl SmsAlarmKind {
    const ALL: [Self; 4] = [Self::PumpedBlock, Self::PumpedCountry, Self::SpentHour, Self::SpentDay];

    const fn as_str(self) -> &'static str {
        match self {
            Self::PumpedBlock => "pumped-block",
            Self::PumpedCountry => "pumped-country",
            Self::SpentHour => "spent-hour",
            Self::SpentDay => "spent-day",
        }
    }
}

/// What an alarm stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SmsStopped {
    /// Nothing: messages go on.
    Nothing,
    /// Messages for staff to one block of a thousand numbers.
    BlockOfStaff,
    /// Messages for customers to one block of a thousand numbers.
    BlockOfCustomers,
    /// All messages for customers.
    Customers,
    /// All messages.
    Everybody,
}

impl SmsStopped {
    const ALL: [Self; 5] = [
        Self::Nothing,
        Self::BlockOfStaff,
        Self::BlockOfCustomers,
        Self::Customers,
        Self::Everybody,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::BlockOfStaff => "block-of-staff",
            Self::BlockOfCustomers => "block-of-customers",
            Self::Customers => "customers",
            Self::Everybody => "everybody",
        }
    }
}

/// An alarm that was raised. No number, and no block of numbers: only the country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SmsAlarm {
    /// When.
    pub at: Timestamp,
    /// What it is about.
    pub kind: SmsAlarmKind,
    /// The calling code, in digits; `null` when it is about money.
    pub country: Option<String>,
    /// What it stopped.
    pub stopped: SmsStopped,
    /// Until when. `null`: it stopped nothing, or until time has passed since the messages that cost the money.
    pub stopped_until: Option<Timestamp>,
    /// How many different numbers messages went to within an hour; `null` when it is about money.
    pub numbers: Option<i64>,
    /// How many messages within an hour; `null` when it is about money.
    pub messages: Option<i64>,
    /// How many of their codes were used; `null` when it is about money.
    pub used: Option<i64>,
    /// What was spent, in thousandths of the currency; `null` when it is about numbers.
    pub spent: Option<i64>,
}

impl SmsAlarm {
    /// Keeps it with the message that raised it, and writes it into the audit log.
    pub(crate) async fn keep(&self, tx: &mut Tx, ctx: &Ctx, message: SmsId) -> Result<(), DbError> {
        let row = RaisedRow {
            kind: self.kind.as_str().to_owned(),
            at: self.at,
            country: self.country.clone(),
            stopped: self.stopped.as_str().to_owned(),
            stopped_until: self.stopped_until,
            numbers: self.numbers,
            messages: self.messages,
            used: self.used,
            spent: self.spent,
        };
        raised::keep(tx, message, &row).await?;
        let mut entry = Entry::done("text-message.alarm")
            .target(message)
            .detail("kind", self.kind.as_str())
            .detail("stopped", self.stopped.as_str());
        if let Some(country) = &self.country {
            entry = entry.detail("country", country.as_str());
        }
        for (name, figure) in [
            ("numbers", self.numbers),
            ("messages", self.messages),
            ("used", self.used),
            ("spent", self.spent),
        ] {
            if let Some(figure) = figure {
                entry = entry.detail(name, figure);
            }
        }
        tx.audit(ctx, entry).await.map(drop)
    }
}

impl TryFrom<RaisedRow> for SmsAlarm {
    type Error = DbError;

    fn try_from(row: RaisedRow) -> Result<Self, DbError> {
        let unknown = || DbError::Schema("an alarm about text messages of a kind that is none".into());
        let kind = SmsAlarmKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind);
        let stopped = SmsStopped::ALL
            .into_iter()
            .find(|stopped| stopped.as_str() == row.stopped);
        Ok(Self {
            at: row.at,
            kind: kind.ok_or_else(unknown)?,
            country: row.country,
            stopped: stopped.ok_or_else(unknown)?,
            stopped_until: row.stopped_until,
            numbers: row.numbers,
            messages: row.messages,
            used: row.used,
            spent: row.spent,
        })
    }
}

impl Texts {
    /// The alarms of the last seven days, newest first, at most 100.
    pub async fn alarms(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Vec<SmsAlarm>, DbError> {
        let rows = raised::since(tx, ctx.now() - SHOWN_FOR, SHOWN).await?;
        rows.into_iter().map(SmsAlarm::try_from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_in_the_database_is_the_word_on_the_wire() {
        for kind in SmsAlarmKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for stopped in SmsStopped::ALL {
            assert_eq!(serde_json::to_value(stopped).unwrap(), stopped.as_str());
        }
    }
}
