use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use wd_kernel::SecretString;

use crate::{Mail, MailSecurity, Sms};

/// All settings of `wardesk serve`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The folder for the SQLite database, the key file and what is made at first start.
    pub data_dir: PathBuf,
    /// Where to listen. Plain HTTP is possible on loopback only.
    pub listen: SocketAddr,
    /// The address people use, with scheme: `https://desk.example.org`. Unset: made from `listen`.
    pub public_url: Option<String>,
    /// The organisation's name as customers read it.
    pub organisation: String,
    /// `sqlite`, or `postgres://user:password@host/database`.
    pub database: Secret,
    /// The PostgreSQL schema to live in; unset: the server's default.
    pub database_schema: Option<String>,
    /// `nats://host:4222`; unset: fan-out within this process.
    pub nats: Option<String>,
    /// The certificate; unset on loopback: plain HTTP, elsewhere: a certificate of a local authority made at first start.
    pub tls: Option<Tls>,
    /// Opens the key file: a passphrase. Without passphrase and key, a random key is kept in `data_dir/unlock.key`.
    pub passphrase: Option<Secret>,
    /// Where the key file is; unset: `data_dir/keys.json`.
    pub key_file: Option<PathBuf>,
    /// The log filter: `info`, `wd_channels=debug,info`.
    pub log: String,
    /// The file of breached passwords that `wardesk breach import` made; unset: passwords are held against a list of
    /// common ones only.
    pub breach_corpus: Option<PathBuf>,
    /// Words that passwords must not be made of, besides people's names, the organisation's name and the name of the
    /// host: products, brands, places. At most 500, of 3 to 64 characters.
    pub password_words: Vec<String>,
    /// A GeoIP database (MaxMind DB format) of countries or cities; unset: sign-ins are not weighed by where they come
    /// from.
    pub geoip_database: Option<PathBuf>,
    /// The list of makes of passkeys and security keys (TOML) with the root certificates that vouch for them, read at
    /// start; unset: no make is known, and no role can ask for attested keys.
    pub key_makes: Option<PathBuf>,
    /// The server that takes outgoing mail; unset: none is sent.
    pub mail: Option<Mail>,
    /// Who delivers outgoing text messages, and what may be spent; unset: none is sent.
    pub sms: Option<Sms>,
}

/// A certificate and its key, PEM.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The chain, the server's certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// A secret by value, or `{ file = "…" }`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Secret {
    /// By value.
    Value(SecretString),
    /// In a file; one trailing line end is dropped.
    File {
        /// Which file.
        file: PathBuf,
    },
}

impl Secret {
    /// The secret.
    pub fn read(&self) -> Result<SecretString, ConfigError> {
        match self {
            Self::Value(value) => Ok(SecretString::new(value.expose())),
            Self::File { file } => {
                let text = fs::read_to_string(file).map_err(|source| ConfigError::Read {
                    path: file.clone(),
                    source,
                })?;
                Ok(SecretString::new(text.strip_suffix('\n').unwrap_or(&text)))
            }
        }
    }
}

/// Why the settings are not used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The TOML does not fit; the text says where.
    #[error("{path}: {source}")]
    Toml {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// An environment variable does not fit.
    #[error("the environment variable {name} {what}")]
    Environment {
        /// Which.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
    /// Settings that do not go together.
    #[error("{0}")]
    Conflict(&'static str),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("wardesk-data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            public_url: None,
            organisation: "Our company".into(),
            database: Secret::Value(SecretString::new("sqlite")),
            database_schema: None,
            nats: None,
            tls: None,
            passphrase: None,
            key_file: None,
            log: "info".into(),
            breach_corpus: None,
            password_words: Vec::new(),
            geoip_database: None,
            key_makes: None,
            mail: None,
            sms: None,
        }
    }
}

