//! Any HTTP interface that takes a message as parameters.

use std::collections::BTreeMap;

use async_trait::async_trait;
use reqwest::{
    Client,
    header::{AUTHORIZATION, HeaderValue},
};
use url::Url;
use wd_config::{ConfigError, SmsHttp, SmsMethod};
use wd_kernel::SecretString;

use super::{Parcel, Taken, Way, http};
use crate::{SetupError, Trouble};

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
            secrets.insert(name.clone(), secret.read()?);
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

/// The text comes last: what looks like a place in it is none.
fn fill(template: &str, parcel: &Parcel<'_>) -> String {
    template
        .replace("{number}", parcel.to.expose())
        .replace("{digits}", parcel.to.digits())
        .replace("{text}", parcel.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_place_in_a_text_is_none() {
        let to = "+4915123456789".parse().unwrap();
        let parcel = Parcel {
            to: &to,
            text: "{number} {text}",
            life: std::time::Duration::from_secs(1),
        };
        assert_eq!(fill("{digits}: {text}", &parcel), "4915123456789: {number} {text}");
    }
}
