//! A staff member at the console's half of the interface.

mod desk;
mod keys;
mod session;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wd_crypto::Key;
use wd_kernel::DeviceId;
use zeroize::Zeroizing;

use crate::{
    ClientError, Codes, Organisation, Server, Socket, Surroundings,
    chat::{Chat, SavedChat, Side},
    engine::{Device, DeviceKeys, Refusal, SavedTeamKey, TeamRing, Trust},
    http::{Credentials, Http},
    organisation,
    sealed_state::{self, Secret},
};

pub use desk::{Inbox, InboxRow, Somebody, View};
pub use keys::{Note, NoteAnswer};
pub use session::{Me, SessionState, Team};

const ROLE: &str = "staff";

/// A signed-in staff member, with a device once [`enrol`](Self::enrol) was called.
pub struct StaffClient {
    http: Http,
    pub(crate) around: Surroundings,
    codes: Codes,
    me: Me,
    organisation: Organisation,
    pub(crate) trust: Trust,
    pub(crate) chat: Option<Chat>,
    pub(crate) ring: TeamRing,
}

#[derive(Deserialize)]
struct Enrolled {
    id: DeviceId,
    statement: String,
}

#[derive(Deserialize)]
struct Renewed {
    statement: String,
}

#[derive(Deserialize)]
struct Pool {
    available: u64,
}

#[derive(Serialize, Deserialize)]
struct SavedStaff {
    totp_secret: Secret,
    chat: SavedChat,
    ring: Vec<SavedTeamKey>,
}

impl StaffClient {
    /// Signs in with password and one-time code. May wait up to half a minute for an unused code.
    pub async fn sign_in(
        server: Server,
        around: Surroundings,
        login: &str,
        password: &str,
        totp_secret: &str,
    ) -> Result<Self, ClientError> {
        let http = Http::new(server, Credentials::None)?;
        let mut codes = Codes::new(totp_secret)?;
        let me = session::sign_in(&http, &around, login, password, &mut codes).await?;
        Self::start(http, around, codes, me).await
    }

    /// Sets up the account behind an invitation's token, with one-time codes as the second factor.
    /// Answers the client, the codes' secret and the recovery codes.
    pub async fn accept_invitation(
        server: Server,
        around: Surroundings,
        token: &str,
        password: &str,
    ) -> Result<(Self, String, Vec<String>), ClientError> {
        let http = Http::new(server, Credentials::None)?;
        let (me, codes, recovery) = session::accept(&http, &around, token, password).await?;
        let secret = codes.secret().to_owned();
        Ok((Self::start(http, around, codes, me).await?, secret, recovery))
    }

    async fn start(http: Http, around: Surroundings, codes: Codes, me: Me) -> Result<Self, ClientError> {
        let mut trust = Trust::new([]);
        let organisation = organisation::fetch(&http, &mut trust).await?;
        let ring = TeamRing::default();
        Ok(Self {
            http,
            around,
            codes,
            me,
            organisation,
            trust,
            chat: None,
            ring,
        })
    }

    /// Who this is.
    pub const fn me(&self) -> &Me {
        &self.me
    }

    /// The organisation, with the fingerprint people compare.
    pub const fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// This device.
    pub fn device(&self) -> Result<&Device, ClientError> {
        Ok(&self.chat()?.device)
    }

    /// Shows the second factor again, for what needs it fresh. May wait for an unused code.
    pub async fn step_up(&mut self) -> Result<(), ClientError> {
        session::step_up(&self.http, &self.around, &mut self.codes).await
    }

    /// Asks the server anything as this staff member: for administration in tests and tools. Steps up when asked to.
    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Value, ClientError> {
        match self.http.post(path, body).await {
            Err(error) if error.is(&["step-up-required"]) => {
                self.step_up().await?;
                self.http.post(path, body).await
            }
            answer => answer,
        }
    }

    /// Replaces anything as this staff member. Steps up when asked to.
    pub async fn put(&mut self, path: &str, body: &Value) -> Result<Value, ClientError> {
        match self.http.put(path, body).await {
            Err(error) if error.is(&["step-up-required"]) => {
                self.step_up().await?;
                self.http.put(path, body).await
            }
            answer => answer,
        }
    }

