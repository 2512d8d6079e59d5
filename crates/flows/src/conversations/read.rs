use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use wd_channels::{GroupView, LogPage, Note, Receipt, SealedHistoryKey, SealedNoteKey, Subject};
use wd_db::Tx;
use wd_desk::{
    Case, LastFrom, State, View,
    permissions::{ConversationHistory, ConversationNote},
};
use wd_kernel::{ConversationId, Ctx, CustomerId, DeviceId, Page, PageQuery, StaffId, TeamId, Timestamp};

use super::{Conversations, ConversationsError};

/// The customer of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CustomerRef {
    /// Who.
    pub id: CustomerId,
    /// The shown name.
    pub name: Option<String>,
    /// Whether the name was verified.
    pub verified: bool,
}

/// A staff member by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StaffRef {
    /// Who.
    pub id: StaffId,
    /// The shown name.
    pub name: String,
}

/// A conversation as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Conversation)]
pub struct ConversationView {
    /// Its id.
    pub id: ConversationId,
    /// Whose queue it is in.
    pub team: TeamId,
    /// Whose conversation it is.
    pub customer: CustomerRef,
    /// Where it stands.
    pub state: State,
    /// Who works on it.
    pub assignee: Option<StaffRef>,
    /// Who else of the staff is in it.
    pub colleagues: Vec<StaffRef>,
    /// When it began.
    pub opened_at: Timestamp,
    /// Since when it waits.
    pub waiting_since: Option<Timestamp>,
    /// When somebody last wrote.
    pub last_activity_at: Timestamp,
    /// Who that was.
    pub last_from: Option<LastFrom>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// The number of its newest item.
    pub seq: i64,
    /// The last item the actor has read.
    pub read_seq: i64,
    /// The group's epoch.
    pub epoch: i64,
    /// Whether a device must be removed before anything is sent.
    pub removal_pending: bool,
}

/// How many conversations there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ConversationCounts)]
pub struct CountsView {
    /// In the queue.
    pub waiting: i64,
    /// What one works on.
    pub mine: i64,
    /// Everything that is not closed.
    pub all: i64,
    /// What is done.
    pub closed: i64,
    /// Of what one works on, where there is something new.
    pub mine_unread: i64,
}

impl Conversations {
    /// A page of a view.
    pub async fn list(
        &self,
        ctx: &Ctx,
        view: View,
        team: Option<TeamId>,
        page: &PageQuery,
    ) -> Result<Page<ConversationView>, ConversationsError> {
        let mut tx = self.db.snapshot().await?;
        let cases = self.desk.list_in(&mut tx, ctx, view, team, page).await?;
        let items = self.views_in(&mut tx, ctx, &cases.items).await?;
        Ok(Page {
            items,
            next: cases.next,
        })
    }

    /// A page of a customer's conversations that the actor may read, the newest first.
    pub async fn of_one_customer(
        &self,
        ctx: &Ctx,
        customer: CustomerId,
        page: &PageQuery,
    ) -> Result<Page<ConversationView>, ConversationsError> {
        let mut tx = self.db.snapshot().await?;
        let cases = self.desk.readable_of_customer_in(&mut tx, ctx, customer, page).await?;
        let items = self.views_in(&mut tx, ctx, &cases.items).await?;
        Ok(Page {
            items,
            next: cases.next,
        })
    }

    /// How many conversations are in each view.
    pub async fn counts(&self, ctx: &Ctx) -> Result<CountsView, ConversationsError> {
        let staff = ctx.staff()?.id;
        let mut tx = self.db.snapshot().await?;
        let counts = self.desk.counts_in(&mut tx, ctx).await?;
        let positions = self
            .channels
            .positions_in(&mut tx, Subject::Staff(staff), &counts.mine)
            .await?;
        let unread = positions
            .iter()
            .filter(|position| position.seq > position.read_seq)
            .count();
        Ok(CountsView {
            waiting: counts.waiting,
            mine: i64::try_from(counts.mine.len()).unwrap_or(i64::MAX),
            all: counts.all,
            closed: counts.closed,
            mine_unread: i64::try_from(unread).unwrap_or(i64::MAX),
        })
    }

    /// One conversation.
    pub async fn get(&self, ctx: &Ctx, id: ConversationId) -> Result<ConversationView, ConversationsError> {
        let mut tx = self.db.snapshot().await?;
        let case = self.staff_case(&mut tx, ctx, id).await?;
        self.view_in(&mut tx, ctx, case).await
    }

    /// The items after a number: for staff who may read the conversation, and for its customer.
    pub async fn log(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        reader: Option<DeviceId>,
        after: i64,
        limit: i64,
    ) -> Result<LogPage, ConversationsError> {
        let mut tx = self.db.snapshot().await?;
        self.desk.find_in(&mut tx, ctx, id).await?;
        Ok(self.channels.log_in(&mut tx, ctx, id, reader, after, limit).await?)
    }

