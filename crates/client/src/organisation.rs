//! The organisation as it is published.

use serde::Deserialize;

use crate::{
    ClientError,
    engine::{OrganisationKey, Trust, fingerprint},
    http::Http,
};

const PUBLISHED: &str = "/.well-known/wardesk-organisation.json";

/// Name and keys of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// What people compare; computed here from the key it names.
    pub fingerprint: String,
    /// Its keys.
    pub keys: Vec<OrganisationKey>,
}

/// Fetches the published keys; at the first contact all are trusted, later only those a known one signed.
pub(crate) async fn fetch(http: &Http, trust: &mut Trust) -> Result<Organisation, ClientError> {
    let organisation: Organisation = http.get(PUBLISHED).await?;
    trust.extend(&organisation.keys);
    // The printed fingerprint has to be that of a key we trust.
    let known = trust.keys().any(|key| fingerprint(key) == organisation.fingerprint);
    if known {
        Ok(organisation)
    } else {
        Err(crate::engine::Refusal::Statement.into())
    }
}
