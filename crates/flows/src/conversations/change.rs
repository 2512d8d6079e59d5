use std::collections::BTreeSet;

use wd_channels::{Appended, Commit, CommitAccepted, ItemKind, Role, Subject};
use wd_db::Tx;
use wd_desk::{Case, State};
use wd_kernel::{Actor, ConversationId, Ctx, StaffId};

use super::{ConversationView, Conversations, ConversationsError};

impl Conversations {
    /// Takes a waiting conversation: the desk assigns it and the group lets the agent's device in, or neither happens.
    pub async fn take(&self, ctx: &Ctx, id: ConversationId, commit: &Commit) -> Result<Appended, ConversationsError> {
        let staff = ctx.staff()?.id;
        let mut tx = self.db.begin().await?;
        let case = self.desk.lock_in(&mut tx, ctx, id).await?;
        if let Some(answer) = self.channels.answered_in(&mut tx, id, &commit.client_id, None).await? {
            tx.commit().await?;
            return Ok(answer);
        }
        let case = self.desk.take_in(&mut tx, ctx, case).await?;
        let accepted = self.commit_for(&mut tx, ctx, &case, commit).await?;
        self.must_be_in(&mut tx, id, staff).await?;
        tx.commit().await?;
        Ok(accepted.appended)
    }

    /// Hands a conversation to a colleague, who enters by the commit; who had it is to be removed.
    pub async fn assign(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        staff: StaffId,
        commit: &Commit,
    ) -> Result<Appended, ConversationsError> {
        let actor = ctx.staff()?.id;
        let mut tx = self.db.begin().await?;
        let before = self.desk.lock_in(&mut tx, ctx, id).await?;
        if let Some(answer) = self.channels.answered_in(&mut tx, id, &commit.client_id, None).await? {
            tx.commit().await?;
            return Ok(answer);
        }
        self.may_be_assigned(&mut tx, &before, staff).await?;
        let former = before.assignee;
        let case = self.desk.assign_in(&mut tx, ctx, before, staff).await?;
        let accepted = self.commit_for(&mut tx, ctx, &case, commit).await?;
        self.must_be_in(&mut tx, id, staff).await?;
        // A commit cannot take out its own sender: for the rest, the server asks.
        let colleagues = self.desk.colleagues_in(&mut tx, id).await?;
        let leaving: BTreeSet<StaffId> = former
            .into_iter()
            .chain([actor])
            .filter(|who| *who != staff && !colleagues.contains(who))
            .collect();
        for who in leaving {
            self.channels
                .ask_removal_of_in(&mut tx, ctx, id, Subject::Staff(who), "handed over")
                .await?;
        }
        tx.commit().await?;
        Ok(accepted.appended)
    }

    /// Any other change of the group: colleagues come and go, own devices, fresh keys, open removals.
    pub async fn commit(&self, ctx: &Ctx, id: ConversationId, commit: &Commit) -> Result<Appended, ConversationsError> {
        let mut tx = self.db.begin().await?;
        let case = self.desk.lock_in(&mut tx, ctx, id).await?;
        if let Some(answer) = self.channels.answered_in(&mut tx, id, &commit.client_id, None).await? {
            tx.commit().await?;
            return Ok(answer);
        }
        let accepted = self.commit_for(&mut tx, ctx, &case, commit).await?;
        tx.commit().await?;
        Ok(accepted.appended)
    }

    /// A colleague leaves; the server asks that their devices be removed.
    pub async fn leave(&self, ctx: &Ctx, id: ConversationId) -> Result<ConversationView, ConversationsError> {
        let staff = ctx.staff()?.id;
        let mut tx = self.db.begin().await?;
        let case = self.desk.lock_in(&mut tx, ctx, id).await?;
        if case.assignee == Some(staff) && case.state == State::Open {
            return Err(ConversationsError::Conflict(
                "who has the conversation gives it back or hands it over",
            ));
        }
        self.desk.colleague_left_in(&mut tx, ctx, &case, staff).await?;
        self.channels
            .ask_removal_of_in(&mut tx, ctx, id, Subject::Staff(staff), "left")
            .await?;
        self.done(tx, ctx, case).await
    }

