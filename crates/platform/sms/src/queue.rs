//! Putting messages into the queue, within the limits.

use std::net::IpAddr;

use wd_db::Tx;
use wd_kernel::{Ctx, Duration, Id as _, SecretBytes, SmsId, Timestamp};

use crate::{
    Inner, Limits, Setup, SmsAlarm, SmsAlarmKind, SmsStopped, Text, Texts, TextsError, Trouble,
    events::SpendLimitReached,
    store::{self, ADDRESS, BLOCK, NUMBER, NewMessage, SEALED, TABLE, alarms},
    text::Content,
};

/// The shorter of the two times that are counted.
pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);
/// The longer one; so long it is known, as blind indexes, to whom messages went and who asked.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Notices of a kind to a number within a day. A recovery has at most six things to say, and who is warned may have
/// stopped two before, of which each says two: it need not say less for that. More would be a way to flood somebody.
pub(crate) const NOTICES_PER_DAY: i64 = 10;
/// How long it is known that there was a message.
const KEEP: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It waits for a worker.
    Queued(SmsId),
    /// It is not sent: a limit.
    Refused(Trouble),
    /// There is no driver in the settings.
    NotSetUp,
}

/// What a message is counted by: those of customers apart from those of staff.
struct Counted {
    message: SmsId,
    for_customer: bool,
    number: Vec<u8>,
    block: Vec<u8>,
    address: Option<Vec<u8>>,
}

impl Texts {
    /// Queues a message in the transaction of what it belongs to, if no limit is in the way. What is refused is written
    /// down without number and text: commit also then.
    pub async fn send(&self, tx: &mut Tx, ctx: &Ctx, text: Text) -> Result<Sent, TextsError> {
        let Some(setup) = &self.0.setup else {
            return Ok(Sent::NotSetUp);
        };
        let now = ctx.now();
        store::take_turn(tx).await?;
        let id: SmsId = ctx.id();
        let counted = self.0.counted(id, &text);
        let refused = self.0.in_the_way(tx, ctx, setup, &text, &counted).await?;
        let mut row = NewMessage {
            id,
            kind: text.kind,
            country: text.to.calling_code().to_owned(),
            queued_at: now,
            expires_at: now + text.life,
            refused: refused.map(Trouble::as_str),
            cost: 0,
            number: None,
            block: None,
            address: None,
            for_customer: counted.for_customer,
            sealed: None,
        };
        if let Some(trouble) = refused {
            store::insert(tx, &row).await?;
            return Ok(Sent::Refused(trouble));
        }
        row.cost = setup.limits.cost;
        row.sealed = Some(self.0.seal(ctx, id, &text)?);
        row.number = Some(counted.number);
        row.block = Some(counted.block);
        row.address = counted.address;
        store::insert(tx, &row).await?;
        Ok(Sent::Queued(id))
    }

    /// Tells that the code of a message was used. What is never used looks like pumping.
    pub async fn verified(&self, tx: &mut Tx, ctx: &Ctx, id: SmsId) -> Result<(), TextsError> {
        Ok(store::verified(tx, id, ctx.now()).await?)
    }

    /// Forgets what need not be kept, and gives up what nobody sent in time.
    pub async fn sweep(&self, ctx: &Ctx) -> Result<(), TextsError> {
        let now = ctx.now();
        let mut tx = self.0.db.begin().await?;
        store::expire(&mut tx, now, Trouble::TooLate.as_str()).await?;
        store::forget_people(&mut tx, now - DAY).await?;
        store::forget(&mut tx, now - KEEP).await?;
        Ok(tx.commit().await?)
    }
}

impl Inner {
    fn counted(&self, message: SmsId, text: &Text) -> Counted {
        let index = |column: &str, clear: &str| self.vault.blind_index(TABLE, column).of(clear);
        Counted {
            message,
            for_customer: text.for_customer,
            number: index(NUMBER, text.to.digits()),
            block: index(BLOCK, text.to.block()),
            address: text.address.map(|address| index(ADDRESS, &network(address))),
        }
    }

