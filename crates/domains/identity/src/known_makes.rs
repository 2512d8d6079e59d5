//! The makes of passkeys and security keys whose attestation can be checked: a file that the organisation keeps.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use webauthn_rs::prelude::{
    AttestationCaList, AttestationCaListBuilder, AttestationMetadata, AttestedPasskey, Passkey, Uuid,
};

use crate::model::{Aaguid, BadAaguid, Makes, shown_name};

/// The SHA-256 of a root certificate.
pub(crate) type Root = [u8; 32];

/// The makes that are known here, with the root certificates that vouch for each.
///
/// ```toml
/// [[make]]
/// aaguid = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
/// name = "YubiKey 5 NFC"
/// roots = ["yubico-root.pem"]
/// ```
///
/// Each of `roots` is a file with one certificate (PEM, RFC 7468), beside this one or with a path of its own.
#[derive(Debug, Clone, Default)]
pub struct KnownMakes {
    named: BTreeMap<Aaguid, String>,
    roots: AttestationCaList,
}

/// A make that is known here.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = Make)]
pub struct KnownMake {
    /// Which make.
    pub aaguid: Aaguid,
    /// What people call it.
    pub name: String,
}

/// The file of makes cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MakesError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not such a file.
    #[error("{path} is not a list of makes")]
    Form {
        /// Which.
        path: PathBuf,
        /// Why.
        source: toml::de::Error,
    },
    /// There is no make in it.
    #[error("{0} has no [[make]]")]
    Empty(PathBuf),
    /// The AAGUID of a make is none.
    #[error("the aaguid of make {place} is none: a UUID that is not all zeros")]
    Aaguid {
        /// Which make, the first is 1.
        place: usize,
        /// Why.
        source: BadAaguid,
    },
    /// The name of a make is none.
    #[error("the name of make {aaguid} must be one line of 1 to 128 characters")]
    Name {
        /// Which make.
        aaguid: Aaguid,
    },
    /// A make is there twice.
    #[error("make {aaguid} is there twice")]
    Twice {
        /// Which make.
        aaguid: Aaguid,
    },
    /// Nothing vouches for a make.
    #[error("make {aaguid} has no roots")]
    NoRoots {
        /// Which make.
        aaguid: Aaguid,
    },
    /// A root is not a certificate.
    #[error("{path} is not a certificate (PEM)")]
    Root {
        /// Which file.
        path: PathBuf,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    make: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    aaguid: String,
    name: String,
    roots: Vec<PathBuf>,
}

impl KnownMakes {
    /// Reads the file and the certificates that it names.
    pub fn open(path: &Path) -> Result<Self, MakesError> {
        let File { make } = toml::from_str(&read(path)?).map_err(|source| MakesError::Form {
            path: path.to_owned(),
            source,
        })?;
        if make.is_empty() {
            return Err(MakesError::Empty(path.to_owned()));
        }
        let beside = path.parent().unwrap_or(Path::new("."));
        let mut named = BTreeMap::new();
        let mut roots = AttestationCaListBuilder::new();
        for (index, entry) in make.into_iter().enumerate() {
            let aaguid: Aaguid = entry.aaguid.parse().map_err(|source| MakesError::Aaguid {
                place: index + 1,
                source,
            })?;
            let name = shown_name(&entry.name).map_err(|_| MakesError::Name { aaguid })?;
            if entry.roots.is_empty() {
                return Err(MakesError::NoRoots { aaguid });
            }
            for root in entry.roots {
                let path = beside.join(root);
                let pem = read(&path)?;
                roots
                    .insert_device_pem(pem.as_bytes(), aaguid.into(), name.clone(), BTreeMap::new())
                    .map_err(|_| MakesError::Root { path })?;
            }
            if named.insert(aaguid, name).is_some() {
                return Err(MakesError::Twice { aaguid });
            }
        }
        Ok(Self {
            named,
            roots: roots.build(),
        })
    }

    /// All of them, by name.
    pub fn list(&self) -> Vec<KnownMake> {
        let all = self.named.iter().map(|(aaguid, name)| KnownMake {
            aaguid: *aaguid,
            name: name.clone(),
        });
        let mut all: Vec<KnownMake> = all.collect();
        all.sort_by(|one, other| (&one.name, one.aaguid).cmp(&(&other.name, other.aaguid)));
        all
    }

    /// Those that count by this, by name. What is not known here any more, does not.
    pub fn among(&self, makes: &Makes) -> Vec<KnownMake> {
        self.list()
            .into_iter()
            .filter(|known| makes.have(known.aaguid))
            .collect()
    }

    /// What people call a make.
    pub fn name(&self, make: Aaguid) -> Option<&str> {
        self.named.get(&make).map(String::as_str)
    }

    /// Whether all of these are known here.
    pub fn knows(&self, makes: &BTreeSet<Aaguid>) -> bool {
        makes.iter().all(|make| self.named.contains_key(make))
    }

    /// Whether this root still vouches for this make.
    pub fn vouches(&self, make: Aaguid, root: &[u8]) -> bool {
        let known = self.roots.cas().iter().find(|(hash, _)| hash.as_slice() == root);
        known.is_some_and(|(_, root)| root.aaguids().contains_key(&Uuid::from(make)))
    }

    /// The make that a new passkey has shown, and the root that vouches for it; `None`: its statement does not lead to
    /// one of the roots, or says nothing of a make that this root vouches for.
    ///
    /// The library has checked the signature of the statement when the passkey was added, and that the certificate is of
    /// the make that it names. It checks here that the certificates lead to a root and are valid today.
    pub fn shown_by(&self, passkey: &Passkey) -> Option<(Aaguid, Root)> {
        // The two types hold the same, and only the attested one can be asked.
        let passkey: AttestedPasskey = serde_json::from_value(serde_json::to_value(passkey).ok()?).ok()?;
        let (AttestationMetadata::Packed { aaguid } | AttestationMetadata::Tpm { aaguid, .. }) =
            passkey.attestation().metadata
        else {
            return None;
        };
        // One by one: of two roots with one name, an old and a renewed one, the library looks at the first only.
        let vouching = self
            .roots
            .cas()
            .values()
            .filter(|root| root.aaguids().contains_key(&aaguid));
        let hash = vouching.into_iter().find_map(|root| {
            let mut alone = AttestationCaList::default();
            alone.insert(root.clone()).ok()?;
            passkey.verify_attestation(&alone).ok()?.get_kid().ok()
        })?;
        Some((aaguid.try_into().ok()?, hash.into()))
    }
}

fn read(path: &Path) -> Result<String, MakesError> {
    fs::read_to_string(path).map_err(|source| MakesError::Read {
        path: path.to_owned(),
        source,
    })
}
