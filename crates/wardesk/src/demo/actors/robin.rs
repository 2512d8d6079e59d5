//! The scripted colleague: always there, so that the team's keys reach new devices.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use tokio::{sync::watch, time};
use tracing::{info, warn};
use wd_client::{
    ClientError, Frame, Server, Socket, StaffClient, Surroundings, View,
    engine::{Conversation, Kind, What},
};
use wd_kernel::{ConversationId, Timestamp};

use super::{Keeper, until};
use crate::demo::{
    Scene,
    http::Demo,
    installation::{Account, Installation},
    stories::{Story, robin_to_a_stranger},
};

const LOGIN: &str = "robin";
/// How long an answer takes to write. Meanwhile Robin goes on listening: new devices wait for keys.
const WRITING: Duration = Duration::from_secs(5);
const BEAT: Duration = Duration::from_millis(500);
/// How often Robin looks after the keys without being called.
const KEYS_EVERY: Duration = Duration::from_secs(30);
/// How long Robin waits after a failed sign-in.
const SIGN_IN_AGAIN: Duration = Duration::from_secs(35);
/// A statement that ends within this time is renewed.
const RENEW_BEFORE: i64 = 3 * 24 * 3600;

/// A team lead who is a program.
pub(in crate::demo) struct Robin {
    client: StaffClient,
    account: Account,
    server: Server,
    around: Surroundings,
    keeper: Keeper,
    demo: Demo,
    /// What is being written, and when it will be sent.
    writing: BTreeMap<ConversationId, Timestamp>,
}

/// Why Robin's socket was left.
enum Left {
    Stopped,
    SessionOver,
}

impl Robin {
    /// A Robin who is signed in and has a device.
    pub(in crate::demo) fn new(scene: &Scene, installation: &Installation, client: StaffClient) -> Self {
        let account = installation.account(LOGIN).cloned().unwrap_or_else(|| Account {
            login: LOGIN.into(),
            name: String::new(),
            password: String::new(),
            totp_secret: String::new(),
        });
        Self {
            client,
            account,
            server: scene.server.clone(),
            around: scene.around.clone(),
            keeper: Keeper::new(scene, installation, LOGIN),
            demo: scene.demo.clone(),
            writing: BTreeMap::new(),
        }
    }

    /// Signs in and goes on with the device of the last start.
    pub(in crate::demo) async fn resume(scene: &Scene, installation: &Installation) -> anyhow::Result<Self> {
        let keeper = Keeper::new(scene, installation, LOGIN);
        let account = installation.account(LOGIN).context("there is no account")?;
        let sealed = keeper.load()?;
        let client = sign_in(&scene.server, &scene.around, account, &sealed, &keeper).await?;
        let mut robin = Self::new(scene, installation, client);
        let left = robin.client.device()?.statement().exp - robin.around.clock.now().seconds();
        if left < RENEW_BEFORE {
            robin.client.renew_statement().await?;
        }
        robin.client.tend_team_keys().await?;
        robin.save();
        Ok(robin)
    }

    pub(in crate::demo) fn save(&self) {
        self.keeper.keep(self.client.export(&self.keeper.key));
    }

    pub(in crate::demo) async fn take(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.client.take(id).await
    }

    /// Reads, and answers if it is Robin's turn.
    pub(in crate::demo) async fn answer(&mut self, id: ConversationId) -> Result<(), ClientError> {
        self.client.read(id).await?;
        if let Some(text) = self.due(id)? {
            self.client.send(id, &text).await?;
        }
        Ok(())
    }

    /// Reads to the end, says so, and closes the conversation if the story does.
    pub(in crate::demo) async fn settle(&mut self, id: ConversationId, close: bool) -> Result<(), ClientError> {
        self.client.read(id).await?;
        let seen = self.client.view(id)?.cursor();
        self.client.read_up_to(id, seen).await?;
        if close { self.client.close(id).await } else { Ok(()) }
    }

    fn due(&self, id: ConversationId) -> Result<Option<String>, ClientError> {
        let view = self.client.view(id)?;
        Ok(due(view, &self.client.me().id.to_string()))
    }