    /// Back to the queue; the server asks that all staff devices be removed.
    pub async fn release(&self, ctx: &Ctx, id: ConversationId) -> Result<ConversationView, ConversationsError> {
        ctx.staff()?;
        let mut tx = self.db.begin().await?;
        let case = self.desk.lock_in(&mut tx, ctx, id).await?;
        let case = self.desk.release_in(&mut tx, ctx, case).await?;
        self.channels
            .ask_staff_removal_in(&mut tx, ctx, id, "back to the queue")
            .await?;
        self.done(tx, ctx, case).await
    }

    /// Closes a conversation.
    pub async fn close(&self, ctx: &Ctx, id: ConversationId) -> Result<ConversationView, ConversationsError> {
        ctx.staff()?;
        let mut tx = self.db.begin().await?;
        let case = self.desk.lock_in(&mut tx, ctx, id).await?;
        let case = self.desk.close_in(&mut tx, ctx, case).await?;
        self.channels.mark_in(&mut tx, ctx, id, ItemKind::Closed).await?;
        self.done(tx, ctx, case).await
    }

    /// Opens a closed conversation again.
    pub async fn reopen(&self, ctx: &Ctx, id: ConversationId) -> Result<ConversationView, ConversationsError> {
        ctx.staff()?;
        let mut tx = self.db.begin().await?;
        let case = self.desk.lock_in(&mut tx, ctx, id).await?;
        let case = self.desk.reopen_in(&mut tx, ctx, case).await?;
        self.channels.mark_in(&mut tx, ctx, id, ItemKind::Reopened).await?;
        self.done(tx, ctx, case).await
    }

    async fn done(&self, mut tx: Tx, ctx: &Ctx, case: Case) -> Result<ConversationView, ConversationsError> {
        let view = self.view_in(&mut tx, ctx, case).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// Whoever may have cases of this team may be given one.
    pub(super) async fn may_be_assigned(
        &self,
        tx: &mut Tx,
        case: &Case,
        staff: StaffId,
    ) -> Result<(), ConversationsError> {
        if self.teams.teams(tx, staff).await?.contains(&case.team) {
            Ok(())
        } else {
            Err(ConversationsError::Invalid {
                field: "staff",
                message: "they are not in the conversation's team",
            })
        }
    }

    /// Commits, and keeps the desk's list of colleagues true. Nobody enters as agent but the one the desk says.
    async fn commit_for(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        case: &Case,
        commit: &Commit,
    ) -> Result<CommitAccepted, ConversationsError> {
        let accepted = self.channels.commit_in(tx, ctx, case.id, commit).await?;
        for (staff, grant) in accepted.staff_joined() {
            match grant.role {
                Role::Agent if case.assignee == Some(staff) => {}
                Role::Agent => {
                    return Err(ConversationsError::Conflict(
                        "who enters as agent takes the conversation or is given it",
                    ));
                }
                Role::Colleague | Role::Customer => self.desk.colleague_joined_in(tx, ctx, case, staff).await?,
            }
        }
        let gone: BTreeSet<StaffId> = accepted.removed.iter().filter_map(|(_, owner)| owner.staff()).collect();
        for staff in gone {
            if self
                .channels
                .member_devices_in(tx, case.id, Subject::Staff(staff))
                .await?
                .is_empty()
            {
                self.desk.colleague_left_in(tx, &system_of(ctx), case, staff).await?;
            }
        }
        Ok(accepted)
    }

    async fn must_be_in(&self, tx: &mut Tx, id: ConversationId, staff: StaffId) -> Result<(), ConversationsError> {
        if self
            .channels
            .staying_devices_in(tx, id, Subject::Staff(staff))
            .await?
            .is_empty()
        {
            return Err(ConversationsError::Invalid {
                field: "commit",
                message: "it does not let a device of the agent in",
            });
        }
        Ok(())
    }
}

/// What follows from a customer's commit is not the customer's doing.
fn system_of(ctx: &Ctx) -> Ctx {
    if ctx.actor.staff().is_some() {
        ctx.clone()
    } else {
        ctx.acting_as(Actor::System("conversations"))
    }
}
