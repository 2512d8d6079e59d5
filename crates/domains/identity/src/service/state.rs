//! How far somebody is signed in, as the console sees it.

use serde::Serialize;
use utoipa::ToSchema;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, SecretString, StaffId, TeamId, Timestamp};

use super::change_password::asks_present;
use crate::{
    ChangeReason, FactorKind, FactorStrength, Identity, KnownMake, SessionKind,
    store::{factor, session::SessionRow, staff},
};

/// How far somebody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignInState {
    /// Not at all.
    SignedOut,
    /// The password was right; one of `factors` is missing.
    SecondFactor,
    /// An account is being set up: a factor must be added.
    Enrol,
    /// What was shown was right, and the password must be changed before anything else; `change` says whose, and why.
    ChangePassword,
    /// Signed in.
    SignedIn,
}

/// The session of a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionState {
    /// How far.
    pub state: SignInState,
    /// The kinds of factors this person can show.
    pub factors: Vec<FactorKind>,
    /// The kinds that stopped working after too many wrong codes, and of which none is left.
    pub disabled: Vec<FactorKind>,
    /// The password that must be changed first.
    pub change: Option<PasswordDue>,
    /// Who, once signed in.
    pub me: Option<Me>,
    /// Until when the second factor counts as fresh.
    pub stepped_up_until: Option<Timestamp>,
    /// A stronger factor that the person's roles ask for and that is missing.
    pub enrolment_due: Option<EnrolmentDue>,
    /// When the session ends, once signed in.
    pub life: Option<SessionLife>,
    /// For how many days this browser can be remembered with the second factor; 0: it cannot, or is not waiting for one.
    pub remember_days: i64,
}

/// When a session ends. The times are the server's; the browser's clock may differ, so it counts from `now`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionLife {
    /// When this was answered.
    pub now: Timestamp,
    /// When it ends without further use. Use is written down once a minute.
    pub idle_until: Timestamp,
    /// When it ends whatever is done.
    pub ends_at: Timestamp,
}

/// A factor that somebody has to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EnrolmentDue {
    /// What it must withstand.
    pub strength: FactorStrength,
    /// The makes that count, by name; `null`: every make does.
    pub makes: Option<Vec<KnownMake>>,
    /// From when on nothing else can be done; a time that is over: now.
    pub due_at: Timestamp,
}

/// A password that must be changed before anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PasswordDue {
    /// Why; `null` when it need not be any more, because a policy has changed meanwhile.
    pub reason: Option<ChangeReason>,
    /// The name to sign in with, under which password managers keep the new one. Whose session it is has shown a factor.
    pub login: String,
    /// Whether the new one takes the present one too; not when that is in a known breach and a passkey was shown.
    pub asks_present: bool,
}

/// The signed-in person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Me {
    /// Who.
    pub id: StaffId,
    /// The name to sign in with.
    pub login: String,
    /// The shown name.
    pub name: String,
    /// Names of roles.
    pub roles: Vec<String>,
    /// The teams they are in.
    pub teams: Vec<TeamName>,
    /// Names of permissions they hold in any reach.
    pub permissions: Vec<String>,
}

/// A team by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Team)]
pub struct TeamName {
    /// Which one.
    pub id: TeamId,
    /// Its name.
    pub name: String,
}

impl SessionState {
    /// Nobody.
    pub const SIGNED_OUT: Self = Self {
        state: SignInState::SignedOut,
        factors: Vec::new(),
        disabled: Vec::new(),
        change: None,
        me: None,
        stepped_up_until: None,
        enrolment_due: None,
        life: None,
        remember_days: 0,
    };
}

impl Identity {
    /// The state of the browser with this token.
    pub async fn session_state(&self, ctx: &Ctx, token: Option<&SecretString>) -> Result<SessionState, DbError> {
        let mut tx = self.db.snapshot().await?;
        match self.session_of(&mut tx, ctx, token).await? {
            Some(session) => self.state_of(&mut tx, ctx, &session).await,
            None => Ok(SessionState::SIGNED_OUT),
        }
    }

    pub(crate) async fn state_of(&self, tx: &mut Tx, ctx: &Ctx, session: &SessionRow) -> Result<SessionState, DbError> {
        let (mut factors, mut disabled): (Vec<FactorKind>, Vec<FactorKind>) = (Vec::new(), Vec::new());
        for row in factor::of_staff(tx, session.staff).await? {
            let kinds = if row.disabled_at.is_none() {
                &mut factors
            } else {
                &mut disabled
            };
            if !kinds.contains(&row.kind) {
                kinds.push(row.kind);
            }
        }
        if session.kind != SessionKind::Enrol {
            let mut counting = Vec::new();
            for kind in factors.iter().copied() {
                if self.counts(tx, ctx, session, kind).await? {
                    counting.push(kind);
                }
            }
            factors = counting;
        }
        disabled.retain(|kind| !factors.contains(kind));
        let state = match session.kind {
            SessionKind::Pending => SignInState::SecondFactor,
            SessionKind::Enrol => SignInState::Enrol,
            SessionKind::ChangePassword => SignInState::ChangePassword,
            SessionKind::Full => SignInState::SignedIn,
        };
        let change = match session.kind {
            SessionKind::ChangePassword => self.password_due(tx, ctx, session).await?,
            _ => None,
        };
        let me = if session.kind == SessionKind::Full {
            self.me(tx, session.staff).await?
        } else {
            None
        };
        let fresh = |until: &Timestamp| session.kind == SessionKind::Full && *until > ctx.now();
        let stepped_up_until = session.stepped_up_until.filter(fresh);
        Ok(SessionState {
            state,
            factors,
            disabled,
            change,
            me,
            stepped_up_until,
            enrolment_due: self.enrolment_due(tx, ctx, session).await?,
            life: self.life(tx, ctx, session).await?,
            remember_days: match session.kind {
                SessionKind::Pending => self.remember_offer(tx, ctx, session).await?,
                _ => 0,
            },
        })
    }

    async fn password_due(&self, tx: &mut Tx, ctx: &Ctx, session: &SessionRow) -> Result<Option<PasswordDue>, DbError> {
        let reason = self.must_change_password(tx, ctx, session.staff).await?;
        let row = staff::by_id(tx, session.staff).await?;
        Ok(row.map(|row| PasswordDue {
            reason,
            asks_present: asks_present(session, &row),
            login: row.login,
        }))
    }

    async fn life(&self, tx: &mut Tx, ctx: &Ctx, session: &SessionRow) -> Result<Option<SessionLife>, DbError> {
        if session.kind != SessionKind::Full {
            return Ok(None);
        }
        let limits = self.session_limits_of(tx, session.staff).await?;
        let ends_at = limits.ends_at(session.created_at, session.expires_at);
        Ok(Some(SessionLife {
            now: ctx.now(),
            idle_until: (session.last_seen_at + limits.idle()).min(ends_at),
            ends_at,
        }))
    }

    async fn me(&self, tx: &mut Tx, id: StaffId) -> Result<Option<Me>, DbError> {
        let Some(row) = staff::by_id(tx, id).await? else {
            return Ok(None);
        };
        let rights = self.rights.rights_of(tx, id).await?;
        let teams = rights
            .teams
            .into_iter()
            .map(|(id, name)| TeamName { id, name })
            .collect();
        Ok(Some(Me {
            id,
            login: row.login,
            name: row.name,
            roles: rights.roles,
            teams,
            permissions: rights.permissions,
        }))
    }
}
