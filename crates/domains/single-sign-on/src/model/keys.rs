//! The provider's public keys (RFC 7517), and which signatures count.

use jsonwebtoken::{DecodingKey, jwk::Jwk};
use serde::Deserialize;
use serde_json::Value;

/// The algorithms that count. `none` and those with a shared secret are not among them and cannot be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA with PKCS #1 v1.5.
    Rs256,
    /// RSA with PSS.
    Ps256,
    /// ECDSA on P-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// From its name (RFC 7518, RFC 8037).
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }

    pub(super) const fn library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }

    /// Key type and curve of the keys it works with.
    const fn key(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Rs256 | Self::Ps256 => ("RSA", None),
            Self::Es256 => ("EC", Some("P-256")),
            Self::EdDsa => ("OKP", Some("Ed25519")),
        }
    }
}

/// A key set as it is answered; each key is looked at by itself, so that one of an unknown kind spoils nothing.
#[derive(Debug, Deserialize)]
pub struct KeySet {
    /// The keys.
    pub keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Head {
    kty: String,
    crv: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
}

/// The keys that can sign.
#[derive(Clone, Default)]
pub struct Keys(Vec<Key>);

#[derive(Clone)]
struct Key {
    kid: Option<String>,
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    decoding: DecodingKey,
}

impl From<KeySet> for Keys {
    fn from(set: KeySet) -> Self {
        Self(set.keys.into_iter().filter_map(read).collect())
    }
}

fn read(value: Value) -> Option<Key> {
    let head: Head = serde_json::from_value(value.clone()).ok()?;
    if head.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    // A shared secret is no public key, whatever else it says.
    if !matches!(head.kty.as_str(), "RSA" | "EC" | "OKP") {
        return None;
    }
    // `alg` is judged here; a name the library does not know must not spoil the key.
    let mut bare = value;
    bare.as_object_mut()?.remove("alg");
    let jwk: Jwk = serde_json::from_value(bare).ok()?;
    Some(Key {
        kid: head.kid,
        kty: head.kty,
        crv: head.crv,
        alg: head.alg,
        decoding: DecodingKey::from_jwk(&jwk).ok()?,
    })
}

impl Keys {
    /// The one key that may have made such a signature: of this name, for this algorithm. A token without a name of a
    /// key needs a set in which only one fits.
    pub fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let (kty, crv) = algorithm.key();
        let mut fitting = self.0.iter().filter(|key| {
            key.kty == kty
                && (crv.is_none() || key.crv.as_deref() == crv)
                && key
                    .alg
                    .as_deref()
                    .is_none_or(|alg| Algorithm::parse(alg) == Some(algorithm))
                && (kid.is_none() || key.kid.as_deref() == kid)
        });
        let first = fitting.next()?;
        fitting.next().is_none().then_some(&first.decoding)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
