//! The endpoints for staff and teams.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use wd_identity::{FactorKind, StaffState, TeamName};
use wd_kernel::{Page, PageQuery, StaffId, TeamId, Timestamp};
use wd_web::{ApiResult, Json, Path, ProblemBody, Query, ReqCtx};

use super::{NewStaff, StaffFlows, StaffMember};

/// The routes about staff and teams.
pub fn router(state: StaffFlows) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list, invite))
        .routes(routes!(set_roles))
        .routes(routes!(set_teams))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(teams, create_team))
        .routes(routes!(colleagues))
        .with_state(state)
}

/// A staff member, as administrators see them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Staff {
    /// Who.
    id: StaffId,
    /// The name to sign in with.
    login: String,
    /// The shown name.
    name: String,
    /// Where they stand.
    state: StaffState,
    /// Names of roles.
    roles: Vec<String>,
    /// Teams.
    teams: Vec<TeamId>,
    /// The kinds of factors they have.
    factors: Vec<FactorKind>,
    /// Whether they have proved a mail address; not which.
    reachable: bool,
    /// The latest full sign-in.
    last_sign_in_at: Option<Timestamp>,
}

/// Somebody to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InviteStaff {
    /// The name to sign in with.
    login: String,
    /// The shown name.
    name: String,
    /// Names of roles.
    roles: Vec<String>,
    /// Teams.
    teams: Vec<TeamId>,
}

/// Somebody who was invited.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StaffInvitation {
    /// The person.
    staff: Staff,
    /// The link to set up the account; it is shown once.
    invitation_url: String,
    /// When the link begins to work; `null`: at once.
    works_from: Option<Timestamp>,
}

/// The roles somebody is to hold.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetRoles {
    /// Names of roles.
    roles: Vec<String>,
}

/// The teams somebody is to be in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetTeams {
    /// Teams.
    teams: Vec<TeamId>,
}

/// Nothing more to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisableStaff {}

/// What somebody who comes back is to have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnableStaff {
    /// Names of roles.
    roles: Vec<String>,
    /// Teams.
    teams: Vec<TeamId>,
}

/// A team to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTeam {
    /// Its name.
    name: String,
}

/// All teams.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Teams {
    items: Vec<TeamName>,
}

/// Somebody whom one can assign to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ColleagueView {
    /// Who.
    id: StaffId,
    /// The shown name.
    name: String,
    /// The teams they are in.
    teams: Vec<TeamId>,
    /// Whether they are reachable now.
    online: bool,
}

/// Everybody whom one can assign to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Colleagues {
    items: Vec<ColleagueView>,
}

impl From<StaffMember> for Staff {
    fn from(member: StaffMember) -> Self {
        let StaffMember { person, roles, teams } = member;
        Self {
            id: person.id,
            login: person.login,
            name: person.name,
            state: person.state,
            roles,
            teams,
            factors: person.factors,
            reachable: person.reachable,
            last_sign_in_at: person.last_sign_in_at,
        }
    }
}

/// Who works here.
#[utoipa::path(get, path = "/api/v1/staff", tag = "staff", operation_id = "staff",
    params(PageQuery), responses((status = 200, body = Page<Staff>)))]
pub(crate) async fn list(
    State(flows): State<StaffFlows>,
    ReqCtx(ctx): ReqCtx,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<Page<Staff>>> {
    Ok(Json(flows.staff(&ctx, &query).await?.map(Staff::from)))
}

/// Invites somebody.
#[utoipa::path(post, path = "/api/v1/staff", tag = "staff", operation_id = "invite_staff",
    request_body = InviteStaff, responses((status = 200, body = StaffInvitation)))]
pub(crate) async fn invite(
    State(flows): State<StaffFlows>,
    ReqCtx(ctx): ReqCtx,
    Json(body): Json<InviteStaff>,
) -> ApiResult<Json<StaffInvitation>> {
    let InviteStaff {
        login,
        name,
        roles,
        teams,
    } = body;
    let invited = flows
        .invite(
            &ctx,
            &NewStaff {
                login,
                name,
                roles,
                teams,
            },
        )
        .await?;
    Ok(Json(StaffInvitation {
        staff: invited.staff.into(),
        invitation_url: invited.invitation_url,
        works_from: invited.works_from,
    }))
}