    async fn in_the_way(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        setup: &Setup,
        text: &Text,
        counted: &Counted,
    ) -> Result<Option<Trouble>, TextsError> {
        let (limits, now) = (&setup.limits, ctx.now());
        if !limits.reach(&text.to) {
            return Ok(Some(Trouble::Country));
        }
        let of = counted.for_customer;
        let number_is_full = if text.notice {
            store::count_kind(tx, &counted.number, text.kind, now - DAY).await? >= NOTICES_PER_DAY
        } else {
            store::count_number(tx, &counted.number, of, now - HOUR).await? >= limits.number_per_hour
                || store::count_number(tx, &counted.number, of, now - DAY).await? >= limits.number_per_day
        };
        if number_is_full {
            return Ok(Some(Trouble::NumberLimit));
        }
        if let Some(address) = &counted.address
            && (store::count_address(tx, address, of, now - HOUR).await? >= limits.address_per_hour
                || store::count_address(tx, address, of, now - DAY).await? >= limits.address_per_day)
        {
            return Ok(Some(Trouble::AddressLimit));
        }
        if self.is_pumped(tx, ctx, text, (counted.message, &counted.block)).await? {
            return Ok(Some(Trouble::Pumping));
        }
        let message = counted.message;
        if self.is_spent(tx, ctx, limits, (message, false)).await?
            || (of && self.is_spent(tx, ctx, limits, (message, true)).await?)
        {
            return Ok(Some(Trouble::SpendLimit));
        }
        Ok(None)
    }

    /// Whether nothing more may be spent: by all, or by customers of their share. The first time is told.
    async fn is_spent(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        limits: &Limits,
        (message, customers): (SmsId, bool),
    ) -> Result<bool, TextsError> {
        let now = ctx.now();
        for (of, kind, span, all) in [
            ("hour", SmsAlarmKind::SpentHour, HOUR, limits.spend_per_hour),
            ("day", SmsAlarmKind::SpentDay, DAY, limits.spend_per_day),
        ] {
            let limit = if customers { limits.of_customers(all) } else { all };
            let spent = store::spent(tx, now - span, customers).await?;
            if spent + limits.cost <= limit {
                continue;
            }
            let about = if customers {
                format!("{of} of customers")
            } else {
                of.to_owned()
            };
            if alarms::raise(tx, about.as_bytes(), now, now - span, None).await? {
                let event = SpendLimitReached {
                    of: of.into(),
                    spent,
                    currency: limits.currency.clone(),
                    customers,
                };
                tx.emit(ctx, &event).await?;
                let alarm = SmsAlarm {
                    at: now,
                    kind,
                    country: None,
                    stopped: if customers {
                        SmsStopped::Customers
                    } else {
                        SmsStopped::Everybody
                    },
                    stopped_until: None,
                    numbers: None,
                    messages: None,
                    used: None,
                    spent: Some(spent),
                };
                alarm.keep(tx, ctx, message).await?;
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn seal(&self, ctx: &Ctx, id: SmsId, text: &Text) -> Result<Vec<u8>, TextsError> {
        let content = Content {
            to: text.to.expose().to_owned(),
            text: text.body.clone(),
        };
        let clear = SecretBytes::new(serde_json::to_vec(&content)?);
        Ok(self
            .vault
            .seal(ctx.entropy(), TABLE, SEALED, id.uuid().as_bytes(), clear.expose())?)
    }

    /// Number and text of a message. `None` when they do not open.
    pub(crate) fn open(&self, id: SmsId, sealed: Option<&[u8]>) -> Option<Content> {
        let clear = self.vault.unseal(TABLE, SEALED, id.uuid().as_bytes(), sealed?).ok()?;
        serde_json::from_slice(clear.expose()).ok()
    }
}

/// What counts as one address: of IPv6 the network of 64 bits, whose addresses are free for who has it.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// The hour that a time is in.
pub(crate) fn hour_of(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.seconds() - at.seconds().rem_euclid(3600))
}