impl Settings {
    /// From a TOML file, if one is given, and environment variables (name and value, only `WARDESK_…` are looked at).
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut settings = match file {
            None => Self::default(),
            Some(path) => {
                let text = fs::read_to_string(path).map_err(|source| ConfigError::Read {
                    path: path.into(),
                    source,
                })?;
                toml::from_str(&text).map_err(|source| ConfigError::Toml {
                    path: path.into(),
                    source: Box::new(source),
                })?
            }
        };
        for (name, value) in environment {
            if let Some(key) = name.strip_prefix("WARDESK_") {
                settings.set(&name, key, value)?;
            }
        }
        settings.check()?;
        Ok(settings)
    }

    fn set(&mut self, name: &str, key: &str, value: String) -> Result<(), ConfigError> {
        let wrong = |what| ConfigError::Environment {
            name: name.to_owned(),
            what,
        };
        match key {
            "DATA_DIR" => self.data_dir = value.into(),
            "LISTEN" => self.listen = value.parse().map_err(|_| wrong("is not ADDRESS:PORT"))?,
            "PUBLIC_URL" => self.public_url = Some(value),
            "ORGANISATION" => self.organisation = value,
            "DATABASE" => self.database = Secret::Value(SecretString::new(value)),
            "DATABASE_FILE" => self.database = Secret::File { file: value.into() },
            "DATABASE_SCHEMA" => self.database_schema = Some(value),
            "NATS" => self.nats = Some(value),
            "PASSPHRASE" => self.passphrase = Some(Secret::Value(SecretString::new(value))),
            "PASSPHRASE_FILE" => self.passphrase = Some(Secret::File { file: value.into() }),
            "KEY_FILE" => self.key_file = Some(value.into()),
            "BREACH_CORPUS" => self.breach_corpus = Some(value.into()),
            "GEOIP_DATABASE" => self.geoip_database = Some(value.into()),
            "KEY_MAKES" => self.key_makes = Some(value.into()),
            "LOG" => self.log = value,
            "MAIL_FROM" => self.mail().from = value,
            "MAIL_SERVER" => self.mail().server = value,
            "MAIL_SECURITY" => {
                let security = MailSecurity::parse(&value).ok_or_else(|| wrong("is not tls, starttls or none"))?;
                self.mail().security = security;
            }
            "MAIL_USER" => self.mail().user = Some(value),
            "MAIL_PASSWORD" => self.mail().password = Some(Secret::Value(SecretString::new(value))),
            "MAIL_PASSWORD_FILE" => self.mail().password = Some(Secret::File { file: value.into() }),
            "MAIL_CA" => self.mail().ca = Some(value.into()),
            // Set by our own tests and tools for others of them.
            "BIN" => {}
            key if key.starts_with("TEST_") => {}
            _ => return Err(wrong("is not a setting of Wardesk")),
        }
        Ok(())
    }

    fn mail(&mut self) -> &mut Mail {
        self.mail.get_or_insert_default()
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.mail.as_ref().map_or(Ok(()), Mail::check)?;
        self.sms.as_ref().map_or(Ok(()), Sms::check)?;
        let https = self.public_url.as_deref().is_none_or(|url| {
            url.starts_with("https://") || url.starts_with("http://localhost") || url.starts_with("http://127.0.0.1")
        });
        if !https {
            return Err(ConfigError::Conflict(
                "public_url must begin with https:// (http:// is for localhost only)",
            ));
        }
        if self.organisation.trim().is_empty() || self.organisation.chars().count() > 100 {
            return Err(ConfigError::Conflict("organisation must be 1 to 100 characters"));
        }
        let is_word = |word: &String| (3..=64).contains(&word.trim().chars().count());
        if self.password_words.len() > 500 || !self.password_words.iter().all(is_word) {
            return Err(ConfigError::Conflict(
                "password_words has at most 500 words of 3 to 64 characters",
            ));
        }
        Ok(())
    }

    /// Whether the listener may speak plain HTTP: on loopback, without a certificate.
    pub fn plain_http(&self) -> bool {
        self.tls.is_none()
            && self.listen.ip().is_loopback()
            && !self
                .public_url
                .as_deref()
                .is_some_and(|url| url.starts_with("https://"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_passwords_must_not_be_made_of_have_bounds() {
        let words = |list: &str| load(&format!("password_words = [{list}]"), &[]);
        assert_eq!(words("\"Old Town\"").unwrap().password_words, ["Old Town"]);
        assert!(words("\"ab\"").is_err());
        assert!(words(&format!("\"{}\"", "x".repeat(65))).is_err());
        assert!(words(&"\"word\",".repeat(501)).is_err());
    }

    fn load(toml: &str, environment: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let folder = std::env::temp_dir().join(format!(
            "wd-config-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("wardesk.toml");
        fs::write(&path, toml).unwrap();
        let loaded = Settings::load(
            Some(&path),
            environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        fs::remove_dir_all(&folder).unwrap();
        loaded
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        let error = load("listen = \"127.0.0.1:1\"\nlisten_adress = \"x\"\n", &[]).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    #[test]
    fn an_unknown_variable_is_refused() {
        assert!(matches!(
            load("", &[("WARDESK_LISTN", "x")]),
            Err(ConfigError::Environment { .. })
        ));
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let settings = load(
            "organisation = \"File\"",
            &[("WARDESK_ORGANISATION", "Environment"), ("HOME", "/root")],
        )
        .unwrap();
        assert_eq!(settings.organisation, "Environment");
    }

    #[test]
    fn a_secret_can_come_from_a_file_and_does_not_print() {
        let file = std::env::temp_dir().join(format!("wd-secret-{}", std::process::id()));
        fs::write(&file, "hunter2\n").unwrap();
        let settings = load(&format!("passphrase = {{ file = {file:?} }}"), &[]).unwrap();
        assert_eq!(settings.passphrase.unwrap().read().unwrap().expose(), "hunter2");
        assert!(!format!("{:?}", load("passphrase = \"hunter2\"", &[]).unwrap()).contains("hunter2"));
        fs::remove_file(file).unwrap();
    }

    #[test]
    fn the_environment_can_name_the_mail_server() {
        let file = std::env::temp_dir().join(format!("wd-mail-secret-{}", std::process::id()));
        fs::write(&file, "hunter2\n").unwrap();
        let settings = load(
            "[mail]\nfrom = \"wardesk@example.org\"\nserver = \"smtp.example.org:587\"",
            &[
                ("WARDESK_MAIL_SERVER", "smtp.example.com:465"),
                ("WARDESK_MAIL_SECURITY", "tls"),
                ("WARDESK_MAIL_USER", "wardesk"),
                ("WARDESK_MAIL_PASSWORD_FILE", file.to_str().unwrap()),
            ],
        )
        .unwrap();
        let mail = settings.mail.unwrap();
        assert_eq!(mail.from, "wardesk@example.org");
        assert_eq!(mail.host_and_port().unwrap(), ("smtp.example.com".into(), 465));
        assert_eq!(mail.security, MailSecurity::Tls);
        assert_eq!(mail.password.as_ref().unwrap().read().unwrap().expose(), "hunter2");
        assert!(!format!("{mail:?}").contains("hunter2"));
        assert!(load("", &[("WARDESK_MAIL_SECURITY", "ssl")]).is_err());
        assert!(load("", &[("WARDESK_MAIL_USER", "wardesk")]).is_err());
        fs::remove_file(file).unwrap();
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        assert!(load("", &[]).unwrap().plain_http());
        assert!(!load("listen = \"0.0.0.0:443\"", &[]).unwrap().plain_http());
        assert!(load("public_url = \"http://desk.example.org\"", &[]).is_err());
    }

    #[test]
    fn the_sample_is_valid_and_says_what_is_built_in() {
        let settings = load(crate::sample(), &[]).unwrap();
        assert_eq!(settings.listen, Settings::default().listen);
        assert_eq!(settings.log, Settings::default().log);
        for paragraph in crate::sample().split("\n\n") {
            let examples = paragraph
                .lines()
                .filter_map(|line| line.strip_prefix("# "))
                .filter(|line| line.contains(" = ") || line.starts_with('['));
            // The lines of a section belong together; elsewhere each is an example of its own.
            let (section, lines): (Vec<&str>, Vec<&str>) = examples.partition(|_| paragraph.contains("# ["));
            for example in lines.into_iter().map(str::to_owned).chain([section.join("\n")]) {
                load(&example, &[]).unwrap_or_else(|error| panic!("{example}: {error}"));
            }
        }
    }
}
