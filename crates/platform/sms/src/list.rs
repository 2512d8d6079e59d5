//! What people may see: how drivers fare, what is spent, and messages without number and text.

use serde::Serialize;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Page, PageQuery, SmsId, Timestamp};

use crate::{
    Texts, Trouble,
    queue::{DAY, HOUR},
    store::{
        self, ListRow,
        drivers::{self, FigureRow},
    },
};

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SmsState {
    /// It waits for its first or next try.
    Waiting,
    /// A driver took it.
    Sent,
    /// It reached the telephone.
    Delivered,
    /// It did not reach the telephone.
    Undelivered,
    /// No driver took it.
    Failed,
    /// It was not sent within its life.
    Expired,
    /// A limit was in the way.
    Refused,
}

impl SmsState {
    fn parse(word: &str) -> Self {
        match word {
            "waiting" => Self::Waiting,
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "undelivered" => Self::Undelivered,
            "expired" => Self::Expired,
            "refused" => Self::Refused,
            // The table knows no other word.
            _ => Self::Failed,
        }
    }
}

/// A message as a list shows it: without number and text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SmsMessage {
    /// Its id.
    pub id: SmsId,
    /// What sort of message it is.
    pub kind: String,
    /// The calling code of its number, in digits.
    pub country: String,
    /// Where it stands.
    pub state: SmsState,
    /// When it was queued.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
    /// What was in the way the last time.
    pub trouble: Option<Trouble>,
    /// Who took it.
    pub driver: Option<String>,
    /// When it was taken.
    pub sent_at: Option<Timestamp>,
    /// When a receipt came.
    pub receipt_at: Option<Timestamp>,
    /// Whether its code was used.
    pub used: bool,
}

/// How a driver fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SmsDriverState {
    /// Its name in the settings.
    pub name: String,
    /// `twilio`, `http` or `smpp`.
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// Whether it tells how a message went that it took.
    pub has_receipts: bool,
    /// How often it failed in a row.
    pub failures: i64,
    /// Until when it is not asked; `null`: it is.
    pub rests_until: Option<Timestamp>,
    /// When it last took a message.
    pub last_good_at: Option<Timestamp>,
    /// When it last failed.
    pub last_bad_at: Option<Timestamp>,
    /// What was the matter; `null` since it took one again.
    pub trouble: Option<Trouble>,
}

/// What is spent, and what may be, in thousandths of the currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SmsSpend {
    /// A word for screens.
    pub currency: String,
    /// What a message costs.
    pub cost: i64,
    /// Within the last hour.
    pub hour: i64,
    /// What may be spent within an hour.
    pub hour_limit: i64,
    /// Within the last day.
    pub day: i64,
    /// What may be spent within a day.
    pub day_limit: i64,
    /// What of that went to customers within the last hour.
    pub customers_hour: i64,
    /// What customers may spend of it within an hour.
    pub customers_hour_limit: i64,
    /// What went to customers within the last day.
    pub customers_day: i64,
    /// What customers may spend of it within a day.
    pub customers_day_limit: i64,
    /// Beginnings of numbers to which messages may go.
    pub countries: Vec<String>,
    /// Longer beginnings to which they may not.
    pub except: Vec<String>,
}

/// What happened with a driver within an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SmsFigure {
    /// Which driver.
    pub driver: String,
    /// When the hour begins.
    pub hour: Timestamp,
    /// Messages it took.
    pub taken: i64,
    /// Tries that failed.
    pub failed: i64,
    /// Of those taken: receipts that they reached the telephone.
    pub delivered: i64,
    /// Of those taken: receipts that they did not.
    pub undelivered: i64,
    /// Receipts that came after more than a minute.
    pub late: i64,
    /// What it cost, in thousandths of the currency.
    pub cost: i64,
}

impl Texts {
    /// The drivers in the order in which they are asked.
    pub async fn drivers(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Vec<SmsDriverState>, DbError> {
        let Some(setup) = &self.0.setup else {
            return Ok(Vec::new());
        };
        let rows = drivers::all(tx).await?;
        let now = ctx.now();
        let state = |driver: &crate::driver::Driver| {
            let row = rows.iter().find(|row| row.name == driver.name());
            SmsDriverState {
                name: driver.name().to_owned(),
                kind: driver.kind(),
                has_receipts: driver.has_receipts(),
                failures: row.map_or(0, |row| row.failures),
                rests_until: row.and_then(|row| row.rest_until).filter(|until| now < *until),
                last_good_at: row.and_then(|row| row.last_good_at),
                last_bad_at: row.and_then(|row| row.last_bad_at),
                trouble: row.and_then(|row| row.trouble.as_deref()).and_then(Trouble::parse),
            }
        };
        Ok(setup.drivers.iter().map(state).collect())
    }

    /// What is spent. `None`: no messages are sent.
    pub async fn spend(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Option<SmsSpend>, DbError> {
        let Some(setup) = &self.0.setup else {
            return Ok(None);
        };
        let limits = &setup.limits;
        Ok(Some(SmsSpend {
            currency: limits.currency.clone(),
            cost: limits.cost,
            hour: store::spent(tx, ctx.now() - HOUR, false).await?,
            hour_limit: limits.spend_per_hour,
            day: store::spent(tx, ctx.now() - DAY, false).await?,
            day_limit: limits.spend_per_day,
            customers_hour: store::spent(tx, ctx.now() - HOUR, true).await?,
            customers_hour_limit: limits.of_customers(limits.spend_per_hour),
            customers_day: store::spent(tx, ctx.now() - DAY, true).await?,
            customers_day_limit: limits.of_customers(limits.spend_per_day),
            countries: limits.countries.clone(),
            except: limits.except.clone(),
        }))
    }

    /// What happened since a time, by hour and driver, oldest first. Hours without anything are left out.
    pub async fn figures(&self, tx: &mut Tx, since: Timestamp) -> Result<Vec<SmsFigure>, DbError> {
        let rows = drivers::figures(tx, since).await?;
        Ok(rows.into_iter().map(SmsFigure::from).collect())
    }

    /// A page of the queue and of what became of it, newest first. Cursors are ids of messages.
    pub async fn list(&self, tx: &mut Tx, page: &PageQuery) -> Result<Page<SmsMessage>, DbError> {
        let before = page.after.as_deref().and_then(|cursor| cursor.parse().ok());
        let rows = store::list(tx, before, page.limit() + 1).await?;
        let messages = rows.into_iter().map(SmsMessage::from).collect();
        Ok(Page::cut(messages, page.limit(), |message| message.id.to_string()))
    }
}

impl From<FigureRow> for SmsFigure {
    fn from(row: FigureRow) -> Self {
        Self {
            driver: row.driver,
            hour: row.hour,
            taken: row.taken,
            failed: row.failed,
            delivered: row.delivered,
            undelivered: row.undelivered,
            late: row.late,
            cost: row.cost,
        }
    }
}

impl From<ListRow> for SmsMessage {
    fn from(row: ListRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            country: row.country,
            state: SmsState::parse(&row.state),
            at: row.queued_at,
            attempts: row.attempts,
            trouble: row.trouble.as_deref().and_then(Trouble::parse),
            driver: row.driver,
            sent_at: row.sent_at,
            receipt_at: row.receipt_at,
            used: row.verified_at.is_some(),
        }
    }
}
