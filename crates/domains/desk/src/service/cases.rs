use std::collections::HashMap;

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, CustomerId, Permission, Scope, StaffId, TeamId};

use super::{
    Desk,
    sight::{Answer, by_case},
};
use crate::{
    Case, CaseChanged, DeskError, LastFrom, State,
    permissions::{ConversationAssign, ConversationClose, ConversationTake},
    store::{
        case::{self, CaseRow},
        colleague,
    },
};

impl Desk {
    /// A case that the actor may see, or [`DeskError::NotFound`].
    pub async fn find_in(&self, tx: &mut Tx, ctx: &Ctx, id: ConversationId) -> Result<Case, DeskError> {
        let row = case::find(tx, id).await?;
        self.readable(tx, ctx, row).await
    }

    /// The same, and nobody else changes it until the transaction ends.
    pub async fn lock_in(&self, tx: &mut Tx, ctx: &Ctx, id: ConversationId) -> Result<Case, DeskError> {
        let row = if let Some(customer) = ctx.actor.customer() {
            case::lock_own(tx, id, customer).await?
        } else {
            self.find_in(tx, ctx, id).await?;
            case::lock(tx, id).await?
        };
        self.readable(tx, ctx, row).await
    }

    async fn readable(&self, tx: &mut Tx, ctx: &Ctx, row: Option<CaseRow>) -> Result<Case, DeskError> {
        let case = Case::try_from(row.ok_or(DeskError::NotFound)?)?;
        let sees = match by_case(ctx, case.customer, case.scope()) {
            Answer::Yes => true,
            Answer::No => false,
            Answer::IfColleague(staff) => colleague::all(tx, case.id).await?.contains(&staff),
        };
        if sees { Ok(case) } else { Err(DeskError::NotFound) }
    }

