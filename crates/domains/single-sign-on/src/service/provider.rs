//! What is known of the provider: its document and its keys, kept for a while.

use wd_db::Tx;
use wd_kernel::{Duration, SecretString, Timestamp};

use crate::{
    SingleSignOn,
    model::{
        discovery::{self, Level, Metadata},
        keys::{Algorithm, KeySet, Keys},
        settings::ProviderSettings,
    },
    outbound::OutboundError,
    service::ChangeError,
    store,
};

/// How long what the provider says about itself is believed.
const BELIEVED_FOR: Duration = Duration::from_hours(1);
/// At most so often the keys are asked for again because a token names one that is not among them.
const ASK_AGAIN_EVERY: Duration = Duration::from_mins(1);

/// The provider of one issuer.
#[derive(Clone)]
pub(crate) struct KnownProvider {
    pub metadata: Metadata,
    pub keys: Keys,
    read_at: Timestamp,
    keys_at: Timestamp,
}

/// Why the provider is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It does not answer, or not as it should.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// What it says about itself does not fit the settings.
    #[error("the provider's description does not fit the settings")]
    Unfit,
}

/// The provider as it is set up.
pub(crate) struct SetUp {
    pub settings: ProviderSettings,
    pub secret: Option<SecretString>,
}

impl SingleSignOn {
    /// The provider, if staff may sign in through it.
    pub(crate) async fn set_up(&self, tx: &mut Tx) -> Result<Option<SetUp>, ChangeError> {
        let Some(row) = store::provider(tx).await? else {
            return Ok(None);
        };
        let settings: ProviderSettings = serde_json::from_str(&row.settings).map_err(ChangeError::Stored)?;
        if !settings.enabled {
            return Ok(None);
        }
        let secret = match row.client_secret {
            Some(sealed) => {
                let issuer = settings.issuer.as_bytes();
                let clear = self
                    .vault
                    .unseal("sign_in_provider", "client_secret", issuer, &sealed)?;
                Some(SecretString::new(String::from_utf8_lossy(clear.expose()).into_owned()))
            }
            None => None,
        };
        Ok(Some(SetUp { settings, secret }))
    }

    /// Asks the provider, or remembers. Who comes meanwhile waits for the same answer.
    pub(crate) async fn provider(
        &self,
        settings: &ProviderSettings,
        now: Timestamp,
    ) -> Result<KnownProvider, ProviderError> {
        let mut known = self.known.lock().await;
        if let Some(provider) = &*known
            && provider.metadata.issuer == settings.issuer
            && now.since(provider.read_at) < BELIEVED_FOR
        {
            return Ok(provider.clone());
        }
        let (metadata, keys) = self.ask(&settings.issuer).await?;
        let found = metadata.judge(&settings.issuer, &settings.scopes, |url| self.outbound.permits(url));
        if found.iter().any(|finding| finding.level == Level::Problem) {
            return Err(ProviderError::Unfit);
        }
        let provider = KnownProvider {
            metadata,
            keys,
            read_at: now,
            keys_at: now,
        };
        *known = Some(provider.clone());
        Ok(provider)
    }

    pub(crate) async fn ask(&self, issuer: &str) -> Result<(Metadata, Keys), OutboundError> {
        let address = discovery::address(issuer).ok_or(OutboundError::Address)?;
        let metadata: Metadata = self.outbound.get(&address).await?;
        let keys: KeySet = self.outbound.get(&metadata.jwks_uri).await?;
        Ok((metadata, keys.into()))
    }

    /// The keys, asked for again when one of this name is not among them: providers change keys. However many tokens
    /// name unknown keys, the provider is asked once a minute.
    pub(crate) async fn keys_with(
        &self,
        provider: &KnownProvider,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<Keys, OutboundError> {
        if provider.keys.find(kid, algorithm).is_some() {
            return Ok(provider.keys.clone());
        }
        let mut known = self.known.lock().await;
        let Some(kept) = known
            .as_mut()
            .filter(|kept| kept.metadata.issuer == provider.metadata.issuer)
        else {
            return Ok(provider.keys.clone());
        };
        if kept.keys.find(kid, algorithm).is_none() && now.since(kept.keys_at) >= ASK_AGAIN_EVERY {
            kept.keys_at = now;
            let keys: KeySet = self.outbound.get(&kept.metadata.jwks_uri).await?;
            kept.keys = keys.into();
        }
        Ok(kept.keys.clone())
    }

    /// Forgets what is known, after a change of the settings.
    pub async fn forget_provider(&self) {
        *self.known.lock().await = None;
    }
}
