//! Delivery receipts: what a `deliver_sm` says of a message (SMPP 3.4, sections 2.11 and 5.3.2.35, appendix B).

use rusmpp::{
    pdus::DeliverSm,
    tlvs::TlvValue,
    values::{MessageState, MessageType},
};

use crate::driver::{Fate, Receipt};

/// `None`: it is no receipt, or says nothing final.
pub(super) fn read(message: &DeliverSm) -> Option<Receipt> {
    if message.esm_class.message_type != MessageType::ShortMessageContainsMCDeliveryReceipt {
        return None;
    }
    let mut reference = None;
    let mut state = None;
    for tlv in message.tlvs() {
        match tlv.value() {
            Some(TlvValue::ReceiptedMessageId(id)) => reference = Some(id.as_str().to_owned()),
            Some(TlvValue::MessageState(word)) => state = Some(of_state(*word)),
            _ => {}
        }
    }
    let text = String::from_utf8_lossy(message.short_message().as_ref()).into_owned();
    let reference = reference.or_else(|| field(&text, "id:").map(str::to_owned))?;
    let fate = state.unwrap_or_else(|| field(&text, "stat:").and_then(of_word))?;
    Some(Receipt {
        reference,
        fate,
        tries: 0,
    })
}

/// What stands behind a name, up to the next space.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.split_ascii_whitespace().find_map(|part| part.strip_prefix(name))
}

fn of_word(word: &str) -> Option<Fate> {
    match word {
        "DELIVRD" => Some(Fate::Delivered),
        "EXPIRED" | "DELETED" | "UNDELIV" | "REJECTD" => Some(Fate::Undelivered),
        _ => None,
    }
}

const fn of_state(state: MessageState) -> Option<Fate> {
    match state {
        MessageState::Delivered => Some(Fate::Delivered),
        MessageState::Expired | MessageState::Deleted | MessageState::Undeliverable | MessageState::Rejected => {
            Some(Fate::Undelivered)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use rusmpp::{types::OctetString, values::EsmClass};

    use super::*;

    fn deliver(esm_class: u8, text: &str) -> DeliverSm {
        DeliverSm::builder()
            .esm_class(EsmClass::from(esm_class))
            .short_message(OctetString::from_str(text).unwrap())
            .build()
    }

    #[test]
    fn a_receipt_is_read_from_its_text() {
        let text = |stat: &str| {
            format!(
                "id:abc-1 sub:001 dlvrd:001 submit date:2611270201 done date:2611270201 stat:{stat} err:000 text:code"
            )
        };
        let fate = |stat: &str| read(&deliver(4, &text(stat))).map(|receipt| (receipt.reference, receipt.fate));
        assert_eq!(fate("DELIVRD"), Some(("abc-1".into(), Fate::Delivered)));
        assert_eq!(fate("UNDELIV"), Some(("abc-1".into(), Fate::Undelivered)));
        assert_eq!(fate("ENROUTE"), None);
    }

    #[test]
    fn a_message_of_somebody_is_no_receipt() {
        assert_eq!(read(&deliver(0, "id:abc-1 stat:DELIVRD")), None);
        assert_eq!(read(&deliver(4, "stat:DELIVRD")), None);
        assert_eq!(read(&deliver(4, "")), None);
    }
}
