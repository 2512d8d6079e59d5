use std::{collections::BTreeMap, net::IpAddr, path::PathBuf};

use serde::Deserialize;
use url::{Host, Url};

use crate::{ConfigError, Secret};

/// Outgoing text messages: who delivers them, where they may go, and what may be spent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sms {
    /// Beginnings of numbers, in digits without `+`, to which messages may go: `["49", "43"]`. Nothing goes elsewhere.
    pub countries: Vec<String>,
    /// Longer beginnings of them to which none may go: `["1876"]`.
    pub except: Vec<String>,
    /// In what the costs are counted: a word for screens.
    pub currency: String,
    /// What one message costs, in thousandths of the currency.
    pub cost: u32,
    /// What may be spent within an hour, in thousandths of the currency.
    pub spend_per_hour: u32,
    /// What may be spent within a day, in thousandths of the currency.
    pub spend_per_day: u32,
    /// How much of what may be spent customers may use, in percent (1 to 100): the rest is for staff, who sign in by it.
    pub customers_share: u8,
    /// How many messages a number may have within an hour. Notices that its owner is to be warned by have a limit of their
    /// own, here and below.
    pub number_per_hour: u32,
    /// How many messages a number may have within a day.
    pub number_per_day: u32,
    /// How many messages one network address may ask for within an hour.
    pub address_per_hour: u32,
    /// How many messages one network address may ask for within a day.
    pub address_per_day: u32,
    /// Who delivers, in the order in which they are asked.
    pub drivers: Vec<SmsDriver>,
}

/// A way to somebody who delivers text messages.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum SmsDriver {
    /// The HTTP interface that Twilio made common.
    Twilio(SmsTwilio),
    /// Any HTTP interface that takes a message as parameters.
    Http(SmsHttp),
    /// SMPP 3.4.
    Smpp(SmsSmpp),
}

/// A driver for `POST /2010-04-01/Accounts/{account}/Messages.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsTwilio {
    /// How screens and logs call it.
    pub name: String,
    /// Where the interface is; unset: `https://api.twilio.com`.
    #[serde(default = "twilio")]
    pub url: String,
    /// The account (`AC…`).
    pub account: String,
    /// Who signs in, if that is a key (`SK…`) and not the account.
    pub user: Option<String>,
    /// The secret that goes with it.
    pub token: Secret,
    /// Whom messages are from: a number, a name, or a messaging service (`MG…`).
    pub from: String,
    /// Certificates (PEM) of the only authorities that may vouch for the server; unset: the public ones.
    pub ca: Option<PathBuf>,
}

/// A driver for any HTTP interface. In parameters, `{number}` is the number with `+`, `{digits}` without, and `{text}`
/// the text; `{coding}` is `0` for a text in the default alphabet of GSM and `2` for one in UCS-2 (GSM 03.38), and
/// `{minutes}` how long the text is of use.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsHttp {
    /// How screens and logs call it.
    pub name: String,
    /// Where to ask.
    pub url: String,
    /// How to ask.
    #[serde(default)]
    pub method: SmsMethod,
    /// What is asked.
    pub parameters: BTreeMap<String, String>,
    /// Parameters whose values are secrets, taken as they are.
    #[serde(default)]
    pub secrets: BTreeMap<String, Secret>,
    /// The header `Authorization`, whole.
    pub authorization: Option<Secret>,
    /// With what the answer to a message that was taken begins; unset: any answer of 2xx is one.
    pub success: Option<String>,
    /// Certificates (PEM) of the only authorities that may vouch for the server; unset: the public ones.
    pub ca: Option<PathBuf>,
}

/// How an HTTP interface is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsMethod {
    /// Parameters in the body, as a form.
    #[default]
    Form,
    /// Parameters in the body, as a JSON object.
    Json,
    /// Parameters in headers, and the text as the body: `text/plain` in UTF-8.
    Headers,
    /// Parameters in the address. Servers write addresses into logs: only where nothing else is offered.
    Get,
}