    /// A customer begins a conversation.
    pub async fn open_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: ConversationId,
        team: TeamId,
        customer: CustomerId,
    ) -> Result<Case, DeskError> {
        let case = Case::open(id, team, customer, ctx.now());
        case::insert(tx, &case).await?;
        tx.emit(ctx, &CaseChanged { conversation: id }).await?;
        Ok(case)
    }

    /// The acting staff member takes a waiting conversation.
    pub async fn take_in(&self, tx: &mut Tx, ctx: &Ctx, case: Case) -> Result<Case, DeskError> {
        ctx.require::<ConversationTake>(case.scope())?;
        let staff = ctx.staff()?.id;
        self.keep(
            tx,
            ctx,
            case.take(staff)?,
            Entry::done("conversation.taken").detail("staff", staff.to_string()),
        )
        .await
    }

    /// Hands a conversation to somebody.
    pub async fn assign_in(&self, tx: &mut Tx, ctx: &Ctx, case: Case, staff: StaffId) -> Result<Case, DeskError> {
        ctx.require::<ConversationAssign>(case.scope())?;
        let case = case.assign(staff)?;
        colleague::remove(tx, case.id, staff).await?;
        self.keep(
            tx,
            ctx,
            case,
            Entry::done("conversation.assigned").detail("staff", staff.to_string()),
        )
        .await
    }

    /// Puts a conversation back into the queue: who has it may, and who may hand it over.
    pub async fn release_in(&self, tx: &mut Tx, ctx: &Ctx, case: Case) -> Result<Case, DeskError> {
        if case.assignee == Some(ctx.staff()?.id) {
            ctx.require::<ConversationTake>(case.scope())?;
        } else {
            ctx.require::<ConversationAssign>(case.scope())?;
        }
        colleague::clear(tx, case.id).await?;
        self.keep(tx, ctx, case.release(ctx.now())?, Entry::done("conversation.released"))
            .await
    }

    /// Closes a conversation.
    pub async fn close_in(&self, tx: &mut Tx, ctx: &Ctx, case: Case) -> Result<Case, DeskError> {
        ctx.require::<ConversationClose>(case.scope())?;
        self.keep(tx, ctx, case.close(ctx.now())?, Entry::done("conversation.closed"))
            .await
    }

    /// Opens a closed conversation again. A customer does it by writing.
    pub async fn reopen_in(&self, tx: &mut Tx, ctx: &Ctx, case: Case) -> Result<Case, DeskError> {
        if ctx.actor.customer() != Some(case.customer) {
            ctx.require::<ConversationClose>(case.scope())?;
        }
        self.keep(tx, ctx, case.reopen(ctx.now())?, Entry::done("conversation.reopened"))
            .await
    }

    /// Somebody wrote.
    pub async fn touch_in(&self, tx: &mut Tx, ctx: &Ctx, case: Case) -> Result<Case, DeskError> {
        let from = if ctx.actor.customer().is_some() {
            LastFrom::Customer
        } else {
            LastFrom::Staff
        };
        let case = case.touched(from, ctx.now());
        case::touch(tx, &case).await?;
        tx.emit(ctx, &CaseChanged { conversation: case.id }).await?;
        Ok(case)
    }

    /// The right `P` in a case; a colleague who was let in has it as in a case of their own.
    pub async fn require_in<P: Permission>(&self, tx: &mut Tx, ctx: &Ctx, case: &Case) -> Result<(), DeskError> {
        let staff = ctx.staff()?.id;
        if !ctx.holds::<P>(case.scope())
            && ctx.holds::<P>(Scope::own(staff))
            && colleague::all(tx, case.id).await?.contains(&staff)
        {
            return Ok(ctx.require::<P>(Scope::own(staff)).map(drop)?);
        }
        Ok(ctx.require::<P>(case.scope()).map(drop)?)
    }

    /// A staff member left: what they worked on goes back to the queue, and they are nobody's colleague any more.
    pub async fn left_in(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), DeskError> {
        for row in case::open_of_assignee(tx, staff).await? {
            let case = Case::try_from(row)?.release(ctx.now())?;
            self.keep(
                tx,
                ctx,
                case,
                Entry::done("conversation.released").detail("left", staff.to_string()),
            )
            .await?;
        }
        for conversation in colleague::of_staff(tx, staff).await? {
            colleague::remove(tx, conversation, staff).await?;
            tx.emit(ctx, &CaseChanged { conversation }).await?;
        }
        Ok(())
    }

    async fn keep(&self, tx: &mut Tx, ctx: &Ctx, case: Case, entry: Entry) -> Result<Case, DeskError> {
        case::update(tx, &case).await?;
        self.changed(tx, ctx, case.id, entry).await?;
        Ok(case)
    }

    async fn changed(&self, tx: &mut Tx, ctx: &Ctx, id: ConversationId, entry: Entry) -> Result<(), DeskError> {
        tx.emit(ctx, &CaseChanged { conversation: id }).await?;
        tx.audit(ctx, entry.target(id)).await?;
        Ok(())
    }

    /// The colleagues in a conversation.
    pub async fn colleagues_in(&self, tx: &mut Tx, id: ConversationId) -> Result<Vec<StaffId>, DeskError> {
        Ok(colleague::all(tx, id).await?)
    }

    /// Who else of the staff is in each of many conversations; those with nobody else are left out.
    pub async fn colleagues_of_many_in(
        &self,
        tx: &mut Tx,
        ids: &[ConversationId],
    ) -> Result<HashMap<ConversationId, Vec<StaffId>>, DeskError> {
        let mut colleagues: HashMap<_, Vec<_>> = HashMap::new();
        for (conversation, staff) in colleague::of_many(tx, ids).await? {
            colleagues.entry(conversation).or_default().push(staff);
        }
        Ok(colleagues)
    }

    /// Somebody came in as a colleague; that they may was checked when the grant was given.
    pub async fn colleague_joined_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        case: &Case,
        staff: StaffId,
    ) -> Result<(), DeskError> {
        if case.assignee != Some(staff) && colleague::add(tx, case.id, staff, case.state == State::Open).await? {
            let entry = Entry::done("conversation.colleague_joined").detail("staff", staff.to_string());
            self.changed(tx, ctx, case.id, entry).await?;
        }
        Ok(())
    }

    /// A colleague is no longer in the conversation.
    pub async fn colleague_left_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        case: &Case,
        staff: StaffId,
    ) -> Result<(), DeskError> {
        if colleague::remove(tx, case.id, staff).await? {
            let entry = Entry::done("conversation.colleague_left").detail("staff", staff.to_string());
            self.changed(tx, ctx, case.id, entry).await?;
        }
        Ok(())
    }
}
