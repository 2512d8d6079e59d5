use std::collections::HashSet;

use serde::Deserialize;
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, Id as _, Page, PageQuery, Scope, StaffId, TeamId, Timestamp};

use super::Desk;
use crate::{
    Case, DeskError, State,
    permissions::ConversationRead,
    store::{
        case::{self, CaseRow},
        colleague, count,
        list::{self, From},
    },
};

/// Who works on more has lost count anyway.
const MINE_AT_MOST: i64 = 1000;

/// A list of conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ConversationView)]
pub enum View {
    /// The queue: who has waited longest first.
    Waiting,
    /// What one works on, as assignee or colleague.
    Mine,
    /// Everything that is not closed.
    All,
    /// What is done.
    Closed,
}

/// How many conversations there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// In the queue.
    pub waiting: i64,
    /// What one works on.
    pub mine: Vec<ConversationId>,
    /// Everything that is not closed.
    pub all: i64,
    /// What is done.
    pub closed: i64,
}

/// As far as the right to read reaches.
pub(super) enum Reach {
    Organisation,
    Teams(Vec<TeamId>),
    Own,
}

/// One walk over an index.
#[derive(Clone, Copy)]
enum Walk {
    Waiting,
    WaitingOf(TeamId),
    Recent(State),
    RecentOf(TeamId, State),
    Assigned(State),
    Colleague,
}

impl Desk {
    /// A page of a view, as far as the actor's right reaches.
    pub async fn list_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        view: View,
        team: Option<TeamId>,
        page: &PageQuery,
    ) -> Result<Page<Case>, DeskError> {
        let staff = ctx.staff()?.id;
        let from = match &page.after {
            Some(cursor) => decode(cursor).ok_or(DeskError::Invalid {
                field: "after",
                message: "not a cursor of this list",
            })?,
            None => beginning(view),
        };
        let mut cases: Vec<Case> = Vec::new();
        for walk in walks(&reach(ctx)?, view, team) {
            for row in self.walk(tx, walk, staff, from, page.limit() + 1).await? {
                cases.push(row.try_into()?);
            }
        }
        if view == View::Mine
            && let Some(team) = team
        {
            cases.retain(|case| case.team == team);
        }
        let mut seen = HashSet::new();
        cases.retain(|case| seen.insert(case.id));
        cases.sort_by_key(|case| (key(view, case), case.id));
        if view != View::Waiting {
            cases.reverse();
        }
        Ok(Page::cut(cases, page.limit(), |case| encode(key(view, case), case.id)))
    }

    async fn walk(
        &self,
        tx: &mut Tx,
        walk: Walk,
        staff: StaffId,
        from: From,
        limit: i64,
    ) -> Result<Vec<CaseRow>, DeskError> {
        Ok(match walk {
            Walk::Waiting => list::waiting(tx, from, limit).await?,
            Walk::WaitingOf(team) => list::waiting_of_team(tx, team, from, limit).await?,
            Walk::Recent(state) => list::recent(tx, state.as_str(), from, limit).await?,
            Walk::RecentOf(team, state) => list::recent_of_team(tx, team, state.as_str(), from, limit).await?,
            Walk::Assigned(state) => list::recent_of_assignee(tx, staff, state.as_str(), from, limit).await?,
            Walk::Colleague => {
                let ids = colleague::open_of_staff(tx, staff, MINE_AT_MOST).await?;
                let mut rows = case::many(tx, &ids).await?;
                rows.retain(|row| (row.last_activity_at, row.id) < (from.at, from.id));
                rows
            }
        })
    }

    /// How many conversations are in each view, as far as the actor's right reaches.
    pub async fn counts_in(&self, tx: &mut Tx, ctx: &Ctx) -> Result<Counts, DeskError> {
        let staff = ctx.staff()?.id;
        let mut counts = Counts::default();
        let by_state = match reach(ctx)? {
            Reach::Organisation => count::of_all(tx).await?,
            Reach::Teams(teams) => {
                let mut all = Vec::new();
                for team in teams {
                    all.extend(count::of_team(tx, team).await?);
                }
                all
            }
            Reach::Own => count::of_assignee(tx, staff).await?,
        };
        for (state, n) in by_state {
            match State::parse(&state) {
                Some(State::Waiting) => counts.waiting += n,
                Some(State::Open) => counts.all += n,
                Some(State::Closed) => counts.closed += n,
                None => return Err(DeskError::Stored("a case's state")),
            }
        }
        counts.all += counts.waiting;
        counts.mine = list::open_of_assignee(tx, staff, MINE_AT_MOST).await?;
        for id in colleague::open_of_staff(tx, staff, MINE_AT_MOST).await? {
            if !counts.mine.contains(&id) {
                counts.mine.push(id);
            }
        }
        Ok(counts)
    }
}