/// Makes these the roles of somebody.
#[utoipa::path(put, path = "/api/v1/staff/{staff}/roles", tag = "staff", operation_id = "set_staff_roles",
    params(("staff" = StaffId, Path)), request_body = SetRoles,
    responses((status = 200, body = Staff),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn set_roles(
    State(flows): State<StaffFlows>,
    ReqCtx(ctx): ReqCtx,
    Path(staff): Path<StaffId>,
    Json(body): Json<SetRoles>,
) -> ApiResult<Json<Staff>> {
    Ok(Json(flows.set_roles(&ctx, staff, &body.roles).await?.into()))
}

/// Makes these the teams of somebody.
#[utoipa::path(put, path = "/api/v1/staff/{staff}/teams", tag = "staff", operation_id = "set_staff_teams",
    params(("staff" = StaffId, Path)), request_body = SetTeams,
    responses((status = 200, body = Staff),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn set_teams(
    State(flows): State<StaffFlows>,
    ReqCtx(ctx): ReqCtx,
    Path(staff): Path<StaffId>,
    Json(body): Json<SetTeams>,
) -> ApiResult<Json<Staff>> {
    Ok(Json(flows.set_teams(&ctx, staff, &body.teams).await?.into()))
}

/// Takes everything from somebody who leaves.
#[utoipa::path(post, path = "/api/v1/staff/{staff}/disable", tag = "staff", operation_id = "disable_staff",
    params(("staff" = StaffId, Path)), request_body = DisableStaff,
    responses((status = 200, body = Staff),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn disable(
    State(flows): State<StaffFlows>,
    ReqCtx(ctx): ReqCtx,
    Path(staff): Path<StaffId>,
    Json(DisableStaff {}): Json<DisableStaff>,
) -> ApiResult<Json<Staff>> {
    Ok(Json(flows.disable(&ctx, staff).await?.into()))
}

/// Lets somebody come back who had left: a new link, which works after the waiting period of new factors, and none of the
/// old factors.
#[utoipa::path(post, path = "/api/v1/staff/{staff}/enable", tag = "staff", operation_id = "enable_staff",
    params(("staff" = StaffId, Path)), request_body = EnableStaff,
    responses((status = 200, body = StaffInvitation),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn enable(
    State(flows): State<StaffFlows>,
    ReqCtx(ctx): ReqCtx,
    Path(staff): Path<StaffId>,
    Json(body): Json<EnableStaff>,
) -> ApiResult<Json<StaffInvitation>> {
    let invited = flows.enable(&ctx, staff, &body.roles, &body.teams).await?;
    Ok(Json(StaffInvitation {
        staff: invited.staff.into(),
        invitation_url: invited.invitation_url,
        works_from: invited.works_from,
    }))
}

/// The teams.
#[utoipa::path(get, path = "/api/v1/teams", tag = "staff", operation_id = "teams",
    responses((status = 200, body = Teams)))]
pub(crate) async fn teams(State(flows): State<StaffFlows>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<Teams>> {
    let teams = flows.teams(&ctx).await?;
    let items = teams
        .into_iter()
        .map(|team| TeamName {
            id: team.id,
            name: team.name,
        })
        .collect();
    Ok(Json(Teams { items }))
}

/// Makes a team.
#[utoipa::path(post, path = "/api/v1/teams", tag = "staff", operation_id = "create_team",
    request_body = NewTeam, responses((status = 200, body = TeamName)))]
pub(crate) async fn create_team(
    State(flows): State<StaffFlows>,
    ReqCtx(ctx): ReqCtx,
    Json(body): Json<NewTeam>,
) -> ApiResult<Json<TeamName>> {
    let team = flows.create_team(&ctx, &body.name).await?;
    Ok(Json(TeamName {
        id: team.id,
        name: team.name,
    }))
}

/// Whom one can assign to.
#[utoipa::path(get, path = "/api/v1/colleagues", tag = "staff", operation_id = "colleagues",
    responses((status = 200, body = Colleagues)))]
pub(crate) async fn colleagues(State(flows): State<StaffFlows>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<Colleagues>> {
    let people = flows.colleagues(&ctx).await?;
    let items = people
        .into_iter()
        .map(|c| ColleagueView {
            id: c.id,
            name: c.name,
            teams: c.teams,
            online: c.online,
        })
        .collect();
    Ok(Json(Colleagues { items }))
}