/// A driver for SMPP 3.4.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsSmpp {
    /// How screens and logs call it.
    pub name: String,
    /// HOST:PORT.
    pub server: String,
    /// How the connection is protected.
    #[serde(default)]
    pub security: SmsSecurity,
    /// The name to bind with (`system_id`, at most 15 characters).
    pub user: String,
    /// The password that goes with it (at most 8 characters by the standard).
    pub password: Secret,
    /// Whom messages are from: a number or a name.
    pub from: String,
    /// How many messages may be on their way without an answer.
    #[serde(default = "window")]
    pub window: u16,
    /// Certificates (PEM) of the only authorities that may vouch for the server; unset: the public ones.
    pub ca: Option<PathBuf>,
}

/// How a connection to an SMPP server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsSecurity {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// In clear. For a server on this machine only, such as the end of a tunnel.
    None,
}

impl Default for Sms {
    fn default() -> Self {
        Self {
            countries: Vec::new(),
            except: Vec::new(),
            currency: "EUR".into(),
            cost: 80,
            spend_per_hour: 5_000,
            spend_per_day: 25_000,
            customers_share: 50,
            number_per_hour: 5,
            number_per_day: 10,
            address_per_hour: 10,
            address_per_day: 30,
            drivers: Vec::new(),
        }
    }
}

impl SmsDriver {
    /// How screens and logs call it.
    pub fn name(&self) -> &str {
        match self {
            Self::Twilio(driver) => &driver.name,
            Self::Http(driver) => &driver.name,
            Self::Smpp(driver) => &driver.name,
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        if !is_short_word(self.name(), 40) {
            return Err(ConfigError::Conflict(
                "the name of a driver under [[sms.drivers]] is 1 to 40 letters, digits, '-', '_' or '.'",
            ));
        }
        match self {
            Self::Twilio(driver) => {
                check_url(&driver.url)?;
                let named = is_short_word(&driver.account, 64) && !driver.from.is_empty();
                named.then_some(()).ok_or(ConfigError::Conflict(
                    "a driver of the kind twilio needs account and from under [[sms.drivers]]",
                ))
            }
            Self::Http(driver) => driver.check(),
            Self::Smpp(driver) => driver.check(),
        }
    }
}

impl SmsHttp {
    fn check(&self) -> Result<(), ConfigError> {
        check_url(&self.url)?;
        let says = |what: &str| self.parameters.values().any(|value| value.contains(what));
        if !(says("{number}") || says("{digits}")) || says("{text}") == (self.method == SmsMethod::Headers) {
            return Err(ConfigError::Conflict(
                "the parameters of a driver of the kind http must hold {number} or {digits}, and {text}; with method = \"headers\" the body is the text, so they must not hold {text}",
            ));
        }
        let names = || self.parameters.keys().chain(self.secrets.keys());
        if self.method == SmsMethod::Headers
            && !(names().all(|name| is_header_of_theirs(name))
                && self.parameters.values().all(|value| is_visible(value)))
        {
            return Err(ConfigError::Conflict(
                "with method = \"headers\" the parameters of a driver of the kind http have names of letters, digits and '-' that HTTP gives no meaning, as in X-Kannel-To, and values in ASCII",
            ));
        }
        Ok(())
    }
}

impl SmsSmpp {
    /// The server's name or address, and its port.
    pub fn host_and_port(&self) -> Result<(String, u16), ConfigError> {
        crate::mail::split_host_and_port(&self.server).ok_or(ConfigError::Conflict(
            "server of a driver of the kind smpp must be HOST:PORT, as in smpp.example.org:3550",
        ))
    }