    /// The group's state: for staff who may read the conversation, and for its customer.
    pub async fn group(&self, ctx: &Ctx, id: ConversationId) -> Result<GroupView, ConversationsError> {
        let mut tx = self.db.snapshot().await?;
        self.desk.find_in(&mut tx, ctx, id).await?;
        Ok(self.channels.group_in(&mut tx, ctx, id).await?)
    }

    /// The sealed history keys, for those with the right to history.
    pub async fn history_keys(
        &self,
        ctx: &Ctx,
        id: ConversationId,
    ) -> Result<Vec<SealedHistoryKey>, ConversationsError> {
        let mut tx = self.db.snapshot().await?;
        let case = self.staff_case(&mut tx, ctx, id).await?;
        self.desk.require_in::<ConversationHistory>(&mut tx, ctx, &case).await?;
        Ok(self.channels.history_keys_in(&mut tx, ctx, id).await?)
    }

    /// How far everybody is.
    pub async fn receipts(&self, ctx: &Ctx, id: ConversationId) -> Result<Vec<Receipt>, ConversationsError> {
        let mut tx = self.db.snapshot().await?;
        self.desk.find_in(&mut tx, ctx, id).await?;
        Ok(self.channels.receipts_in(&mut tx, ctx, id).await?)
    }

    /// The sealed note keys, for those with the right to notes.
    pub async fn note_keys(&self, ctx: &Ctx, id: ConversationId) -> Result<Vec<SealedNoteKey>, ConversationsError> {
        let mut tx = self.db.snapshot().await?;
        let case = self.staff_case(&mut tx, ctx, id).await?;
        self.desk.require_in::<ConversationNote>(&mut tx, ctx, &case).await?;
        Ok(self.channels.note_keys_in(&mut tx, ctx, id).await?)
    }

    /// The notes after a number, for those with the right to notes.
    pub async fn notes(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Note>, ConversationsError> {
        let mut tx = self.db.snapshot().await?;
        let case = self.staff_case(&mut tx, ctx, id).await?;
        self.desk.require_in::<ConversationNote>(&mut tx, ctx, &case).await?;
        Ok(self.channels.notes_in(&mut tx, ctx, id, after, limit).await?)
    }

    /// A case for a staff member; a customer does not come this way.
    pub(super) async fn staff_case(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: ConversationId,
    ) -> Result<Case, ConversationsError> {
        ctx.staff()?;
        Ok(self.desk.find_in(tx, ctx, id).await?)
    }

    pub(super) async fn view_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        case: Case,
    ) -> Result<ConversationView, ConversationsError> {
        self.views_in(tx, ctx, &[case])
            .await?
            .pop()
            .ok_or(ConversationsError::NotFound)
    }

    async fn views_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        cases: &[Case],
    ) -> Result<Vec<ConversationView>, ConversationsError> {
        let own = Subject::Staff(ctx.staff()?.id);
        let ids: Vec<ConversationId> = cases.iter().map(|case| case.id).collect();
        let positions: HashMap<_, _> = self
            .channels
            .positions_in(tx, own, &ids)
            .await?
            .into_iter()
            .map(|p| (p.conversation, p))
            .collect();
        let colleagues = self.desk.colleagues_of_many_in(tx, &ids).await?;
        let staff: BTreeSet<StaffId> = cases
            .iter()
            .filter_map(|case| case.assignee)
            .chain(colleagues.values().flatten().copied())
            .collect();
        let staff: Vec<StaffId> = staff.into_iter().collect();
        let staff = self.staff.names(tx, &staff).await.map_err(ConversationsError::Names)?;
        let customers: BTreeSet<CustomerId> = cases.iter().map(|case| case.customer).collect();
        let customers: Vec<CustomerId> = customers.into_iter().collect();
        let customers = self
            .customers
            .names(tx, ctx, &customers)
            .await
            .map_err(ConversationsError::Names)?;
        let named = |id: StaffId| StaffRef {
            id,
            name: staff.get(&id).cloned().unwrap_or_default(),
        };
        Ok(cases
            .iter()
            .map(|case| {
                let position = positions.get(&case.id);
                let customer = customers.get(&case.customer);
                ConversationView {
                    id: case.id,
                    team: case.team,
                    customer: CustomerRef {
                        id: case.customer,
                        name: customer.map(|(name, _)| name.clone()),
                        verified: customer.is_some_and(|(_, verified)| *verified),
                    },
                    state: case.state,
                    assignee: case.assignee.map(named),
                    colleagues: colleagues
                        .get(&case.id)
                        .into_iter()
                        .flatten()
                        .copied()
                        .map(named)
                        .collect(),
                    opened_at: case.opened_at,
                    waiting_since: case.waiting_since,
                    last_activity_at: case.last_activity_at,
                    last_from: case.last_from,
                    closed_at: case.closed_at,
                    seq: position.map_or(0, |p| p.seq),
                    read_seq: position.map_or(0, |p| p.read_seq),
                    epoch: position.map_or(0, |p| p.epoch),
                    removal_pending: position.is_some_and(|p| p.removal_pending),
                }
            })
            .collect())
    }
}