    /// Asks the server for anything as this staff member.
    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.http.get(path).await
    }

    /// Makes this client a device: keys, the organisation's statement, key packages, and the teams' keys.
    pub async fn enrol(&mut self, name: &str, key_packages: usize) -> Result<(), ClientError> {
        let keys = DeviceKeys::generate(self.around.entropy.as_ref())?;
        let body = json!({
            "name": name, "mls_key": keys.mls_key(), "hpke_key": keys.hpke().public(), "proof": keys.proof(),
        });
        let answer = self.post("/api/v1/devices", &body).await?;
        let answer: Enrolled = serde_json::from_value(answer).map_err(|source| ClientError::Answer {
            path: "/api/v1/devices".into(),
            source,
        })?;
        let device = Device::enrolled(keys, &answer.statement, &self.trust, self.around.now())?;
        if device.id() != answer.id || device.statement().sub != self.me.id.to_string() {
            return Err(Refusal::Statement.into());
        }
        self.trust.pin_issuer(&device.statement().iss);
        self.chat = Some(Chat::new(
            self.http.clone(),
            self.around.clone(),
            device,
            self.trust.clone(),
            Side::Staff,
        ));
        self.ring = TeamRing::default();
        self.upload_key_packages(key_packages, true).await?;
        self.tend_team_keys().await.map(drop)
    }

    /// Adds key packages to the server's pool, at most 100 a call; answers how many wait there.
    pub async fn upload_key_packages(&mut self, count: usize, last_resort: bool) -> Result<u64, ClientError> {
        let now = self.around.now();
        let chat = self.chat_mut()?;
        let packages = (0..count)
            .map(|_| chat.device.key_package(now))
            .collect::<Result<Vec<_>, _>>()?;
        let mut body = json!({ "key_packages": packages });
        if let (Value::Object(body), true) = (&mut body, last_resort) {
            body.insert("last_resort".into(), json!(chat.device.last_resort(now)?));
        }
        let path = format!("/api/v1/devices/{}/key-packages", chat.device.id());
        Ok(chat.ask::<Pool>(&path, &body).await?.available)
    }

    /// Asks for a new statement about this device; groups learn it with its next commit there.
    pub async fn renew_statement(&mut self) -> Result<(), ClientError> {
        let path = format!("/api/v1/devices/{}/statement", self.device()?.id());
        let answer = self.post(&path, &json!({})).await?;
        let renewed: Renewed = serde_json::from_value(answer).map_err(|source| ClientError::Answer {
            path: path.clone(),
            source,
        })?;
        let now = self.around.now();
        let chat = self.chat.as_mut().ok_or(ClientError::NoDevice)?;
        Ok(chat.device.renew(&renewed.statement, &chat.trust, now)?)
    }

    /// A socket for this session.
    pub fn socket(&self) -> Socket {
        Socket::new(self.http.server().clone(), self.http.credentials(), self.around.clone())
    }

    /// Ends the session at the server.
    pub async fn sign_out(self) -> Result<(), ClientError> {
        self.http.delete("/api/v1/session").await
    }

    /// The device with its keys and conversations, sealed under a key that the caller keeps elsewhere. The session is
    /// not in it: [`resume`](Self::resume) signs in again.
    pub fn export(&self, key: &Key) -> Result<Vec<u8>, ClientError> {
        let totp_secret = Secret(Zeroizing::new(self.codes.secret().to_owned()));
        let saved = SavedStaff {
            totp_secret,
            chat: self.chat()?.save(),
            ring: self.ring.save(),
        };
        sealed_state::seal(ROLE, &saved, key, self.around.entropy.as_ref())
    }

    /// Signs in and goes on with an exported device. Of two clients with the same state only one may go on.
    pub async fn resume(
        server: Server,
        around: Surroundings,
        login: &str,
        password: &str,
        sealed: &[u8],
        key: &Key,
    ) -> Result<Self, ClientError> {
        let saved: SavedStaff = sealed_state::open(ROLE, sealed, key)?;
        let mut client = Self::sign_in(server, around, login, password, &saved.totp_secret.0).await?;
        let mut chat = Chat::load(client.http.clone(), client.around.clone(), saved.chat, Side::Staff)?;
        client.organisation = organisation::fetch(&chat.http, &mut chat.trust).await?;
        client.trust = chat.trust.clone();
        client.chat = Some(chat);
        client.ring = TeamRing::load(&saved.ring)?;
        Ok(client)
    }

    pub(crate) fn chat(&self) -> Result<&Chat, ClientError> {
        self.chat.as_ref().ok_or(ClientError::NoDevice)
    }

    pub(crate) fn chat_mut(&mut self) -> Result<&mut Chat, ClientError> {
        self.chat.as_mut().ok_or(ClientError::NoDevice)
    }
}
