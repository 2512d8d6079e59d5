//! SMPP 3.4: one connection, bound as a transceiver, which is made again when it ends.

mod link;
mod receipt;

use std::{str::FromStr as _, time::Duration};

use async_trait::async_trait;
use rusmpp::{
    CommandStatus,
    pdus::SubmitSm,
    types::{COctetString, EmptyOrFullCOctetString, OctetString},
    values::{DataCoding, EsmClass, Npi, RegisteredDelivery, Ton},
};
use rusmppc::error::Error;
use wd_config::SmsSmpp;

use self::link::Link;
use super::{Parcel, Receipt, Taken, Way};
use crate::{
    SetupError, Trouble,
    text::{Encoded, encode},
};

pub(super) struct Smpp {
    link: Link,
    from: String,
}

impl Smpp {
    pub(super) fn open(settings: &SmsSmpp) -> Result<Self, SetupError> {
        Ok(Self {
            link: Link::open(settings)?,
            from: settings.from.clone(),
        })
    }

    fn message(&self, parcel: &Parcel<'_>) -> Option<SubmitSm> {
        let (coding, bytes) = match encode(parcel.text)? {
            Encoded::Gsm(bytes) => (DataCoding::McSpecific, bytes),
            Encoded::Ucs2(bytes) => (DataCoding::Ucs2, bytes),
        };
        let (ton, npi) = sender(&self.from);
        let builder = SubmitSm::builder()
            .source_addr_ton(ton)
            .source_addr_npi(npi)
            .source_addr(COctetString::from_str(self.from.trim_start_matches('+')).ok()?)
            .dest_addr_ton(Ton::International)
            .dest_addr_npi(Npi::Isdn)
            .destination_addr(COctetString::from_str(parcel.to.digits()).ok()?)
            .esm_class(EsmClass::from(0))
            // A receipt when it is known how it ended (SMPP 3.4, section 5.2.17).
            .registered_delivery(RegisteredDelivery::from(1))
            .validity_period(EmptyOrFullCOctetString::from_str(&validity(parcel.life)).ok()?)
            .data_coding(coding)
            .short_message(OctetString::from_vec(bytes).ok()?);
        Some(builder.build())
    }
}

#[async_trait]
impl Way for Smpp {
    async fn submit(&self, parcel: &Parcel<'_>) -> Result<Taken, Trouble> {
        let message = self.message(parcel).ok_or(Trouble::Unreadable)?;
        let (client, _place) = self.link.client().await?;
        let answer = client.submit_sm(message).await.map_err(|error| trouble(&error))?;
        Ok(Taken {
            reference: Some(answer.message_id().as_str().to_owned()),
        })
    }

    fn receipts(&self) -> Vec<Receipt> {
        self.link.receipts()
    }

    fn keep(&self, receipts: Vec<Receipt>) {
        self.link.keep(receipts);
    }
}

/// A number as a number, a short one as the network's own, everything else as a name.
fn sender(from: &str) -> (Ton, Npi) {
    let digits = from.trim_start_matches('+');
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return (Ton::Alphanumeric, Npi::Unknown);
    }
    if digits.len() > 6 {
        (Ton::International, Npi::Isdn)
    } else {
        (Ton::NetworkSpecific, Npi::Isdn)
    }
}

/// A span as SMPP writes it: `YYMMDDhhmmss000R` (section 7.1.1.1). A life has at most an hour.
fn validity(life: Duration) -> String {
    let seconds = life.as_secs().clamp(1, 24 * 60 * 60 - 1);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("000000{hours:02}{minutes:02}{seconds:02}000R")
}

/// What an error means. Its own words hold the message, so they go no further.
fn trouble(error: &Error) -> Trouble {
    let Error::UnexpectedResponse { response } = error else {
        return Trouble::Unreachable;
    };
    match response.status() {
        CommandStatus::EsmeRthrottled | CommandStatus::EsmeRmsgqful => Trouble::Throttled,
        CommandStatus::EsmeRbindfail | CommandStatus::EsmeRinvpaswd | CommandStatus::EsmeRinvsysid => Trouble::Login,
        CommandStatus::EsmeRsyserr | CommandStatus::EsmeRinvbndsts => Trouble::OutOfOrder,
        CommandStatus::EsmeRok => Trouble::Answer,
        _ => Trouble::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_written_as_a_span() {
        assert_eq!(validity(Duration::from_secs(600)), "000000001000000R");
        assert_eq!(validity(Duration::from_secs(3599)), "000000005959000R");
        assert_eq!(validity(Duration::ZERO), "000000000001000R");
    }

    #[test]
    fn a_sender_is_a_number_a_short_number_or_a_name() {
        assert_eq!(sender("+4915123456789"), (Ton::International, Npi::Isdn));
        assert_eq!(sender("70700"), (Ton::NetworkSpecific, Npi::Isdn));
        assert_eq!(sender("Wardesk"), (Ton::Alphanumeric, Npi::Unknown));
    }
}
