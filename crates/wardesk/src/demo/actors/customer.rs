//! A scripted customer.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::{sync::watch, time::sleep};
use tracing::warn;
use wd_client::{
    ClientError, CustomerClient, Frame,
    engine::{Kind, Phase, What},
};
use wd_kernel::ConversationId;

use super::{Keeper, SiteKey, until};
use crate::demo::{Scene, installation::Installation, stories::Story};

/// How long somebody thinks and types.
const BEFORE_ANSWERING: Duration = Duration::from_secs(4);
/// How long a customer waits before trying to come back.
const COME_AGAIN: Duration = Duration::from_secs(60);
/// A statement that ends within this time is renewed.
const RENEW_BEFORE: i64 = 7 * 24 * 3600;

/// One customer with one conversation.
pub(in crate::demo) struct Customer {
    client: CustomerClient,
    conversation: ConversationId,
    story: &'static Story,
    site: Arc<SiteKey>,
    keeper: Keeper,
}

/// Why a customer's socket was left.
enum Left {
    Stopped,
    SessionOver,
}

impl Customer {
    /// Comes with the shop's word and writes the first letter.
    pub(in crate::demo) async fn arrive(
        scene: &Scene,
        installation: &Installation,
        site: &Arc<SiteKey>,
        story: &'static Story,
    ) -> Result<Self, ClientError> {
        let token = site.vouch(story.customer)?;
        let mut client = CustomerClient::identify(scene.server.clone(), scene.around.clone(), &token).await?;
        let canary = story.bird.map(|bird| installation.canary(bird)).unwrap_or_default();
        let conversation = client.open(&story.letter.replace("{canary}", &canary)).await?;
        let keeper = Keeper::new(scene, installation, story.customer);
        Ok(Self {
            client,
            conversation,
            story,
            site: site.clone(),
            keeper,
        })
    }

    /// Goes on where the last start ended.
    pub(in crate::demo) async fn resume(
        scene: &Scene,
        installation: &Installation,
        site: &Arc<SiteKey>,
        story: &'static Story,
    ) -> anyhow::Result<Self> {
        let keeper = Keeper::new(scene, installation, story.customer);
        let sealed = keeper.load()?;
        let mut client =
            CustomerClient::import(scene.server.clone(), scene.around.clone(), &sealed, &keeper.key).await?;
        // The session may have ended since; the shop vouches anew.
        client.identify_again(&site.vouch(story.customer)?).await?;
        if client.device().statement().exp - scene.around.clock.now().seconds() < RENEW_BEFORE {
            client.renew_statement().await?;
        }
        let conversation = client
            .followed()
            .into_iter()
            .next()
            .context("there is no conversation")?;
        client.sync(conversation).await?;
        Ok(Self {
            client,
            conversation,
            story,
            site: site.clone(),
            keeper,
        })
    }

    pub(in crate::demo) const fn conversation(&self) -> ConversationId {
        self.conversation
    }

    pub(in crate::demo) fn save(&self) {
        self.keeper.keep(self.client.export(&self.keeper.key));
    }

    /// Reads, and answers if it is this customer's turn.
    pub(in crate::demo) async fn answer(&mut self) -> Result<(), ClientError> {
        self.client.sync(self.conversation).await?;
        if let Some(reply) = self.due()? {
            self.client.send(self.conversation, reply).await?;
        }
        Ok(())
    }

    /// What is to be said to the team's last message.
    fn due(&self) -> Result<Option<&'static str>, ClientError> {
        let view = self.client.view(self.conversation)?;
        let from = view.lines().iter().rev().find_map(|line| match &line.what {
            What::Text { from, .. } => Some(from.kind),
            _ => None,
        });
        if view.phase() != Phase::Open || from != Some(Kind::Staff) {
            return Ok(None);
        }
        let said = view.texts();
        Ok(self.story.replies.iter().copied().find(|reply| !said.contains(reply)))
    }

    /// The reminder, if nobody has answered and it was not sent yet.
    fn reminder(&self) -> Option<&'static str> {
        let view = self.client.view(self.conversation).ok()?;
        let (_, text) = self.story.reminder?;
        (view.phase() == Phase::Waiting && !view.texts().contains(&text)).then_some(text)
    }

    pub(in crate::demo) async fn live(mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            let left = self.attend(&mut stopped).await;
            self.save();
            if matches!(left, Left::Stopped) || !self.come_back(&mut stopped).await {
                return;
            }
        }
    }

    /// Listens until the session or the demo is over.
    async fn attend(&mut self, stopped: &mut watch::Receiver<bool>) -> Left {
        let mut socket = self.client.socket();
        let patience = self
            .story
            .reminder
            .map_or(Duration::MAX, |(seconds, _)| Duration::from_secs(seconds));
        let mut reminder = std::pin::pin!(sleep(patience));
        let mut reminded = self.reminder().is_none();
        loop {
            let heard = tokio::select! {
                () = until(stopped) => return Left::Stopped,
                () = &mut reminder, if !reminded => {
                    reminded = true;
                    self.remind().await
                }
                frame = socket.next() => match frame {
                    None | Some(Frame::Ended) => return Left::SessionOver,
                    Some(Frame::Ready) => self.client.sync(self.conversation).await.map(drop),
                    Some(Frame::Item { conversation, item }) if conversation == self.conversation => {
                        self.client.offer(conversation, &item).await.map(drop)
                    }
                    Some(_) => continue,
                },
            };
            let acted = match heard {
                Ok(()) => self.react(&mut socket, stopped).await,
                failed => failed,
            };
            if let Err(error) = acted {
                if error.is(&["unauthenticated"]) {
                    return Left::SessionOver;
                }
                warn!(%error, customer = self.story.customer, "a scripted customer could not go on; the next message wakes them");
            }
            self.save();
        }
    }

    /// Lets the shop vouch again, for as long as it takes. False when the demo stops.
    async fn come_back(&mut self, stopped: &mut watch::Receiver<bool>) -> bool {
        loop {
            let again = match self.site.vouch(self.story.customer) {
                Ok(token) => self.client.identify_again(&token).await,
                Err(error) => Err(error),
            };
            match again {
                Ok(()) => return true,
                Err(error) => warn!(%error, customer = self.story.customer, "a scripted customer cannot come back yet"),
            }
            tokio::select! {
                () = until(stopped) => return false,
                () = sleep(COME_AGAIN) => {}
            }
        }
    }

    async fn remind(&mut self) -> Result<(), ClientError> {
        match self.reminder() {
            Some(text) => self.client.send(self.conversation, text).await.map(drop),
            None => Ok(()),
        }
    }

    /// Reads what came, and answers after a moment.
    async fn react(
        &mut self,
        socket: &mut wd_client::Socket,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<(), ClientError> {
        let seen = self.client.view(self.conversation)?.cursor();
        self.client.read_up_to(self.conversation, seen).await?;
        if self.due()?.is_none() {
            return Ok(());
        }
        socket.typing(self.conversation).await?;
        tokio::select! {
            () = until(stopped) => return Ok(()),
            () = sleep(BEFORE_ANSWERING) => {}
        }
        self.answer().await
    }
}
