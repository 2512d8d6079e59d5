use std::collections::{HashMap, HashSet};

use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, CustomerId, Id as _, Page, PageQuery, Scope, StaffId, TeamId};

use super::{Desk, list::reach};
use crate::{
    Case, DeskError,
    permissions::ConversationRead,
    store::{case, colleague, count},
};

impl Desk {
    /// The conversations of a customer for themselves, the newest first; at most 200.
    pub async fn of_customer_in(&self, tx: &mut Tx, customer: CustomerId) -> Result<Vec<Case>, DeskError> {
        let rows = case::of_customer_before(tx, customer, last(), 200).await?;
        rows.into_iter().map(Case::try_from).collect()
    }

    /// A page of a customer's conversations that the acting staff member may read, the newest first.
    pub async fn readable_of_customer_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        page: &PageQuery,
    ) -> Result<Page<Case>, DeskError> {
        // Who may read nothing at all is refused; for others, what they may not read is not there.
        reach(ctx)?;
        let mut before = match &page.after {
            Some(cursor) => cursor.parse().map_err(|_| DeskError::Invalid {
                field: "after",
                message: "not a cursor of this list",
            })?,
            None => last(),
        };
        let wanted = page.limit() + 1;
        let mut cases = Vec::new();
        loop {
            let rows = case::of_customer_before(tx, customer, before, wanted).await?;
            let full = i64::try_from(rows.len()).is_ok_and(|found| found == wanted);
            let found = rows.into_iter().map(Case::try_from).collect::<Result<Vec<_>, _>>()?;
            before = found.last().map_or(before, |case| case.id);
            cases.extend(self.readable_of(tx, ctx, found).await?);
            if !full || cases.len() > usize::try_from(page.limit()).unwrap_or(usize::MAX) {
                return Ok(Page::cut(cases, page.limit(), |case| case.id.to_string()));
            }
        }
    }

    /// Those of the cases that the acting staff member may read.
    async fn readable_of(&self, tx: &mut Tx, ctx: &Ctx, cases: Vec<Case>) -> Result<Vec<Case>, DeskError> {
        let staff = ctx.staff()?.id;
        let mut readable = Readable::new(ctx);
        let hidden: Vec<ConversationId> = cases
            .iter()
            .filter(|case| !readable.is(case.team, case.assignee))
            .map(|case| case.id)
            .collect();
        let let_in: HashSet<ConversationId> = if ctx.holds::<ConversationRead>(Scope::own(staff)) {
            let colleagues = colleague::of_many(tx, &hidden).await?;
            colleagues
                .into_iter()
                .filter(|(_, who)| *who == staff)
                .map(|(id, _)| id)
                .collect()
        } else {
            HashSet::new()
        };
        Ok(cases
            .into_iter()
            .filter(|case| !hidden.contains(&case.id) || let_in.contains(&case.id))
            .collect())
    }

    /// How many conversations of each of these customers the acting staff member may read; who has none is left out.
    pub async fn counts_of_customers_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customers: &[CustomerId],
    ) -> Result<HashMap<CustomerId, i64>, DeskError> {
        let staff = ctx.staff()?.id;
        let mut readable = Readable::new(ctx);
        let mut counts = HashMap::new();
        let mut hidden = false;
        for share in count::of_customers(tx, customers).await? {
            if readable.is(share.team, share.assignee) {
                *counts.entry(share.customer).or_default() += share.cases;
            } else {
                hidden = true;
            }
        }
        if hidden && ctx.holds::<ConversationRead>(Scope::own(staff)) {
            for share in count::of_customers_as_colleague(tx, customers, staff).await? {
                if !readable.is(share.team, share.assignee) {
                    *counts.entry(share.customer).or_default() += share.cases;
                }
            }
        }
        Ok(counts)
    }
}

/// Whether the right to read reaches a case; asked once for cases that are alike.
struct Readable<'a> {
    ctx: &'a Ctx,
    known: HashMap<(TeamId, Option<StaffId>), bool>,
}

impl<'a> Readable<'a> {
    fn new(ctx: &'a Ctx) -> Self {
        Self {
            ctx,
            known: HashMap::new(),
        }
    }

    fn is(&mut self, team: TeamId, assignee: Option<StaffId>) -> bool {
        let ctx = self.ctx;
        *self
            .known
            .entry((team, assignee))
            .or_insert_with(|| ctx.holds::<ConversationRead>(Scope::case(team, assignee)))
    }
}

/// After every id.
fn last() -> ConversationId {
    ConversationId::from_uuid(uuid::Uuid::max())
}
