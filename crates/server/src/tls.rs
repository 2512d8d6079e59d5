//! TLS 1.3: from given files, or from a local certificate authority made at first start.

use std::{
    fs,
    io::Write as _,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use rustls::{
    ServerConfig,
    pki_types::pem::PemObject as _,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use time::OffsetDateTime;
use wd_config::{Settings, Tls};
use wd_kernel::{Clock, Timestamp};

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
    /// Certificate and key do not fit, or are of a kind that is not used.
    #[error("the certificate or key is not accepted")]
    Config(#[source] rustls::Error),
    /// The local authority cannot issue.
    #[error("the local certificate authority failed")]
    Issue(#[source] rcgen::Error),
}

/// Where the certificate of the local authority is, to be trusted by browsers and programs of the house.
pub fn local_authority(data_dir: &Path) -> PathBuf {
    data_dir.join("tls").join("authority.pem")
}

pub(crate) fn config(settings: &Settings, host: &str, clock: &dyn Clock) -> Result<Arc<ServerConfig>, TlsError> {
    let (chain, key) = match &settings.tls {
        Some(tls) => given(tls)?,
        None => local(&settings.data_dir, host, settings.listen.ip(), clock.now())?,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Config)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn given(tls: &Tls) -> Result<Identity, TlsError> {
    let chain = read(&tls.certificate)?;
    let key = read(&tls.key)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&chain)
        .collect::<Result<_, _>>()
        .map_err(|_| TlsError::Pem(tls.certificate.clone()))?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| TlsError::Pem(tls.key.clone()))?;
    if chain.is_empty() {
        Err(TlsError::Pem(tls.certificate.clone()))
    } else {
        Ok((chain, key))
    }
}

/// A fresh certificate at every start, from the authority in the data folder.
fn local(data_dir: &Path, host: &str, address: IpAddr, now: Timestamp) -> Result<Identity, TlsError> {
    let folder = data_dir.join("tls");
    let (certificate, key) = (local_authority(data_dir), folder.join("authority.key"));
    if !key.exists() {
        let pair = KeyPair::generate().map_err(TlsError::Issue)?;
        let pem = authority(now)?.self_signed(&pair).map_err(TlsError::Issue)?.pem();
        fs::create_dir_all(&folder).map_err(|source| TlsError::File {
            path: folder.clone(),
            source,
        })?;
        write(&certificate, pem.as_bytes(), 0o644)?;
        write(&key, pair.serialize_pem().as_bytes(), 0o600)?;
    }
    let pair = KeyPair::from_pem(&String::from_utf8_lossy(&read(&key)?)).map_err(TlsError::Issue)?;
    // An issuer is its name and its key; both are the same as in the certificate on disk.
    let issuer = Issuer::new(authority(now)?, pair);
    let mut params = CertificateParams::new(vec![host.to_owned(), "localhost".to_owned()]).map_err(TlsError::Issue)?;
    if !address.is_unspecified() {
        params.subject_alt_names.push(SanType::IpAddress(address));
    }
    params.distinguished_name.push(DnType::CommonName, host);
    (params.not_before, params.not_after) = (at(now, -1), at(now, 397));
    params.use_authority_key_identifier_extension = true;
    let own = KeyPair::generate().map_err(TlsError::Issue)?;
    let issued = params.signed_by(&own, &issuer).map_err(TlsError::Issue)?;
    let key = PrivateKeyDer::try_from(own.serialize_der()).map_err(|_| TlsError::Pem(key))?;
    Ok((vec![issued.der().clone()], key))
}

fn authority(now: Timestamp) -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(TlsError::Issue)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Wardesk local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = (at(now, -1), at(now, 3650));
    Ok(params)
}

fn at(now: Timestamp, days: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(now.seconds() + days * 24 * 3600).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::File {
        path: path.into(),
        source,
    })
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), TlsError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|source| TlsError::File {
        path: path.into(),
        source,
    })
}
