//! Binary on the wire.

use crate::b64u;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

/// Binary on the wire: base64url without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&b64u::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        b64u::decode(text)
            .map(Self)
            .ok_or_else(|| de::Error::custom("not base64url without padding"))
    }
}

impl utoipa::PartialSchema for Bytes {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[A-Za-z0-9_-]*$"))
            .into()
    }
}

impl utoipa::ToSchema for Bytes {}

macro_rules! fixed {
    ($($(#[$doc:meta])* $name:ident($length:literal), $pattern:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub [u8; $length]);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&b64u::encode(self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                b64u::decode_array(text).map(Self).ok_or_else(|| de::Error::custom(concat!("not ", $length, " bytes in base64url without padding")))
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).pattern(Some($pattern)).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )*};
}

fixed! {
    /// An Ed25519 or X25519 public key.
    PublicKey(32), "^[A-Za-z0-9_-]{43}$";
    /// An Ed25519 signature.
    Signature(64), "^[A-Za-z0-9_-]{86}$";
}
