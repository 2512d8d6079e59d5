//! Pumping: somebody has messages sent to many numbers of a network that shares its income. Such numbers lie close to
//! each other, and nobody enters the codes.

use wd_db::Tx;
use wd_kernel::{Ctx, SmsId, Timestamp};

use crate::{
    Inner, SmsAlarm, SmsAlarmKind, SmsStopped, Text, TextsError,
    events::PumpingSuspected,
    queue::HOUR,
    store::alarms::{self, Pattern},
};

/// So many different numbers of one block of thousand, within an hour, are looked at.
const NUMBERS_OF_BLOCK: i64 = 6;
/// So many messages to a country, within an hour, are looked at.
const MESSAGES_OF_COUNTRY: i64 = 30;
/// So long a code may take to be used before it counts as one that is not.
const TIME_TO_USE: wd_kernel::Duration = wd_kernel::Duration::from_secs(120);

impl Inner {
    /// Whether nothing may go to the block that a number is in. Looks at what went there, and raises the alarm.
    pub(crate) async fn is_pumped(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        text: &Text,
        (message, block): (SmsId, &[u8]),
    ) -> Result<bool, TextsError> {
        let now = ctx.now();
        // Customers whose codes nobody uses do not keep colleagues of the same block from signing in.
        let mut about_block = block.to_vec();
        if text.for_customer {
            about_block.extend(b"customers");
        }
        if alarms::is_blocked(tx, &about_block, now).await? {
            return Ok(true);
        }
        let country = text.to.calling_code();
        let (since, until) = (now - HOUR, now - TIME_TO_USE);
        let of_country = alarms::of_country(tx, country, since, until).await?;
        let about = format!("country {country}");
        if country_is_suspect(&of_country) && alarms::raise(tx, about.as_bytes(), now, since, None).await? {
            tx.emit(ctx, &suspected(country, &of_country, false)).await?;
            let alarm = alarm(country, &of_country, now, None);
            alarm.keep(tx, ctx, message).await?;
        }
        let of_block = alarms::of_block(tx, block, text.for_customer, since, until).await?;
        if !block_is_suspect(&of_block) {
            return Ok(false);
        }
        let blocked_until = now + HOUR;
        if alarms::raise(tx, &about_block, now, since, Some(blocked_until)).await? {
            tx.emit(ctx, &suspected(country, &of_block, true)).await?;
            let alarm = alarm(country, &of_block, now, Some((text.for_customer, blocked_until)));
            alarm.keep(tx, ctx, message).await?;
        }
        Ok(true)
    }
}

fn suspected(country: &str, pattern: &Pattern, blocked: bool) -> PumpingSuspected {
    PumpingSuspected {
        country: country.into(),
        numbers: pattern.numbers,
        messages: pattern.messages,
        used: pattern.used,
        blocked,
    }
}

/// The alarm about a country, or about a block of numbers: whether it is one of customers, and until when nothing goes
/// there.
fn alarm(country: &str, pattern: &Pattern, at: Timestamp, blocked: Option<(bool, Timestamp)>) -> SmsAlarm {
    let (kind, stopped) = match blocked {
        None => (SmsAlarmKind::PumpedCountry, SmsStopped::Nothing),
        Some((true, _)) => (SmsAlarmKind::PumpedBlock, SmsStopped::BlockOfCustomers),
        Some((false, _)) => (SmsAlarmKind::PumpedBlock, SmsStopped::BlockOfStaff),
    };
    SmsAlarm {
        at,
        kind,
        country: Some(country.into()),
        stopped,
        stopped_until: blocked.map(|(_, until)| until),
        numbers: Some(pattern.numbers),
        messages: Some(pattern.messages),
        used: Some(pattern.used),
        spent: None,
    }
}

/// Colleagues with numbers of one contract sign in, too: of them most use their codes.
fn block_is_suspect(pattern: &Pattern) -> bool {
    pattern.numbers >= NUMBERS_OF_BLOCK && pattern.used * 3 < pattern.messages
}

fn country_is_suspect(pattern: &Pattern) -> bool {
    pattern.messages >= MESSAGES_OF_COUNTRY && pattern.used * 4 < pattern.messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_numbers_of_which_few_answer_are_suspect() {
        let pattern = |numbers, messages, used| Pattern {
            numbers,
            messages,
            used,
        };
        assert!(block_is_suspect(&pattern(6, 6, 0)));
        assert!(block_is_suspect(&pattern(6, 6, 1)));
        assert!(!block_is_suspect(&pattern(6, 6, 2)));
        assert!(
            !block_is_suspect(&pattern(5, 50, 0)),
            "a few people who ask again and again"
        );
        assert!(country_is_suspect(&pattern(2, 30, 7)));
        assert!(!country_is_suspect(&pattern(30, 30, 8)));
        assert!(!country_is_suspect(&pattern(29, 29, 0)));
    }
}