    fn check(&self) -> Result<(), ConfigError> {
        let (host, _) = self.host_and_port()?;
        let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if self.security == SmsSecurity::None && !here {
            return Err(ConfigError::Conflict(
                "security = \"none\" of a driver of the kind smpp is for a server on this machine only: codes and the password would cross the network in clear; set \"tls\"",
            ));
        }
        let fits = |text: &str, longest| !text.is_empty() && text.len() <= longest && text.is_ascii();
        if !fits(&self.user, 15) || !fits(&self.from, 20) || self.window == 0 {
            return Err(ConfigError::Conflict(
                "a driver of the kind smpp needs user (at most 15 characters), from (at most 20), and a window of at least 1",
            ));
        }
        Ok(())
    }
}

impl Sms {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let is_beginning = |text: &String| {
            (1..=14).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0')
        };
        if self.countries.is_empty() || !self.countries.iter().chain(&self.except).all(is_beginning) {
            return Err(ConfigError::Conflict(
                "sms.countries must name at least one beginning of numbers in digits, as in [\"49\"]; sms.except is of the same form",
            ));
        }
        if self.drivers.is_empty() {
            return Err(ConfigError::Conflict("[sms] needs at least one [[sms.drivers]]"));
        }
        if self.currency.is_empty() || self.currency.chars().count() > 12 {
            return Err(ConfigError::Conflict("sms.currency is 1 to 12 characters, as in EUR"));
        }
        let limits = [
            self.number_per_hour,
            self.number_per_day,
            self.address_per_hour,
            self.address_per_day,
        ];
        if self.cost == 0 || self.spend_per_hour < self.cost || self.spend_per_day < self.cost || limits.contains(&0) {
            return Err(ConfigError::Conflict(
                "the limits under [sms] must let at least one message go, and sms.cost must be more than nothing",
            ));
        }
        if !(1..=100).contains(&self.customers_share) {
            return Err(ConfigError::Conflict("sms.customers_share is 1 to 100 percent"));
        }
        let share = |all: u32| u64::from(all) * u64::from(self.customers_share) / 100;
        if share(self.spend_per_hour.min(self.spend_per_day)) < self.cost.into() {
            return Err(ConfigError::Conflict(
                "sms.customers_share must let at least one message go to customers",
            ));
        }
        for (at, driver) in self.drivers.iter().enumerate() {
            driver.check()?;
            if self.drivers.iter().take(at).any(|other| other.name() == driver.name()) {
                return Err(ConfigError::Conflict(
                    "two drivers under [[sms.drivers]] have the same name",
                ));
            }
        }
        Ok(())
    }
}

fn check_url(text: &str) -> Result<(), ConfigError> {
    let wrong = ConfigError::Conflict(
        "url of a driver under [[sms.drivers]] must begin with https:// (http:// is for this machine only), and hold no user, password or fragment",
    );
    let Ok(url) = Url::parse(text) else { return Err(wrong) };
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(wrong),
    };
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let protected = url.scheme() == "https" || (url.scheme() == "http" && here);
    (bare && protected).then_some(()).ok_or(wrong)
}

fn is_short_word(text: &str, longest: usize) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= longest && text.bytes().all(is_part)
}

/// A header that is the interface's own: one of HTTP would change how the request is read.
fn is_header_of_theirs(name: &str) -> bool {
    const OF_HTTP: [&str; 10] = [
        "accept-encoding",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "transfer-encoding",
        "upgrade",
    ];
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    !name.is_empty() && name.bytes().all(is_part) && !OF_HTTP.iter().any(|other| other.eq_ignore_ascii_case(name))
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
}

fn twilio() -> String {
    "https://api.twilio.com".into()
}

