//! The registry of id kinds. An id is a UUIDv7 (RFC 9562) with a kind; on the wire it is the kind's prefix,
//! an underscore and 32 lower-case hex digits. An id is never a capability.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// What all id kinds can do.
pub trait Id: Copy + Eq + fmt::Display + FromStr<Err = BadId> + Send + Sync + 'static {
    /// The prefix on the wire, without the underscore.
    const PREFIX: &'static str;
    /// From the bare UUID, as a database stores it.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The bare UUID.
    fn uuid(self) -> Uuid;
}

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the kind {expected}_")]
pub struct BadId {
    /// The prefix that was expected.
    pub expected: &'static str,
}

/// Calls the given macro with every id kind: `callback! { StaffId, CustomerId, … }`.
#[macro_export]
macro_rules! with_id_kinds {
    ($callback:ident) => {
        $callback! {
            StaffId, TeamId, SessionId, FactorId, InvitationId, CustomerId, ConversationId, DeviceId,
            ImportId, EventId, AuditId, JobId, RequestId, CeremonyId, KeyId, MailId,
            ProofRequestId, ReProofingId, SignInReviewId,
            VaultFolderId, VaultEntryId, SmsId, FactorWaveId, DirectoryTokenId, DirectoryGroupId,
            BrowserId, CustomerPasskeyId,
        }
    };
}

macro_rules! id_kinds {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                parse(text, $prefix).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-f]{32}$")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )*};
}

id_kinds! {
    /// A staff member.
    StaffId = "stf";
    /// A team of staff members.
    TeamId = "tea";
    /// A signed-in (or half signed-in) browser of a staff member.
    SessionId = "ses";
    /// A second factor of a staff member.
    FactorId = "fac";
    /// A one-time link that lets a person set up an account.
    InvitationId = "inv";
    /// A customer, known or anonymous.
    CustomerId = "cus";
    /// A conversation; also the name of its MLS group.
    ConversationId = "cnv";
    /// A browser (or program) with MLS keys of its own.
    DeviceId = "dev";
    /// A run of a CSV import.
    ImportId = "imp";
    /// Something that happened.
    EventId = "evt";
    /// An entry of the audit log.
    AuditId = "aud";
    /// A piece of work in the queue.
    JobId = "job";
    /// A request, as logs and problems name it.
    RequestId = "req";
    /// A WebAuthn ceremony in progress.
    CeremonyId = "cer";
    /// A data key.
    KeyId = "key";
    /// A mail that Wardesk sends.
    MailId = "mai";
    /// A wish that a customer prove who they are.
    ProofRequestId = "prf";
    /// A case of somebody who lost all factors and is identified anew.
    ReProofingId = "rep";
    /// A sign-in that its owner is asked about.
    SignInReviewId = "rev";
    /// A folder of the team vault.
    VaultFolderId = "fol";
    /// An entry of the team vault.
    VaultEntryId = "ent";
    /// A text message that Wardesk sends.
    SmsId = "sms";
    /// A wave of a roll-out of second factors.
    FactorWaveId = "wav";
    /// A token with which the company's directory calls.
    DirectoryTokenId = "dtk";
    /// A group of the company's directory.
    DirectoryGroupId = "dgr";
    /// A browser in which somebody of the staff is known.
    BrowserId = "brw";
    /// A passkey of a customer's own.
    CustomerPasskeyId = "cpk";
}

fn parse(text: &str, expected: &'static str) -> Result<Uuid, BadId> {
    let bad = BadId { expected };
    let hex = text
        .strip_prefix(expected)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or(bad)?;
    // One spelling only: Uuid's parser would also take upper case, hyphens and braces.
    if hex.len() != 32 || !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(bad);
    }
    Uuid::try_parse(hex).map_err(|_| bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_of_another_kind_does_not_parse() {
        let customer = CustomerId::from_uuid(Uuid::from_u128(7));
        assert!(customer.to_string().parse::<StaffId>().is_err());
    }

    #[test]
    fn only_one_spelling_of_an_id_is_accepted() {
        for text in [
            "cus_0000000000000000000000000000000G",
            "cus_00000000-0000-0000-0000-000000000007",
            "cus_",
            "",
            "cus_ABCDEF00000000000000000000000000",
        ] {
            assert!(text.parse::<CustomerId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_id_survives_the_wire(n: u128) {
            let id = ConversationId::from_uuid(Uuid::from_u128(n));
            prop_assert_eq!(id.to_string().parse::<ConversationId>(), Ok(id));
        }
    }
}
