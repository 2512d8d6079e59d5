//! A customer at the widget's half of the interface.

use reqwest::header::HeaderName;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wd_crypto::Key;
use wd_kernel::{ConversationId, CustomerId, DeviceId, TeamId};
use zeroize::Zeroizing;

use crate::{
    ClientError, Organisation, Server, Socket, Surroundings,
    chat::{Chat, Composed, SavedChat, Side},
    engine::{Acting, Conversation, Device, DeviceKeys, Line, Trust, wire::LogItem},
    http::{Credentials, Http},
    organisation,
    sealed_state::{self, Secret},
};

const CONVERSATIONS: &str = "/api/v1/widget/conversations";
const ROLE: &str = "customer";

/// A customer with one device.
pub struct CustomerClient {
    chat: Chat,
    customer: CustomerId,
    organisation: Organisation,
}

#[derive(Deserialize)]
struct SessionAnswer {
    token: String,
    customer: CustomerId,
}

#[derive(Deserialize)]
struct DeviceAnswer {
    id: DeviceId,
    statement: String,
}

#[derive(Deserialize)]
struct Renewed {
    statement: String,
}

#[derive(Deserialize)]
struct WidgetOrganisation {
    team: TeamId,
}

#[derive(Deserialize)]
struct ConversationList {
    items: Vec<CustomerConversation>,
}

/// A conversation in the customer's list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CustomerConversation {
    /// Its id.
    pub id: ConversationId,
    /// `waiting`, `open` or `closed`.
    pub state: String,
    /// The last item of its log.
    pub seq: i64,
}

#[derive(Serialize, Deserialize)]
struct SavedCustomer {
    token: Secret,
    customer: CustomerId,
    chat: SavedChat,
}

impl CustomerClient {
    /// Comes as an anonymous visitor, with a new device.
    pub async fn visit(server: Server, around: Surroundings) -> Result<Self, ClientError> {
        Self::arrive(server, around, "/api/v1/widget/visitors", &json!({})).await
    }

    /// Comes with the word of the company's site (a signed JWT), with a new device.
    pub async fn identify(server: Server, around: Surroundings, identity_token: &str) -> Result<Self, ClientError> {
        let body = json!({ "identity_token": identity_token });
        Self::arrive(server, around, "/api/v1/widget/identities", &body).await
    }

    async fn arrive(server: Server, around: Surroundings, path: &str, body: &Value) -> Result<Self, ClientError> {
        let http = Http::new(server, Credentials::None)?;
        let mut trust = Trust::new([]);
        let organisation = organisation::fetch(&http, &mut trust).await?;
        let session: SessionAnswer = http.post(path, body).await?;
        http.set_bearer(session.token);
        let keys = DeviceKeys::generate(around.entropy.as_ref())?;
        let answer = enrol(&http, &keys).await?;
        let device = Device::enrolled(keys, &answer.statement, &trust, around.now())?;
        if device.id() != answer.id || device.statement().sub != session.customer.to_string() {
            return Err(crate::engine::Refusal::Statement.into());
        }
        trust.pin_issuer(&device.statement().iss);
        let chat = Chat::new(http, around, device, trust, Side::Customer);
        Ok(Self {
            chat,
            customer: session.customer,
            organisation,
        })
    }

    /// Shows the site's word again when the session is over: customer and device stay. Sockets have to be made anew.
    pub async fn identify_again(&mut self, identity_token: &str) -> Result<(), ClientError> {
        let body = json!({ "identity_token": identity_token });
        let session: SessionAnswer = self.chat.http.post("/api/v1/widget/identities", &body).await?;
        if session.customer != self.customer {
            return Err(crate::engine::Refusal::Statement.into());
        }
        self.chat.http.set_bearer(session.token);
        Ok(())
    }

    /// Asks for a new statement about this device; groups learn it with its next commit there.
    pub async fn renew_statement(&mut self) -> Result<(), ClientError> {
        let path = format!("/api/v1/widget/devices/{}/statement", self.chat.device.id());
        let renewed: Renewed = self.chat.http.post(&path, &json!({})).await?;
        let now = self.chat.around.now();
        Ok(self.chat.device.renew(&renewed.statement, &self.chat.trust, now)?)
    }

    /// Who this is.
    pub const fn customer(&self) -> CustomerId {
        self.customer
    }

    /// This device.
    pub const fn device(&self) -> &Device {
        &self.chat.device
    }

