//! TLS 1.3: from given files, or from a local certificate authority made at first start.

mod given;
mod local;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    InconsistentKeys, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::sync::watch;
use tracing::{info, warn};
use wd_config::{Settings, Tls};
use wd_kernel::{Clock, Duration, Timestamp};

pub use local::local_authority;

/// How often a running node looks whether its certificate is still the one to show.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

const TRY_AGAIN: Duration = Duration::from_secs(3600);

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path} cannot be read or written")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not PEM of the expected kind.
    #[error("{0} does not hold a PEM certificate or key")]
    Pem(PathBuf),
    /// The key belongs to another certificate.
    #[error("the key in {key} does not belong to the certificate in {certificate}")]
    Mismatch {
        /// Of the certificate.
        certificate: PathBuf,
        /// Of the key.
        key: PathBuf,
    },
    /// The certificate's time is over.
    #[error("the certificate in {path} expired at {at}")]
    Expired {
        /// Where it is.
        path: PathBuf,
        /// Until when it was valid.
        at: Timestamp,
    },
    /// The certificate's time has not come.
    #[error("the certificate in {path} is not valid before {at}")]
    NotYetValid {
        /// Where it is.
        path: PathBuf,
        /// From when on it is valid.
        at: Timestamp,
    },
    /// Certificate and key are of a kind that is not used.
    #[error("the certificate or key is not accepted")]
    Config(#[source] rustls::Error),
    /// It is no X.509 certificate.
    #[error("{0} does not hold an X.509 certificate")]
    X509(PathBuf),
    /// The local authority cannot issue.
    #[error("the local certificate authority failed")]
    Issue(#[source] rcgen::Error),
}

/// A certificate chain with its key.
type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// What a handshake is answered with.
pub(crate) type Answer = Arc<ServerConfig>;

/// Where certificates come from.
#[derive(Clone)]
pub(crate) enum Source {
    Given(Tls),
    Local(local::Names),
}

impl Source {
    /// From files if the settings name them; else from the local authority, for the host people use.
    pub(crate) fn of(settings: &Settings, host: &str) -> Self {
        match &settings.tls {
            Some(tls) => Self::Given(tls.clone()),
            None => Self::Local(local::Names::new(&settings.data_dir, host, settings.listen.ip())),
        }
    }

    /// The first answer; without one the node does not start.
    pub(crate) fn load(&self, now: Timestamp) -> Result<Loaded, TlsError> {
        let (identity, freshness) = match self {
            Self::Given(tls) => {
                let files = given::Files::read(tls)?;
                (given::identity(tls, &files, now)?, Freshness::Files(files))
            }
            Self::Local(names) => {
                let issued = local::issue(names, now)?;
                (issued.identity, Freshness::Until(issued.renew_at))
            }
        };
        let answer = answer(identity).map_err(|error| match (error, self) {
            (rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch), Self::Given(tls)) => TlsError::Mismatch {
                certificate: tls.certificate.clone(),
                key: tls.key.clone(),
            },
            (error, _) => TlsError::Config(error),
        })?;
        Ok(Loaded { answer, freshness })
    }
}

/// An answer, and what tells when it must be replaced.
pub(crate) struct Loaded {
    pub(crate) answer: Answer,
    pub(crate) freshness: Freshness,
}

/// See [`Loaded`].
pub(crate) enum Freshness {
    /// As long as the files say the same.
    Files(given::Files),
    /// Until then.
    Until(Timestamp),
}

impl Freshness {
    fn is_over(&self, source: &Source, now: Timestamp) -> bool {
        match (self, source) {
            (Self::Until(renew_at), _) => now >= *renew_at,
            // Files that cannot be read just now are looked at again later.
            (Self::Files(loaded), Source::Given(tls)) => given::Files::read(tls).is_ok_and(|files| files != *loaded),
            (Self::Files(_), Source::Local(_)) => false,
        }
    }

    /// Tries again when the files change once more, or in an hour.
    fn after_a_failure(self, source: &Source, now: Timestamp) -> Self {
        match source {
            Source::Given(tls) => given::Files::read(tls).map_or(self, Self::Files),
            Source::Local(_) => Self::Until(now + TRY_AGAIN),
        }
    }
}

/// Replaces the answer before a local certificate ends and when given files change. What cannot be used is said once
/// and changes nothing. Ends when nobody answers handshakes any more.
pub(crate) async fn keep_fresh(
    source: Source,
    mut freshness: Freshness,
    clock: Arc<dyn Clock>,
    answers: watch::Sender<Answer>,
) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = answers.closed() => return,
        }
        let now = clock.now();
        if !freshness.is_over(&source, now) {
            continue;
        }
        match source.load(now) {
            Ok(loaded) => {
                info!("showing a new certificate");
                freshness = loaded.freshness;
                answers.send_replace(loaded.answer);
            }
            Err(error) => {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "the new certificate cannot be used: the old one is shown"
                );
                freshness = freshness.after_a_failure(&source, now);
            }
        }
    }
}

fn answer((chain, key): Identity) -> Result<Answer, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// From when until when a certificate is valid. `path` says where it came from.
fn validity(certificate: &CertificateDer, path: &Path) -> Result<(Timestamp, Timestamp), TlsError> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| TlsError::X509(path.to_owned()))?;
    let validity = parsed.validity();
    let at = |time: x509_parser::time::ASN1Time| Timestamp::from_seconds(time.timestamp());
    Ok((at(validity.not_before), at(validity.not_after)))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::File {
        path: path.into(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use wd_kernel::Clock as _;

    use super::*;
    use crate::SystemClock;

    #[test]
    fn a_renewal_that_cannot_be_used_is_tried_again_when_the_files_change_once_more() {
        let folder = tempfile::tempdir().unwrap();
        let tls = Tls {
            certificate: folder.path().join("certificate.pem"),
            key: folder.path().join("key.pem"),
        };
        let renew = || {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec!["desk.example.org".to_owned()]).unwrap();
            std::fs::write(&tls.certificate, params.self_signed(&key).unwrap().pem()).unwrap();
            std::fs::write(&tls.key, key.serialize_pem()).unwrap();
        };
        renew();
        let (source, now) = (Source::Given(tls.clone()), SystemClock.now());
        let freshness = source.load(now).unwrap().freshness;
        assert!(!freshness.is_over(&source, now));

        std::fs::write(&tls.certificate, "a copy that was broken off").unwrap();
        assert!(freshness.is_over(&source, now));
        assert!(matches!(source.load(now), Err(TlsError::Pem(_))));
        let freshness = freshness.after_a_failure(&source, now);
        assert!(!freshness.is_over(&source, now), "once is enough");

        renew();
        assert!(freshness.is_over(&source, now));
        assert!(source.load(now).is_ok());
    }
}
