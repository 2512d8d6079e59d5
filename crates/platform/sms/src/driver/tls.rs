//! TLS as the rest of Wardesk speaks it: rustls with aws-lc.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use wd_config::ConfigError;

use crate::SetupError;

/// What vouches for a server: the authorities in a file and no other, or the public ones.
pub(super) fn client(ca: Option<&Path>) -> Result<ClientConfig, SetupError> {
    let mut roots = RootCertStore::empty();
    match ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let pem = std::fs::read(path).map_err(|source| ConfigError::Read {
                path: path.into(),
                source,
            })?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|_| SetupError::Authority)?;
                roots.add(certificate).map_err(|_| SetupError::Authority)?;
            }
            if roots.is_empty() {
                return Err(SetupError::Authority);
            }
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Tls(Box::new(error)))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
