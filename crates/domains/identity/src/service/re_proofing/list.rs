//! Cases, as those who decide about them see them.

use serde::Serialize;
use utoipa::ToSchema;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Page, PageQuery, ReProofingId, Scope, StaffId, Timestamp};

use super::{Answer, ReProofingError, Somebody, refusal_words};
use crate::{
    Identity, ReProofingReason, ReProofingState,
    model::{Answers, Case, Waits, approval},
    permissions::{StaffReProof, StaffVerifyCaller},
    store::{
        re_proofing::{self, ReProofingRow},
        staff,
    },
};

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReProofing)]
pub struct ReProofingView {
    /// Which one.
    pub id: ReProofingId,
    /// Whose account.
    pub staff: Somebody,
    /// Where it stands.
    pub state: ReProofingState,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// The colleague who asked; none if the person did, after the right password.
    pub requested_by: Option<Somebody>,
    /// Who found out that it is the person.
    pub verified_by: Option<Somebody>,
    /// When the procedure was run.
    pub verified_at: Option<Timestamp>,
    /// What was answered in the procedure.
    pub answers: Vec<Answer>,
    /// Who approved.
    pub approved_by: Vec<Somebody>,
    /// How many must approve.
    pub approvals_needed: i64,
    /// The end of the waiting period.
    pub ready_at: Option<Timestamp>,
    /// When it is over by itself.
    pub expires_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Who ended it.
    pub closed_by: Option<Somebody>,
    /// Why it ended.
    pub reason: Option<ReProofingReason>,
    /// Why who looks cannot approve it, in words; none if they can.
    pub cannot_approve: Option<String>,
}

impl Identity {
    /// A page of cases, the newest first.
    pub async fn re_proofings(&self, ctx: &Ctx, query: &PageQuery) -> Result<Page<ReProofingView>, ReProofingError> {
        ctx.require::<StaffVerifyCaller>(Scope::ORGANISATION)?;
        let after = query.after.as_deref().map(str::parse::<ReProofingId>).transpose();
        let after = after.map_err(|_| ReProofingError::Cursor)?;
        let limit = query.limit();
        let mut tx = self.db.snapshot().await?;
        let rows = re_proofing::before(&mut tx, after, limit + 1).await?;
        let page = Page::cut(rows, limit, |row| row.id.to_string());
        let mut items = Vec::with_capacity(page.items.len());
        for row in page.items {
            items.push(self.view(&mut tx, ctx, row).await?);
        }
        Ok(Page { items, next: page.next })
    }

    pub(super) async fn re_proofing_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: ReProofingId,
    ) -> Result<ReProofingView, ReProofingError> {
        let row = re_proofing::find(tx, id).await?.ok_or(ReProofingError::NotFound)?;
        self.view(tx, ctx, row).await
    }

    async fn view(&self, tx: &mut Tx, ctx: &Ctx, row: ReProofingRow) -> Result<ReProofingView, ReProofingError> {
        let answers = match &row.answers {
            Some(text) => serde_json::from_str::<Answers>(text).map_err(ReProofingError::Text)?,
            None => Answers::new(),
        };
        let answers = answers.into_iter().map(|(step, choice)| Answer { step, choice });
        let mut approved_by = Vec::new();
        for id in [row.first_by, row.second_by].into_iter().flatten() {
            approved_by.push(somebody(tx, id).await?);
        }
        let (approvals_needed, cannot_approve) = self.judged(tx, ctx, &row).await?;
        Ok(ReProofingView {
            id: row.id,
            staff: somebody(tx, row.staff).await?,
            state: row.case().state(ctx.now()),
            requested_at: row.requested_at,
            requested_by: maybe(tx, row.requested_by).await?,
            verified_by: maybe(tx, row.verified_by).await?,
            verified_at: row.verified_at,
            answers: answers.collect(),
            approved_by,
            approvals_needed,
            ready_at: row.ready_at,
            expires_at: row.expires_at,
            closed_at: row.closed_at,
            closed_by: maybe(tx, row.closed_by).await?,
            reason: row.reason,
            cannot_approve,
        })
    }

    /// How many must approve, and why who looks cannot.
    async fn judged(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: &ReProofingRow,
    ) -> Result<(i64, Option<String>), ReProofingError> {
        let me = ctx.staff()?.id;
        let person = self.rights.privilege_of(tx, row.staff).await?;
        let mine = self.rights.privilege_of(tx, me).await?;
        let others = self.other_administrators(tx, row.staff).await?;
        let waits: Waits = re_proofing::waits(tx).await?.0;
        let refusal = approval(&row.case(), (me, &mine), &person, others, waits, ctx.now()).err();
        let why = match refusal {
            Some(refusal) => Some(refusal_words(refusal)),
            None if !ctx.holds::<StaffReProof>(Scope::ORGANISATION) => {
                Some("You do not have the right to approve. An administrator or security officer does.")
            }
            None => None,
        };
        Ok((Case::approvals_needed(&person, others), why.map(str::to_owned)))
    }
}

async fn somebody(tx: &mut Tx, id: StaffId) -> Result<Somebody, DbError> {
    let row = staff::by_id(tx, id).await?;
    Ok(Somebody {
        id,
        name: row.map(|row| row.name).unwrap_or_default(),
    })
}

async fn maybe(tx: &mut Tx, id: Option<StaffId>) -> Result<Option<Somebody>, DbError> {
    match id {
        Some(id) => somebody(tx, id).await.map(Some),
        None => Ok(None),
    }
}