    /// The organisation, with the fingerprint people compare.
    pub const fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// Opens a conversation with a first letter; answers its id.
    pub async fn open(&mut self, text: &str) -> Result<ConversationId, ClientError> {
        let team = self
            .chat
            .http
            .get::<WidgetOrganisation>("/api/v1/widget/organisation")
            .await?
            .team;
        let to = self.chat.team_key(team).await?;
        let id = self.chat.around.id();
        let Chat {
            device, trust, around, ..
        } = &self.chat;
        let acting = Acting {
            device,
            trust,
            entropy: around.entropy.as_ref(),
            now: around.now(),
        };
        let mut view = Conversation::open(id, acting)?;
        let opening = view.opening(Some(text), &to, acting)?;
        self.chat.insert(view);
        if let Err(error) = self.chat.http.post::<Value>(CONVERSATIONS, &opening).await {
            // The client made the id, so asking tells whether it arrived after all.
            if !error.worth_retrying() || self.chat.sync(id).await.is_err() {
                self.chat.forget(id);
                return Err(error);
            }
        }
        self.chat.sync(id).await?;
        Ok(id)
    }

    /// The customer's conversations as the server lists them.
    pub async fn conversations(&mut self) -> Result<Vec<CustomerConversation>, ClientError> {
        Ok(self.chat.http.get::<ConversationList>(CONVERSATIONS).await?.items)
    }

    /// The conversations this device follows.
    pub fn followed(&self) -> Vec<ConversationId> {
        self.chat.ids()
    }

    /// Sends a letter or a message, whichever it is time for; answers its id. Commits open removals first.
    pub async fn send(&mut self, id: ConversationId, text: &str) -> Result<String, ClientError> {
        self.chat.send(id, text).await
    }

    /// Writes a text down as the request that sends it, for tools that send by themselves: what comes of it, this
    /// client reads in the log like everybody else.
    pub fn compose(&mut self, id: ConversationId, text: &str) -> Result<Composed, ClientError> {
        self.chat.compose(id, text)
    }

    /// The header by which the server knows this session, for tools that ask by themselves.
    pub fn session_header(&self) -> Option<(HeaderName, Zeroizing<String>)> {
        self.chat.http.session_header()
    }

    /// Sends again what had no answer.
    pub async fn flush(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.chat.flush(id).await
    }

    /// Reads what is new; answers the new lines.
    pub async fn sync(&mut self, id: ConversationId) -> Result<Vec<Line>, ClientError> {
        self.chat.sync(id).await
    }

    /// Takes an item from the socket.
    pub async fn offer(&mut self, id: ConversationId, item: &LogItem) -> Result<Vec<Line>, ClientError> {
        self.chat.offer(id, item).await
    }

    /// Commits the removals the server asks for.
    pub async fn commit_removals(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.chat.settle(id).await?;
        self.chat.commit_removals(id).await
    }

    /// Renews this device's keys in the group.
    pub async fn update(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.chat.update(id).await
    }

    /// Tells that everything up to this item was read.
    pub async fn read_up_to(&mut self, id: ConversationId, seq: i64) -> Result<(), ClientError> {
        self.chat.receipt(id, seq).await
    }

    /// A conversation as this device sees it.
    pub fn view(&self, id: ConversationId) -> Result<&Conversation, ClientError> {
        self.chat.view(id)
    }

    /// Asks the server for anything as this customer: for tests and tools.
    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.chat.http.get(path).await
    }

    /// A socket for this session.
    pub fn socket(&self) -> Socket {
        let http = &self.chat.http;
        Socket::new(http.server().clone(), http.credentials(), self.chat.around.clone())
    }

    /// Ends the session at the server.
    pub async fn sign_out(self) -> Result<(), ClientError> {
        self.chat.http.delete("/api/v1/widget/session").await
    }

    /// The whole state, sealed under a key that the caller keeps elsewhere.
    pub fn export(&self, key: &Key) -> Result<Vec<u8>, ClientError> {
        let token = match self.chat.http.credentials() {
            Credentials::Bearer(token) => Secret(token),
            _ => Secret::default(),
        };
        let saved = SavedCustomer {
            token,
            customer: self.customer,
            chat: self.chat.save(),
        };
        sealed_state::seal(ROLE, &saved, key, self.chat.around.entropy.as_ref())
    }

    /// Goes on from an exported state. Of two clients with the same state only one may go on.
    pub async fn import(server: Server, around: Surroundings, sealed: &[u8], key: &Key) -> Result<Self, ClientError> {
        let saved: SavedCustomer = sealed_state::open(ROLE, sealed, key)?;
        let http = Http::new(server, Credentials::Bearer(saved.token.0))?;
        let mut chat = Chat::load(http, around, saved.chat, Side::Customer)?;
        let organisation = organisation::fetch(&chat.http, &mut chat.trust).await?;
        Ok(Self {
            chat,
            customer: saved.customer,
            organisation,
        })
    }
}

async fn enrol(http: &Http, keys: &DeviceKeys) -> Result<DeviceAnswer, ClientError> {
    let body = json!({ "mls_key": keys.mls_key(), "hpke_key": keys.hpke().public(), "proof": keys.proof() });
    http.post("/api/v1/widget/devices", &body).await
}
