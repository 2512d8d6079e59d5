//! What the bus says, as far as sockets care.

use serde::{Deserialize, de::DeserializeOwned};
use wd_bus::BusMessage;
use wd_channels::{ItemAppended, NoteWritten, ReceiptMoved, TeamKeyChanged};
use wd_customer_proof::events::ProofChanged;
use wd_customers::events::CustomerSignedOut;
use wd_desk::CaseChanged;
use wd_kernel::{ConversationId, CustomerId, Event as _, StaffId, TeamId};

use super::frame::{PresenceAt, Typing};

pub(super) enum Heard {
    Item {
        conversation: ConversationId,
        seq: i64,
    },
    Receipt(ReceiptMoved),
    Note(NoteWritten),
    Case(ConversationId),
    Proof(ConversationId),
    Typing(Typing),
    TeamKey(TeamId),
    SignedOut(CustomerId),
    /// Sessions or rights changed: of somebody, or of nobody knows whom.
    Rights(Option<StaffId>),
    Presence(PresenceAt),
}

impl Heard {
    /// `None` for what concerns no socket or cannot be read.
    pub(super) fn read(message: &BusMessage) -> Option<Self> {
        Some(match message.topic.as_str() {
            ItemAppended::KIND => {
                let ItemAppended { conversation, seq, .. } = payload(message)?;
                Self::Item { conversation, seq }
            }
            ReceiptMoved::KIND => Self::Receipt(payload(message)?),
            NoteWritten::KIND => Self::Note(payload(message)?),
            CaseChanged::KIND => Self::Case(payload::<CaseChanged>(message)?.conversation),
            ProofChanged::KIND => Self::Proof(payload::<ProofChanged>(message)?.conversation),
            Typing::TOPIC => Self::Typing(payload(message)?),
            TeamKeyChanged::KIND => Self::TeamKey(payload::<TeamKeyChanged>(message)?.team),
            CustomerSignedOut::KIND => Self::SignedOut(payload::<CustomerSignedOut>(message)?.customer),
            PresenceAt::TOPIC => Self::Presence(payload(message)?),
            topic if topic.starts_with("identity.") || topic.starts_with("access.") => {
                Self::Rights(payload::<AboutStaff>(message).and_then(|about| about.staff))
            }
            _ => return None,
        })
    }

    /// The conversation it is about.
    pub(super) const fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Item { conversation, .. } | Self::Case(conversation) | Self::Proof(conversation) => {
                Some(*conversation)
            }
            Self::Receipt(event) => Some(event.conversation),
            Self::Note(event) => Some(event.conversation),
            Self::Typing(typing) => Some(typing.conversation),
            Self::TeamKey(_) | Self::SignedOut(_) | Self::Rights(_) | Self::Presence(_) => None,
        }
    }
}

/// Whose sessions or rights: events of identity and access name the person as `staff`.
#[derive(Deserialize)]
struct AboutStaff {
    staff: Option<StaffId>,
}

fn payload<E: DeserializeOwned>(message: &BusMessage) -> Option<E> {
    serde_json::from_str(&message.payload).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_rights_that_does_not_say_whose_concerns_everybody() {
        let said = |topic: &str, payload: &str| {
            Heard::read(&BusMessage {
                topic: topic.into(),
                payload: payload.into(),
            })
        };
        let ada: StaffId = format!("stf_{:032x}", 7).parse().unwrap();
        let whose = |heard| match heard {
            Some(Heard::Rights(whose)) => whose,
            _ => panic!("not about rights"),
        };
        let named = format!("{{\"staff\":\"{ada}\",\"roles\":[]}}");
        assert_eq!(whose(said("access.roles-changed", &named)), Some(ada));
        assert_eq!(whose(said("access.of-a-later-version", "{\"role\":\"agent\"}")), None);
        assert_eq!(whose(said("identity.of-a-later-version", "what is this")), None);
    }
}
