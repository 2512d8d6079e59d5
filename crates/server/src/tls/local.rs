//! The local authority: made at first start, kept in the data folder, issues what this node shows.

use std::{
    fs,
    io::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use time::OffsetDateTime;
use wd_kernel::{Duration, Timestamp};

use super::{Identity, TlsError, read, validity};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// What is issued is valid for 90 days with those of clocks that go wrong; a running node renews it with a third left.
const BEFORE: Duration = Duration::from_secs(24 * 3600);
const LEAF_DAYS: u32 = 88;
const RENEW_AFTER_DAYS: u32 = 58;
const AUTHORITY_DAYS: u32 = 3650;
/// An authority that ends sooner is renewed at start, so that no certificate outlives it.
const AUTHORITY_LEAST_DAYS: u32 = 365;

/// Where the certificate of the local authority is, to be trusted by browsers and programs of the house.
pub fn local_authority(data_dir: &Path) -> PathBuf {
    data_dir.join("tls").join("authority.pem")
}

/// Whom a certificate is for, and where the authority is.
#[derive(Clone)]
pub(crate) struct Names {
    folder: PathBuf,
    certificate: PathBuf,
    host: String,
    address: IpAddr,
}

impl Names {
    /// The host people use, as in a URL, and the address that is listened on.
    pub(super) fn new(data_dir: &Path, host: &str, address: IpAddr) -> Self {
        Self {
            folder: data_dir.join("tls"),
            certificate: local_authority(data_dir),
            // A URL writes an IPv6 address in brackets, a certificate does not.
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            address,
        }
    }

    /// The host, and this machine by its own names.
    fn alternatives(&self) -> Result<Vec<SanType>, TlsError> {
        let params =
            CertificateParams::new(vec![self.host.clone(), "localhost".to_owned()]).map_err(TlsError::Issue)?;
        let mut names = params.subject_alt_names;
        let addresses = [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
            self.address,
        ];
        names.extend(
            addresses
                .into_iter()
                .filter(|address| !address.is_unspecified())
                .map(SanType::IpAddress),
        );
        let mut unique = Vec::new();
        for name in names {
            if !unique.contains(&name) {
                unique.push(name);
            }
        }
        Ok(unique)
    }
}

/// A certificate of the authority, and when to ask for the next.
pub(super) struct Issued {
    pub(super) identity: Identity,
    pub(super) renew_at: Timestamp,
}

/// A fresh key and certificate. Makes the authority if there is none.
pub(super) fn issue(names: &Names, now: Timestamp) -> Result<Issued, TlsError> {
    let issuer = authority(names, now)?;
    let mut params = CertificateParams::default();
    params.subject_alt_names = names.alternatives()?;
    params.distinguished_name.push(DnType::CommonName, names.host.as_str());
    (params.not_before, params.not_after) = (at(now - BEFORE), at(now + DAY * LEAF_DAYS));
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let own = KeyPair::generate().map_err(TlsError::Issue)?;
    let issued = params.signed_by(&own, &issuer).map_err(TlsError::Issue)?;
    let key = PrivateKeyDer::from(rustls::pki_types::PrivatePkcs8KeyDer::from(own.serialize_der()));
    Ok(Issued {
        identity: (vec![issued.der().clone()], key),
        renew_at: now + DAY * RENEW_AFTER_DAYS,
    })
}

/// The authority in the data folder: its key stays, its certificate is written anew before it ends.
fn authority(names: &Names, now: Timestamp) -> Result<Issuer<'static, KeyPair>, TlsError> {
    let key = names.folder.join("authority.key");
    let pair = if key.exists() {
        let text = read(&key)?;
        let text = str::from_utf8(&text).map_err(|_| TlsError::Pem(key.clone()))?;
        KeyPair::from_pem(text).map_err(|_| TlsError::Pem(key.clone()))?
    } else {
        make_private(&names.folder)?;
        let pair = KeyPair::generate().map_err(TlsError::Issue)?;
        write(&key, pair.serialize_pem().as_bytes())?;
        pair
    };
    let params = authority_params(now);
    if !names.certificate.exists() || ends(&names.certificate)? < now + DAY * AUTHORITY_LEAST_DAYS {
        let pem = params.self_signed(&pair).map_err(TlsError::Issue)?.pem();
        write(&names.certificate, pem.as_bytes())?;
    }
    // An issuer is its name and its key; both are the same as in the certificate on disk.
    Ok(Issuer::new(params, pair))
}

fn authority_params(now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "Wardesk local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = (at(now - BEFORE), at(now + DAY * AUTHORITY_DAYS));
    params
}

fn ends(path: &Path) -> Result<Timestamp, TlsError> {
    let certificate = CertificateDer::from_pem_slice(&read(path)?).map_err(|_| TlsError::Pem(path.to_owned()))?;
    Ok(validity(&certificate, path)?.1)
}

fn at(time: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(time.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn make_private(folder: &Path) -> Result<(), TlsError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| TlsError::File {
        path: folder.into(),
        source,
    })
}

/// For the owner's eyes only, and whole or not at all: a start that was broken off leaves no half of a key.
fn write(path: &Path, bytes: &[u8]) -> Result<(), TlsError> {
    let new = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = match fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => options.open(&new),
    }
    .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
    .and_then(|()| fs::rename(&new, path));
    written.map_err(|source| TlsError::File {
        path: path.into(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(host: &str, address: &str) -> Vec<SanType> {
        let names = Names::new(Path::new("data"), host, address.parse().unwrap());
        names.alternatives().unwrap()
    }

    #[test]
    fn a_host_that_is_an_address_is_in_the_certificate_as_an_address() {
        for (host, address) in [("192.0.2.7", "192.0.2.7"), ("[2001:db8::7]", "2001:db8::7")] {
            assert!(
                names(host, "0.0.0.0").contains(&SanType::IpAddress(address.parse().unwrap())),
                "{host}"
            );
        }
    }

    #[test]
    fn every_name_stands_there_once_and_an_unspecified_address_does_not() {
        let localhost = SanType::DnsName("localhost".try_into().unwrap());
        let own = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()].map(SanType::IpAddress);
        let expected = [vec![localhost], own.to_vec()].concat();
        assert_eq!(names("localhost", "127.0.0.1"), expected);
        assert_eq!(names("localhost", "0.0.0.0"), expected);
        assert_eq!(names("localhost", "::"), expected);
    }
}