const fn window() -> u16 {
    10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    fn load(toml: &str) -> Result<Sms, String> {
        let settings: Settings = toml::from_str(toml).map_err(|error| error.to_string())?;
        settings.check().map_err(|error| error.to_string())?;
        Ok(settings.sms.unwrap())
    }

    fn with(driver: &str) -> String {
        format!("[sms]\ncountries = [\"49\"]\n[[sms.drivers]]\nname = \"main\"\n{driver}")
    }

    fn twilio(url: &str) -> String {
        with(&format!(
            "kind = \"twilio\"\nurl = \"{url}\"\naccount = \"AC1\"\ntoken = \"a token of the test\"\nfrom = \"Wardesk\""
        ))
    }

    fn smpp(server: &str, security: &str) -> String {
        with(&format!(
            "kind = \"smpp\"\nserver = \"{server}\"\nsecurity = \"{security}\"\nuser = \"u\"\npassword = \"secret-x\"\nfrom = \"Wardesk\""
        ))
    }

    #[test]
    fn http_in_clear_is_for_this_machine_only() {
        for url in [
            "https://sms.example.org",
            "http://127.0.0.1:1",
            "http://localhost:1/x",
            "http://[::1]:1",
        ] {
            assert!(load(&twilio(url)).is_ok(), "{url}");
        }
        for url in [
            "http://sms.example.org",
            "http://localhost.example.org",
            "http://localhost:x@example.org",
            "https://user:secret@sms.example.org",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "sms.example.org",
        ] {
            assert!(load(&twilio(url)).unwrap_err().contains("https://"), "{url}");
        }
    }

    #[test]
    fn customers_have_a_share_between_one_message_and_all() {
        let share = |percent: u32| format!("[sms]\ncustomers_share = {percent}");
        for (percent, fine) in [
            (0, false),
            (1, false),
            (2, true),
            (100, true),
            (101, false),
            (300, false),
        ] {
            let text = twilio("https://sms.example.org").replace("[sms]", &share(percent));
            assert_eq!(load(&text).is_ok(), fine, "{percent}");
        }
    }

    #[test]
    fn smpp_in_clear_is_for_this_machine_only() {
        assert!(load(&smpp("127.0.0.1:2775", "none")).is_ok());
        assert!(load(&smpp("smpp.example.org:3550", "tls")).is_ok());
        assert!(
            load(&smpp("smpp.example.org:2775", "none"))
                .unwrap_err()
                .contains("this machine only")
        );
        assert!(
            load(&smpp("smpp.example.org", "tls"))
                .unwrap_err()
                .contains("HOST:PORT")
        );
    }

    #[test]
    fn an_http_driver_must_say_number_and_text() {
        let http = |parameters: &str| {
            with(&format!(
                "kind = \"http\"\nurl = \"https://sms.example.org/send\"\nparameters = {parameters}"
            ))
        };
        assert!(load(&http("{ to = \"{digits}\", body = \"{text}\" }")).is_ok());
        assert!(load(&http("{ to = \"{digits}\" }")).is_err());
        assert!(load(&http("{ body = \"{text}\" }")).is_err());
    }

    #[test]
    fn headers_are_the_interfaces_own_and_the_text_is_no_header() {
        let http = |parameters: &str| {
            with(&format!(
                "kind = \"http\"\nurl = \"https://sms.example.org/send\"\nmethod = \"headers\"\nparameters = {parameters}"
            ))
        };
        assert!(load(&http("{ X-To = \"{number}\", X-Coding = \"{coding}\" }")).is_ok());
        for parameters in [
            "{ X-From = \"Wardesk\" }",
            "{ X-To = \"{number}\", X-Text = \"{text}\" }",
            "{ X-To = \"{number}\", Content-Length = \"5\" }",
            "{ X-To = \"{number}\", transfer-encoding = \"chunked\" }",
            "{ X-To = \"{number}\", \"X-From: a\" = \"b\" }",
            "{ X-To = \"{number}\", X-From = \"W\\r\\nX-To: 1\" }",
            "{ X-To = \"{number}\" }\nsecrets = { Host = \"a secret\" }",
        ] {
            assert!(load(&http(parameters)).is_err(), "{parameters}");
        }
    }

    #[test]
    fn without_countries_drivers_or_limits_there_are_no_messages() {
        assert!(
            load("[sms]\ncountries = [\"49\"]")
                .unwrap_err()
                .contains("[[sms.drivers]]")
        );
        let whole = smpp("127.0.0.1:2775", "none");
        for (good, bad) in [
            ("[\"49\"]", "[]"),
            ("[\"49\"]", "[\"+49\"]"),
            ("[\"49\"]", "[\"049\"]"),
            ("[\"49\"]", "[\"49\"]\ncost = 0"),
            ("[\"49\"]", "[\"49\"]\nspend_per_day = 1"),
            ("[\"49\"]", "[\"49\"]\nnumber_per_hour = 0"),
            ("[\"49\"]", "[\"49\"]\nnumber_per_hours = 1"),
            ("user = \"u\"", "user = \"a name that is too long\""),
            ("user = \"u\"", "user = \"u\"\nusers = 1"),
        ] {
            assert!(load(&whole.replace(good, bad)).is_err(), "{bad}");
        }
        let second = whole.split_once("[[").unwrap().1;
        assert!(load(&format!("{whole}\n[[{second}")).unwrap_err().contains("same name"));
    }

    #[test]
    fn a_secret_of_a_driver_does_not_print() {
        let sms = load(&twilio("https://sms.example.org")).unwrap();
        assert!(!format!("{sms:?}").contains("a token of the test"));
        let sms = load(&smpp("127.0.0.1:2775", "none")).unwrap();
        assert!(!format!("{sms:?}").contains("secret-x"));
    }
}
