use std::{net::IpAddr, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use wd_kernel::{Clock, Entropy, Id, Timestamp};

use crate::ClientError;

/// Where a server is and which certificates it may show.
#[derive(Debug, Clone)]
pub struct Server {
    base: String,
    tls: Option<Arc<ClientConfig>>,
    from: Option<IpAddr>,
}

impl Server {
    /// A server by its base address (`http://127.0.0.1:8080`). Over https the public roots count.
    pub fn at(base: &str) -> Result<Self, ClientError> {
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return Err(ClientError::Address);
        }
        // reqwest and the socket take the process's provider; another one that is already there is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            tls: None,
            from: None,
        })
    }

    /// Trusts only the certificate authorities of this PEM text.
    pub fn trusting(mut self, pem: &[u8]) -> Result<Self, ClientError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots
                .add(certificate.map_err(|_| ClientError::Certificates)?)
                .map_err(|_| ClientError::Certificates)?;
        }
        if roots.is_empty() {
            return Err(ClientError::Certificates);
        }
        self.tls = Some(Arc::new(
            ClientConfig::builder()
                .with_root_certificates(roots)
                .with_no_client_auth(),
        ));
        Ok(self)
    }

    /// Asks from this address of the machine: to the server, clients with different ones are different visitors.
    #[must_use]
    pub const fn from(mut self, address: IpAddr) -> Self {
        self.from = Some(address);
        self
    }

    /// The base address, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn tls(&self) -> Option<&Arc<ClientConfig>> {
        self.tls.as_ref()
    }

    pub(crate) const fn source(&self) -> Option<IpAddr> {
        self.from
    }

    pub(crate) fn socket_address(&self, path: &str) -> String {
        let rest = self.base.strip_prefix("http").unwrap_or(&self.base);
        format!("ws{rest}{path}")
    }
}

/// Time and chance.
#[derive(Clone)]
pub struct Surroundings {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance; cryptographically strong outside tests.
    pub entropy: Arc<dyn Entropy>,
}

impl Surroundings {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn id<I: Id>(&self) -> I {
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let millis = u64::try_from(self.now().millis()).unwrap_or(0);
        I::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_at_the_same_place() {
        assert_eq!(
            Server::at("http://127.0.0.1:80/").unwrap().socket_address("/s"),
            "ws://127.0.0.1:80/s"
        );
        assert_eq!(
            Server::at("https://a.example").unwrap().socket_address("/s"),
            "wss://a.example/s"
        );
        assert!(matches!(Server::at("ftp://a.example"), Err(ClientError::Address)));
    }

    #[test]
    fn a_file_without_certificates_is_not_trusted() {
        let server = Server::at("https://a.example").unwrap();
        assert!(matches!(
            server.trusting(b"nothing here"),
            Err(ClientError::Certificates)
        ));
    }
}
