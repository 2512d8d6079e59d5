//! Certificate and key from files that the settings name.

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use wd_config::Tls;
use wd_kernel::Timestamp;

use super::{Identity, TlsError, read, validity};

/// What the files say.
#[derive(PartialEq, Eq)]
pub(crate) struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    pub(super) fn read(tls: &Tls) -> Result<Self, TlsError> {
        Ok(Self {
            certificate: read(&tls.certificate)?,
            key: read(&tls.key)?,
        })
    }
}

/// The chain and its key; the first certificate must be valid now. Whether they fit is seen when they are used.
pub(super) fn identity(tls: &Tls, files: &Files, now: Timestamp) -> Result<Identity, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&files.certificate)
        .collect::<Result<_, _>>()
        .map_err(|_| TlsError::Pem(tls.certificate.clone()))?;
    let key = PrivateKeyDer::from_pem_slice(&files.key).map_err(|_| TlsError::Pem(tls.key.clone()))?;
    let Some(first) = chain.first() else {
        return Err(TlsError::Pem(tls.certificate.clone()));
    };
    let path = &tls.certificate;
    let (begins, ends) = validity(first, path)?;
    if now > ends {
        return Err(TlsError::Expired {
            path: path.clone(),
            at: ends,
        });
    }
    if now < begins {
        return Err(TlsError::NotYetValid {
            path: path.clone(),
            at: begins,
        });
    }
    Ok((chain, key))
}
