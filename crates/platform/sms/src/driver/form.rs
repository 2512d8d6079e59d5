//! Any HTTP interface that takes a message as parameters.

use std::collections::BTreeMap;

use async_trait::async_trait;
use reqwest::{
    Client,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use url::Url;
use wd_config::{ConfigError, SmsHttp, SmsMethod};
use wd_kernel::SecretString;

use super::{Parcel, Taken, Way, http};
use crate::{
    SetupError, Trouble,
    text::{Encoded, encode},
};

pub(super) struct Form {
    client: Client,
    url: Url,
    method: SmsMethod,
    parameters: BTreeMap<String, String>,
    secrets: BTreeMap<String, SecretString>,
    authorization: Option<HeaderValue>,
    success: Option<String>,
}

impl Form {
    pub(super) fn open(settings: &SmsHttp) -> Result<Self, SetupError> {
        let url = Url::parse(&settings.url)
            .map_err(|_| ConfigError::Conflict("url of a driver of the kind http is not an address"))?;
        let mut secrets = BTreeMap::new();
        for (name, secret) in &settings.secrets {
            let secret = secret.read()?;
            if settings.method == SmsMethod::Headers {
                header(secret.expose()).ok_or(SetupError::Secret)?;
            }
            secrets.insert(name.clone(), secret);
        }
        let authorization = match &settings.authorization {
            None => None,
            Some(secret) => {
                let mut value = HeaderValue::from_str(secret.read()?.expose()).map_err(|_| SetupError::Secret)?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        Ok(Self {
            client: http::client(&url, settings.ca.as_deref())?,
            url,
            method: settings.method,
            parameters: settings.parameters.clone(),
            secrets,
            authorization,
            success: settings.success.clone(),
        })
    }

    fn filled(&self, parcel: &Parcel<'_>) -> BTreeMap<&str, String> {
        let clear = self
            .parameters
            .iter()
            .map(|(name, value)| (name.as_str(), fill(value, parcel)));
        let secret = self
            .secrets
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose().to_owned()));
        clear.chain(secret).collect()
    }
}

#[async_trait]
impl Way for Form {
    async fn submit(&self, parcel: &Parcel<'_>) -> Result<Taken, Trouble> {
        let parameters = self.filled(parcel);
        let url = self.url.clone();
        let mut request = match self.method {
            SmsMethod::Form => self.client.post(url).form(&parameters),
            SmsMethod::Json => self.client.post(url).json(&parameters),
            SmsMethod::Headers => {
                let request = self.client.post(url).header(CONTENT_TYPE, "text/plain; charset=UTF-8");
                let mut request = request.body(parcel.text.to_owned());
                for (name, value) in parameters {
                    request = request.header(name, header(&value).ok_or(Trouble::Unreadable)?);
                }
                request
            }
            SmsMethod::Get => self.client.get(url).query(&parameters),
        };
        if let Some(value) = &self.authorization {
            request = request.header(AUTHORIZATION, value.clone());
        }
        let body = http::ask(request).await?;
        let begins = |with: &String| String::from_utf8_lossy(&body).trim_start().starts_with(with.as_str());
        if self.success.as_ref().is_none_or(begins) {
            return Ok(Taken { reference: None });
        }
        // It answered, and not with what stands for a message that was taken.
        Err(Trouble::Refused)
    }
}

/// A value that no log of ours shows.
fn header(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The text comes last: what looks like a place in it is none.
fn fill(template: &str, parcel: &Parcel<'_>) -> String {
    // The data coding schemes of GSM 03.38, as interfaces count them.
    let coding = match encode(parcel.text) {
        Some(Encoded::Ucs2(_)) => "2",
        Some(Encoded::Gsm(_)) | None => "0",
    };
    // Never longer than it is of use, but no less than what can be said.
    let minutes = (parcel.life.as_secs() / 60).max(1);
    template
        .replace("{number}", parcel.to.expose())
        .replace("{digits}", parcel.to.digits())
        .replace("{coding}", coding)
        .replace("{minutes}", &minutes.to_string())
        .replace("{text}", parcel.text)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn filled(template: &str, text: &str, seconds: u64) -> String {
        let to = "+4915123456789".parse().unwrap();
        let life = Duration::from_secs(seconds);
        fill(template, &Parcel { to: &to, text, life })
    }

    #[test]
    fn what_looks_like_a_place_in_a_text_is_none() {
        assert_eq!(
            filled("{digits}: {text}", "{number} {coding} {text}", 1),
            "4915123456789: {number} {coding} {text}"
        );
    }

    #[test]
    fn the_coding_is_that_of_the_text_and_the_minutes_are_whole() {
        assert_eq!(filled("{coding} {minutes}", "Code: 123456 ü €", 600), "0 10");
        assert_eq!(filled("{coding} {minutes}", "Kód 123456 ž", 599), "2 9");
        assert_eq!(filled("{minutes}", "123456", 5), "1");
    }

    #[test]
    fn a_value_that_would_end_its_header_is_none() {
        assert!(header("a secret").is_some_and(|value| value.is_sensitive()));
        assert!(header("a\r\nX-To: 1").is_none());
    }
}
