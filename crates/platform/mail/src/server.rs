//! The way to the mail server: SMTP submission (RFC 6409) over TLS from the first byte (RFC 8314), or by STARTTLS
//! (RFC 3207), which must succeed before anything else is said.

use std::time::Duration;

use lettre::{
    address::Envelope,
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
        extension::ClientId,
    },
};
use tokio::time::timeout;
use wd_config::{ConfigError, MailSecurity};
use wd_kernel::SecretString;

use crate::{address::MailAddress, trouble::Trouble};

/// How long a connection may take to open.
const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// How long a delivery may take as a whole. Shorter than the lease of a mail.
pub(crate) const DELIVER_WITHIN: Duration = Duration::from_secs(60);

/// Why the settings under `[mail]` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A file, or the address of the server.
    #[error("the settings of mail cannot be used")]
    Settings(#[from] ConfigError),
    /// Not an address.
    #[error("mail.from is not a mail address such as wardesk@example.org")]
    From,
    /// Not certificates.
    #[error("mail.ca holds no certificate in PEM")]
    Authority,
    /// The name of the server, or a certificate, is not one that TLS can use.
    #[error("TLS to the mail server cannot be set up: is mail.server a name, and mail.ca an authority?")]
    Tls,
}

/// A mail server that takes mail to deliver it, and how to talk to it.
pub(crate) struct Server {
    pub(crate) from: MailAddress,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: MailSecurity,
    tls: Option<TlsParameters>,
    login: Option<(String, SecretString)>,
    hello: ClientId,
}

/// Why a try did not end with the server taking the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) trouble: Trouble,
    /// The server's reply code (RFC 5321, section 4.2), if it gave one.
    pub(crate) reply: Option<u16>,
}

impl Server {
    /// Reads the files that the settings name. `hello` is the name to greet the server with.
    pub(crate) fn open(settings: &wd_config::Mail, hello: &str) -> Result<Self, ServerError> {
        let (host, port) = settings.host_and_port()?;
        let login = match (&settings.user, &settings.password) {
            (Some(user), Some(password)) => Some((user.clone(), password.read()?)),
            _ => None,
        };
        let tls = match settings.security {
            MailSecurity::None => None,
            MailSecurity::Tls | MailSecurity::Starttls => Some(tls(settings, &host)?),
        };
        Ok(Self {
            from: settings.from.parse().map_err(|_| ServerError::From)?,
            host,
            port,
            security: settings.security,
            tls,
            login,
            hello: ClientId::Domain(hello.to_owned()),
        })
    }

    /// Hands a mail to the server. When this is `Ok` the server answers for it from now on.
    pub(crate) async fn deliver(&self, to: &MailAddress, bytes: &[u8]) -> Result<(), Failure> {
        timeout(DELIVER_WITHIN, self.talk(to, bytes))
            .await
            .unwrap_or(Err(Failure::of(Trouble::Unreachable)))
    }

    async fn talk(&self, to: &MailAddress, bytes: &[u8]) -> Result<(), Failure> {
        let envelope = Envelope::new(Some(self.from.address().clone()), vec![to.address().clone()])
            .map_err(|_| Failure::of(Trouble::Unwritable))?;
        let mut connection = self.connect().await?;
        if let Some((user, password)) = &self.login {
            let login = Credentials::new(user.clone(), password.expose().to_owned());
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], &login)
                .await
                .map_err(|error| Failure::told(&error, Trouble::Login))?;
        }
        connection
            .send(&envelope, bytes)
            .await
            .map_err(|error| Failure::about_mail(&error))?;
        // The mail is taken. A farewell that fails changes nothing about that.
        drop(connection.quit().await);
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let place = (self.host.as_str(), self.port);
        let at_once = self.tls.clone().filter(|_| self.security == MailSecurity::Tls);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, Some(CONNECT_WITHIN), &self.hello, at_once, None)
                .await
                .map_err(|error| match self.security {
                    // With TLS from the first byte, what went wrong after the connection stood is TLS.
                    MailSecurity::Tls if is_about_certificates(&error) => Failure::of(Trouble::Tls),
                    _ => Failure::told(&error, Trouble::Unreachable),
                })?;
        if self.security == MailSecurity::Starttls {
            let tls = self.tls.clone().ok_or(Failure::of(Trouble::Tls))?;
            connection
                .starttls(tls, &self.hello)
                .await
                .map_err(|error| Failure::told(&error, Trouble::Tls))?;
        }
        Ok(connection)
    }
}

impl Failure {
    pub(crate) const fn of(trouble: Trouble) -> Self {
        Self { trouble, reply: None }
    }

    fn told(error: &SmtpError, trouble: Trouble) -> Self {
        Self {
            trouble,
            reply: error.status().map(u16::from),
        }
    }

    /// What the server said to sender, recipient or text. Its words stay here: they name the recipient.
    fn about_mail(error: &SmtpError) -> Self {
        let trouble = if error.is_permanent() {
            Trouble::Refused
        } else if error.is_transient() {
            Trouble::Deferred
        } else {
            Trouble::Unreachable
        };
        Self::told(error, trouble)
    }
}

fn is_about_certificates(error: &SmtpError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::InvalidData)
        {
            return true;
        }
        cause = error.source();
    }
    error.is_tls()
}

fn tls(settings: &wd_config::Mail, host: &str) -> Result<TlsParameters, ServerError> {
    let builder = TlsParameters::builder(host.to_owned());
    let builder = match &settings.ca {
        None => builder.certificate_store(CertificateStore::WebpkiRoots),
        Some(path) => {
            let pem = std::fs::read(path).map_err(|source| ConfigError::Read {
                path: path.clone(),
                source,
            })?;
            if !pem.windows(BEGIN.len()).any(|part| part == BEGIN) {
                return Err(ServerError::Authority);
            }
            let authority = Certificate::from_pem(&pem).map_err(|_| ServerError::Authority)?;
            // Instead of the public authorities, not beside them.
            builder
                .certificate_store(CertificateStore::None)
                .add_root_certificate(authority)
        }
    };
    builder.build_rustls().map_err(|_| ServerError::Tls)
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
