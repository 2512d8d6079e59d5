//! The HTTP interface that Twilio made common (2010-04-01).

use async_trait::async_trait;
use reqwest::Client;
use serde::Deserialize;
use url::Url;
use wd_config::{ConfigError, SmsTwilio};
use wd_kernel::SecretString;

use super::{Fate, Parcel, Taken, Way, http};
use crate::{SetupError, Trouble};

pub(super) struct Twilio {
    client: Client,
    /// `…/Accounts/{account}`
    account: Url,
    user: String,
    token: SecretString,
    from: String,
}

/// A message as the interface shows it: what we read of it.
#[derive(Deserialize)]
struct Message {
    sid: String,
    status: String,
}

impl Twilio {
    pub(super) fn open(settings: &SmsTwilio) -> Result<Self, SetupError> {
        let wrong = || ConfigError::Conflict("url of a driver of the kind twilio is not an address");
        let mut account = Url::parse(&settings.url).map_err(|_| wrong())?;
        account
            .path_segments_mut()
            .map_err(|()| wrong())?
            .pop_if_empty()
            .extend(["2010-04-01", "Accounts", &settings.account]);
        Ok(Self {
            client: http::client(&account, settings.ca.as_deref())?,
            account,
            user: settings.user.as_ref().unwrap_or(&settings.account).clone(),
            token: settings.token.read()?,
            from: settings.from.clone(),
        })
    }

    fn at(&self, segments: &[&str]) -> Result<Url, Trouble> {
        let mut url = self.account.clone();
        url.path_segments_mut().map_err(|()| Trouble::Answer)?.extend(segments);
        Ok(url)
    }
}

#[async_trait]
impl Way for Twilio {
    async fn submit(&self, parcel: &Parcel<'_>) -> Result<Taken, Trouble> {
        let life = parcel.life.as_secs().max(1).to_string();
        let sender = if self.from.starts_with("MG") {
            "MessagingServiceSid"
        } else {
            "From"
        };
        let form = [
            ("To", parcel.to.expose()),
            (sender, &self.from),
            ("Body", parcel.text),
            ("ValidityPeriod", &life),
        ];
        let request = self
            .client
            .post(self.at(&["Messages.json"])?)
            .basic_auth(&self.user, Some(self.token.expose()))
            .form(&form);
        let body = http::ask(request).await?;
        let message: Message = serde_json::from_slice(&body).map_err(|_| Trouble::Answer)?;
        if fate(&message.status) == Some(Fate::Undelivered) {
            return Err(Trouble::Refused);
        }
        Ok(Taken {
            reference: Some(message.sid),
        })
    }

    async fn ask(&self, reference: &str) -> Result<Option<Fate>, Trouble> {
        let request = self
            .client
            .get(self.at(&["Messages", &format!("{reference}.json")])?)
            .basic_auth(&self.user, Some(self.token.expose()));
        let body = http::ask(request).await?;
        let message: Message = serde_json::from_slice(&body).map_err(|_| Trouble::Answer)?;
        if message.sid != reference {
            return Err(Trouble::Answer);
        }
        Ok(fate(&message.status))
    }
}

fn fate(status: &str) -> Option<Fate> {
    match status {
        "delivered" | "read" => Some(Fate::Delivered),
        "undelivered" | "failed" | "canceled" => Some(Fate::Undelivered),
        _ => None,
    }
}
