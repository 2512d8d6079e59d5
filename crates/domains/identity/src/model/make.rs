//! Makes of passkeys and security keys, by the AAGUID of WebAuthn (level 3, section 6.5.1).

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{FactorKind, FactorStrength, strength};

/// A make of authenticators: 128 bits that the maker chose, written as a UUID in lower case with hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Aaguid(Uuid);

/// Not the AAGUID of a make: not a UUID, or all zeros, which stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an AAGUID is a UUID and not all zeros")]
pub struct BadAaguid;

impl TryFrom<Uuid> for Aaguid {
    type Error = BadAaguid;

    fn try_from(uuid: Uuid) -> Result<Self, BadAaguid> {
        if uuid.is_nil() { Err(BadAaguid) } else { Ok(Self(uuid)) }
    }
}

impl FromStr for Aaguid {
    type Err = BadAaguid;

    fn from_str(text: &str) -> Result<Self, BadAaguid> {
        Uuid::try_parse(text).map_err(|_| BadAaguid)?.try_into()
    }
}

impl TryFrom<String> for Aaguid {
    type Error = BadAaguid;

    fn try_from(text: String) -> Result<Self, BadAaguid> {
        text.parse()
    }
}

impl From<Aaguid> for String {
    fn from(make: Aaguid) -> Self {
        make.to_string()
    }
}

impl From<Aaguid> for Uuid {
    fn from(make: Aaguid) -> Self {
        make.0
    }
}

impl fmt::Display for Aaguid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(out)
    }
}

impl utoipa::PartialSchema for Aaguid {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::Custom("uuid".to_owned())))
            .into()
    }
}

impl utoipa::ToSchema for Aaguid {}

impl wd_db::Column for Aaguid {
    fn bind(&self) -> wd_db::Bound {
        wd_db::Bound::Text(Some(self.to_string()))
    }

    fn null() -> wd_db::Bound {
        wd_db::Bound::Text(None)
    }

    fn read(row: &wd_db::Row, at: wd_db::Place<'_>) -> Result<Option<Self>, wd_db::DbError> {
        let Some(text) = <String as wd_db::Column>::read(row, at)? else {
            return Ok(None);
        };
        let make = text.parse().map_err(|_| wd_db::DbError::Column {
            column: "Aaguid".to_owned(),
        })?;
        Ok(Some(make))
    }
}

/// Which makes count where an attested one is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Makes {
    /// Every make whose attestation can be checked here.
    #[default]
    Every,
    /// These only; none at all, where two roles have nothing in common.
    Only(BTreeSet<Aaguid>),
}

impl Makes {
    /// Whether this make counts.
    pub fn have(&self, make: Aaguid) -> bool {
        match self {
            Self::Every => true,
            Self::Only(listed) => listed.contains(&make),
        }
    }

    /// What counts for both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Every, both) | (both, Self::Every) => both.clone(),
            (Self::Only(one), Self::Only(other)) => Self::Only(one & other),
        }
    }

    /// Whether all that counts by this counts by the other too.
    pub fn within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Every) => true,
            (Self::Every, Self::Only(_)) => false,
            (Self::Only(one), Self::Only(other)) => one.is_subset(other),
        }
    }
}

/// What one factor is worth: what it withstands, and its make, if it has shown it by an attestation that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grade {
    /// What its kind withstands; never [`FactorStrength::Attested`], which needs a make that counts.
    pub strength: FactorStrength,
    /// The make that its attestation showed.
    pub make: Option<Aaguid>,
}

impl Grade {
    /// A factor of this kind that has not shown its make.
    pub const fn of(kind: FactorKind) -> Self {
        Self {
            strength: strength(kind),
            make: None,
        }
    }

    /// Whether it does where so much is asked, and only these makes count as attested.
    pub fn does(self, asked: FactorStrength, makes: &Makes) -> bool {
        match asked {
            FactorStrength::Attested => {
                self.strength >= FactorStrength::PhishingResistant && self.make.is_some_and(|make| makes.have(make))
            }
            asked => self.strength >= asked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(byte: u8) -> Aaguid {
        Aaguid(Uuid::from_bytes([byte; 16]))
    }

    fn only(bytes: &[u8]) -> Makes {
        Makes::Only(bytes.iter().map(|byte| make(*byte)).collect())
    }

    #[test]
    fn what_counts_for_two_roles_is_what_counts_for_each() {
        let lists = [Makes::Every, only(&[]), only(&[1]), only(&[1, 2]), only(&[2, 3])];
        for one in &lists {
            for other in &lists {
                let both = one.and(other);
                for byte in 1..5 {
                    let each = one.have(make(byte)) && other.have(make(byte));
                    assert_eq!(both.have(make(byte)), each, "{one:?} {other:?}");
                }
                assert!(both.within(one) && both.within(other));
            }
        }
        assert!(!Makes::Every.within(&only(&[1])) && !only(&[1, 2]).within(&only(&[1])));
    }

    #[test]
    fn only_a_passkey_that_showed_a_make_on_the_list_is_attested() {
        let passkey = Grade::of(FactorKind::Passkey);
        let shown = Grade {
            make: Some(make(1)),
            ..passkey
        };
        let app_with_a_make = Grade {
            make: Some(make(1)),
            ..Grade::of(FactorKind::Totp)
        };
        let attested = FactorStrength::Attested;
        assert!(shown.does(attested, &Makes::Every) && shown.does(attested, &only(&[1])));
        assert!(!shown.does(attested, &only(&[2])) && !shown.does(attested, &only(&[])));
        assert!(!passkey.does(attested, &Makes::Every));
        assert!(!app_with_a_make.does(attested, &Makes::Every));
        assert!(passkey.does(FactorStrength::PhishingResistant, &only(&[])));
    }

    #[test]
    fn nothing_but_a_uuid_with_a_bit_in_it_is_a_make() {
        for text in ["", "yubikey", "00000000-0000-0000-0000-000000000000"] {
            assert_eq!(text.parse::<Aaguid>(), Err(BadAaguid), "{text}");
        }
        let read: Aaguid = "2FC0579F-8113-47EA-B116-BB5A8DB9202A".parse().unwrap();
        assert_eq!(read.to_string(), "2fc0579f-8113-47ea-b116-bb5a8db9202a");
    }
}
