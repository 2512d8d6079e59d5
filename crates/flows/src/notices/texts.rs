//! Notices about text messages: who pays for them should hear when somebody else earns by them, or they stop.

use wd_kernel::{EventEnvelope, Timestamp};
use wd_sms::events::{PumpingSuspected, SpendLimitReached};

use super::words::{Place, Words, look, moment, said};

/// An alarm about text messages.
pub(super) enum Alarm {
    Pumping(PumpingSuspected),
    Spent(SpendLimitReached),
}

/// The alarm that an event is, if it is one.
pub(super) fn read(event: &EventEnvelope) -> Option<Alarm> {
    let pumping = event.read().map(Alarm::Pumping);
    pumping.or_else(|| event.read().map(Alarm::Spent))
}

pub(super) fn words(alarm: &Alarm, at: Timestamp, place: &Place) -> Words {
    let (kind, happened, more) = match alarm {
        Alarm::Pumping(alarm) => (
            "sms-pumping-suspected",
            format!(
                "Many text messages to numbers of +{}, and few codes are used",
                said(&alarm.country, 3)
            ),
            format!(
                "Messages within an hour: {}, to {} numbers; codes used: {}. {}",
                alarm.messages,
                alarm.numbers,
                alarm.used,
                if alarm.blocked {
                    "Nothing goes to this block of numbers for an hour. Somebody may earn by messages that you pay."
                } else {
                    "Messages still go there. Somebody may earn by messages that you pay: is the country needed in sms.countries?"
                }
            ),
        ),
        Alarm::Spent(alarm) if alarm.customers => (
            "sms-customers-limit-reached",
            format!(
                "No text messages go to customers: their share of the {} is used up",
                said(&alarm.of, 10)
            ),
            format!(
                "Spent for customers: {} thousandths of {}. They are asked for a code by mail or for a passkey instead. Messages to staff still go out. If that was no attack, raise the limits under [sms], or customers_share.",
                alarm.spent,
                said(&alarm.currency, 12)
            ),
        ),
        Alarm::Spent(alarm) => (
            "sms-spend-limit-reached",
            format!(
                "No text messages go out: the limit of the {} is reached",
                said(&alarm.of, 10)
            ),
            format!(
                "Spent: {} thousandths of {}. People who sign in with a code by text message need another factor until time has passed. If that was no attack, raise the limits under [sms].",
                alarm.spent,
                said(&alarm.currency, 12)
            ),
        ),
    };
    Words {
        kind,
        subject: format!("Wardesk: {happened}"),
        text: format!("{happened}.\n\nWhen: {}\n\n{more}\n{}", moment(at), look(place)),
    }
}
