//! Values that cannot be printed, compared in variable time by accident, or left in memory.

use zeroize::{Zeroize, ZeroizeOnDrop};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident($inner:ty) as $target:ty, $access:ident) => {
        $(#[$doc])*
        #[derive(Zeroize, ZeroizeOnDrop)]
        pub struct $name($inner);

        impl $name {
            /// Takes ownership of the secret.
            pub fn new(value: impl Into<$inner>) -> Self {
                Self(value.into())
            }

            /// The secret itself, for the one place that needs it.
            pub fn expose(&self) -> &$target {
                self.0.$access()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("[secret]")
            }
        }
    };
}

secret! {
    /// Secret text: a password, a token, a code.
    SecretString(String) as str, as_str
}
secret! {
    /// Secret bytes: a key, a seed.
    SecretBytes(Vec<u8>) as [u8], as_slice
}

impl<'de> serde::Deserialize<'de> for SecretString {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl utoipa::PartialSchema for SecretString {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(
                utoipa::openapi::KnownFormat::Password,
            )))
            .into()
    }
}

impl utoipa::ToSchema for SecretString {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", SecretString::new("hunter2")), "[secret]");
    }
}
