use serde::Serialize;
use wd_channels::{Appended, HandOver, NewConversation, OpenedConversation, Subject, TeamKey};
use wd_desk::State;
use wd_kernel::{ConversationId, Ctx, Denied, DeviceId, Timestamp};

use super::{Conversations, ConversationsError};

/// A conversation as its customer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(super) struct WidgetConversation {
    /// Its id.
    pub(super) id: ConversationId,
    /// Where it stands.
    pub(super) state: State,
    /// The number of its newest item.
    pub(super) seq: i64,
    /// When it began.
    pub(super) opened_at: Timestamp,
}

impl Conversations {
    /// A customer begins a conversation with the team the settings name.
    pub async fn open(&self, ctx: &Ctx, new: &NewConversation) -> Result<OpenedConversation, ConversationsError> {
        let customer = ctx.actor.customer().ok_or(Denied::Unauthenticated)?;
        let mut tx = self.db.begin().await?;
        let team = self.desk.settings_in(&mut tx).await?.widget_team;
        let team = team.ok_or(ConversationsError::Conflict(
            "no team takes conversations from the widget",
        ))?;
        let opened = self.channels.open_in(&mut tx, ctx, team, new).await?;
        if !opened.repeated {
            self.desk
                .open_in(&mut tx, ctx, opened.conversation, team, customer)
                .await?;
        }
        tx.commit().await?;
        Ok(opened)
    }

    /// The conversations of the acting customer, the newest first.
    pub(super) async fn of_customer(&self, ctx: &Ctx) -> Result<Vec<WidgetConversation>, ConversationsError> {
        let customer = ctx.actor.customer().ok_or(Denied::Unauthenticated)?;
        let mut tx = self.db.snapshot().await?;
        let cases = self.desk.of_customer_in(&mut tx, customer).await?;
        let ids: Vec<ConversationId> = cases.iter().map(|case| case.id).collect();
        let positions = self
            .channels
            .positions_in(&mut tx, Subject::Customer(customer), &ids)
            .await?;
        let seq = |id| {
            positions
                .iter()
                .find(|position| position.conversation == id)
                .map_or(0, |position| position.seq)
        };
        Ok(cases
            .into_iter()
            .map(|case| WidgetConversation {
                id: case.id,
                state: case.state,
                seq: seq(case.id),
                opened_at: case.opened_at,
            })
            .collect())
    }

    /// A customer's device hands the keys of earlier epochs to another one of the same customer.
    pub async fn hand_over(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        keys: &HandOver,
    ) -> Result<Appended, ConversationsError> {
        let mut tx = self.db.begin().await?;
        self.desk.lock_in(&mut tx, ctx, id).await?;
        let appended = self.channels.hand_over_in(&mut tx, ctx, id, keys).await?;
        tx.commit().await?;
        Ok(appended)
    }

    /// A customer takes a device of their own out of everything; sessions but the asking one end.
    pub async fn remove_widget_device(
        &self,
        ctx: &Ctx,
        device: DeviceId,
        session: &str,
    ) -> Result<(), ConversationsError> {
        let customer = ctx.actor.customer().ok_or(Denied::Unauthenticated)?;
        let mut tx = self.db.begin().await?;
        self.channels.revoke_own_in(&mut tx, ctx, device).await?;
        self.sessions.end_others(&mut tx, ctx, customer, session).await?;
        Ok(tx.commit().await?)
    }

    /// The key that customers seal to.
    pub async fn widget_team_key(&self, ctx: &Ctx) -> Result<TeamKey, ConversationsError> {
        ctx.actor.customer().ok_or(Denied::Unauthenticated)?;
        let mut tx = self.db.snapshot().await?;
        let team = self
            .desk
            .settings_in(&mut tx)
            .await?
            .widget_team
            .ok_or(ConversationsError::NotFound)?;
        self.channels
            .newest_team_key_in(&mut tx, team)
            .await?
            .ok_or(ConversationsError::NotFound)
    }
}