    pub(in crate::demo) async fn live(mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            self.demo.robin_is_there(true);
            let left = self.attend(&mut stopped).await;
            self.demo.robin_is_there(false);
            self.save();
            if matches!(left, Left::Stopped) || !self.come_back(&mut stopped).await {
                return;
            }
        }
    }

    /// Listens until the session or the demo is over.
    async fn attend(&mut self, stopped: &mut watch::Receiver<bool>) -> Left {
        let mut socket = self.client.socket();
        let mut keys = time::interval(KEYS_EVERY);
        let mut beat = time::interval(BEAT);
        loop {
            let acted = tokio::select! {
                () = until(stopped) => return Left::Stopped,
                _ = keys.tick() => self.client.tend_team_keys().await.map(drop),
                _ = beat.tick() => match self.write().await {
                    Ok(false) => continue,
                    written => written.map(drop),
                },
                frame = socket.next() => match frame {
                    None | Some(Frame::Ended) => return Left::SessionOver,
                    Some(Frame::TeamKey { .. }) => self.client.tend_team_keys().await.map(drop),
                    Some(Frame::Ready | Frame::Item { .. } | Frame::Inbox { .. }) => self.look(&mut socket).await,
                    Some(_) => continue,
                },
            };
            if let Err(error) = acted {
                if error.is(&["unauthenticated"]) {
                    return Left::SessionOver;
                }
                warn!(%error, "the scripted colleague could not go on; the next event wakes them");
            }
            self.save();
        }
    }

    /// Reads the own conversations, and begins to write where it is due.
    async fn look(&mut self, socket: &mut Socket) -> Result<(), ClientError> {
        for row in self.client.inbox(View::Mine, None).await?.items {
            let known = self.client.view(row.id).map_or(0, Conversation::cursor);
            if row.state != "open" || (row.seq <= known && self.due(row.id)?.is_none()) {
                continue;
            }
            self.client.read(row.id).await?;
            let seen = self.client.view(row.id)?.cursor();
            self.client.read_up_to(row.id, seen).await?;
            if self.due(row.id)?.is_some() && !self.writing.contains_key(&row.id) {
                socket.typing(row.id).await?;
                self.writing.insert(row.id, self.around.clock.now() + WRITING);
            }
        }
        Ok(())
    }

    /// Sends what had time enough to be written; whether there was anything.
    async fn write(&mut self) -> Result<bool, ClientError> {
        let now = self.around.clock.now();
        let ready: Vec<_> = self
            .writing
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in &ready {
            self.writing.remove(id);
            self.answer(*id).await?;
        }
        Ok(!ready.is_empty())
    }

    /// Signs in again, for as long as it takes. False when the demo stops.
    async fn come_back(&mut self, stopped: &mut watch::Receiver<bool>) -> bool {
        info!("the session of the scripted colleague is over; signing in again");
        loop {
            let again = async {
                let sealed = self.keeper.load()?;
                sign_in(&self.server, &self.around, &self.account, &sealed, &self.keeper).await
            };
            match again.await {
                Ok(client) => {
                    self.client = client;
                    return true;
                }
                Err(error) => warn!(error = format!("{error:#}"), "the scripted colleague cannot sign in"),
            }
            tokio::select! {
                () = until(stopped) => return false,
                () = time::sleep(SIGN_IN_AGAIN) => {}
            }
        }
    }
}

/// Signs in with the kept device. Tried twice: a start soon after another finds its codes used.
async fn sign_in(
    server: &Server,
    around: &Surroundings,
    account: &Account,
    sealed: &[u8],
    keeper: &Keeper,
) -> anyhow::Result<StaffClient> {
    let attempt = || {
        StaffClient::resume(
            server.clone(),
            around.clone(),
            &account.login,
            &account.password,
            sealed,
            &keeper.key,
        )
    };
    match attempt().await {
        Err(error) if error.is(&["unauthenticated", "rate-limited"]) => {
            time::sleep(SIGN_IN_AGAIN).await;
            Ok(attempt().await?)
        }
        other => Ok(other?),
    }
}

/// What Robin is to say now.
fn due(view: &Conversation, me: &str) -> Option<String> {
    let texts: Vec<_> = view
        .lines()
        .iter()
        .filter_map(|line| match &line.what {
            What::Text { from, body, .. } => Some((from, body.as_str())),
            _ => None,
        })
        .collect();
    let own = texts.iter().filter(|(from, _)| from.subject == me).count();
    let asked = texts.last().is_some_and(|(from, _)| from.kind == Kind::Customer);
    let (_, letter) = texts.first()?;
    match Story::of(letter).filter(|story| !story.robin.is_empty()) {
        Some(story) if asked => story.robin.get(own).map(|text| (*text).to_owned()),
        None if asked || own == 0 => robin_to_a_stranger(texts.len() - own, own),
        _ => None,
    }
}