pub(super) fn reach(ctx: &Ctx) -> Result<Reach, DeskError> {
    if ctx.holds::<ConversationRead>(Scope::ORGANISATION) {
        return Ok(Reach::Organisation);
    }
    let staff = ctx.staff()?;
    let teams: Vec<TeamId> = staff
        .teams
        .iter()
        .copied()
        .filter(|team| ctx.holds::<ConversationRead>(Scope::team(*team)))
        .collect();
    if !teams.is_empty() {
        return Ok(Reach::Teams(teams));
    }
    ctx.require::<ConversationRead>(Scope::own(staff.id))?;
    Ok(Reach::Own)
}

fn walks(reach: &Reach, view: View, team: Option<TeamId>) -> Vec<Walk> {
    if view == View::Mine {
        return vec![Walk::Assigned(State::Open), Walk::Colleague];
    }
    let teams: Vec<TeamId> = match (reach, team) {
        (Reach::Organisation, Some(team)) => vec![team],
        (Reach::Teams(teams), None) => teams.clone(),
        (Reach::Teams(teams), Some(team)) => teams.iter().copied().filter(|known| *known == team).collect(),
        (Reach::Organisation, None) => {
            return match view {
                View::Waiting => vec![Walk::Waiting],
                View::Closed => vec![Walk::Recent(State::Closed)],
                View::All | View::Mine => vec![Walk::Recent(State::Waiting), Walk::Recent(State::Open)],
            };
        }
        (Reach::Own, _) => {
            return match view {
                View::Waiting => vec![],
                View::Closed => vec![Walk::Assigned(State::Closed)],
                View::All | View::Mine => vec![Walk::Assigned(State::Open)],
            };
        }
    };
    let of = |team| match view {
        View::Waiting => vec![Walk::WaitingOf(team)],
        View::Closed => vec![Walk::RecentOf(team, State::Closed)],
        View::All | View::Mine => vec![Walk::RecentOf(team, State::Waiting), Walk::RecentOf(team, State::Open)],
    };
    teams.into_iter().flat_map(of).collect()
}

fn key(view: View, case: &Case) -> Timestamp {
    match view {
        View::Waiting => case.waiting_since.unwrap_or(case.opened_at),
        View::Mine | View::All | View::Closed => case.last_activity_at,
    }
}

fn beginning(view: View) -> From {
    let (at, id) = if view == View::Waiting {
        (i64::MIN, u128::MIN)
    } else {
        (i64::MAX, u128::MAX)
    };
    From {
        at: Timestamp::from_micros(at),
        id: ConversationId::from_uuid(uuid::Uuid::from_u128(id)),
    }
}

fn encode(at: Timestamp, id: ConversationId) -> String {
    format!("{}.{id}", at.micros())
}

fn decode(cursor: &str) -> Option<From> {
    let (at, id) = cursor.split_once('.')?;
    Some(From {
        at: Timestamp::from_micros(at.parse().ok()?),
        id: id.parse().ok()?,
    })
}

/// The cursor of the place that a cursor names.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn cursor_again(cursor: &str) -> Option<String> {
    decode(cursor).map(|from| encode(from.at, from.id))
}
