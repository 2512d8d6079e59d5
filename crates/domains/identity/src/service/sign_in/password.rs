//! The first step: name and password.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Id as _, SecretString, StaffId};

use super::{Doubts, SignInError, SignedIn};
use crate::{
    Client, FactorStrength, Identity, SessionKind, StaffState, Touch,
    bounds::{Asks, Overloaded},
    events::PasswordDisabled,
    model::{Login, MOST_FAILURES},
    service::{
        attempts::Attempt,
        sessions::{Beginning, Place},
        touched::touched,
    },
    store::{
        known_device, sign_in_risk,
        staff::{self, StaffRow},
    },
};

impl Identity {
    /// Checks name and password. What it gives has no rights yet: a second factor follows, or the set-up of one.
    ///
    /// Known and unknown names take the same way: both are counted, both are hashed, both get the same answer.
    pub async fn sign_in_by_password(
        &self,
        ctx: &Ctx,
        old: Option<&SecretString>,
        typed: &str,
        password: &SecretString,
        client: &Client,
    ) -> Result<SignedIn, SignInError> {
        // Before anything is written: a crowd that is sent away must not keep the database from others. Whether the browser
        // that shows a token is known, the database says.
        let claims = client.device.map_or(Asks::Stranger, |_| Asks::Known);
        if self.hasher.is_full(claims) {
            return Err(Overloaded.into());
        }
        // What cannot be a login belongs to nobody.
        let login = Login::parse(typed).map_or_else(|_| String::new(), |login| login.as_str().to_owned());

        let (found, asks, attempt) = self.begin_by_password(ctx, &login, client).await?;
        let id = id_of(found.as_ref());
        let stored = found.as_ref().map(|row| self.unseal_hash(row)).transpose()?.flatten();
        let cost = stored.as_ref().map(|stored| stored.cost);
        let matched = match self.password_matches(asks, password, stored).await {
            Ok(matched) => matched,
            Err(overloaded) => {
                let mut tx = self.db.begin().await?;
                attempt.dropped(&mut tx, ctx.now()).await?;
                tx.commit().await?;
                return Err(overloaded.into());
            }
        };

        let (sighting, anew) = if matched {
            (
                self.sighting(ctx, password).await,
                self.hash_anew(ctx, id, password, cost).await?,
            )
        } else {
            (None, None)
        };

        let mut tx = self.db.begin().await?;
        // The person may have left, or changed the password, while it was hashed.
        let row = staff::hold(&mut tx, id)
            .await?
            .filter(|now| found.as_ref().is_some_and(|row| now.has_the_password_of(row)));
        // And the browser may be known no more.
        let device = self.known_device(&mut tx, ctx, id, client).await?;
        let kind = row.as_ref().and_then(|row| next_step(row, matched, device.is_some()));
        let (Some(row), Some(kind)) = (row, kind) else {
            attempt.failed(&mut tx, ctx.now()).await?;
            self.count_failure(&mut tx, ctx, id, device).await?;
            let mut entry = Place::of(client).tell(Entry::refused("session.password").personal("login", login));
            if found.is_some() {
                entry = entry.target(id);
            }
            tx.audit(ctx, entry).await?;
            tx.commit().await?;
            return Err(SignInError::Refused);
        };
        let failures = self
            .password_failures(&mut tx, row.id, device.as_ref().map(<[u8; 32]>::as_slice))
            .await?;
        attempt.succeeded(&mut tx, ctx.now()).await?;
        if let Some(sealed) = anew {
            staff::set_hash(&mut tx, row.id, &sealed).await?;
        }
        if let Some(sighting) = sighting {
            self.note_sighting(&mut tx, ctx, &row, &sighting).await?;
        }
        self.keep_index::<SignInError>(&mut tx, ctx, row.id, password).await?;
        let old = self.session_of(&mut tx, ctx, old).await?;
        let now = staff::by_id(&mut tx, row.id).await?;
        let breached = now.is_some_and(|now| now.password_breached_at.is_some());
        let signals = Self::password_signals(failures, breached);
        let doubts = Doubts {
            client,
            factor: None,
            signals: &signals,
        };
        if kind == SessionKind::Pending
            && self
                .skips_factor(&mut tx, ctx, &row, device, old.as_ref(), &doubts)
                .await?
        {
            let entered = self
                .enter_remembered(&mut tx, ctx, old.as_ref(), row.id, device, doubts)
                .await?;
            tx.commit().await?;
            return entered.map_err(SignInError::Risky);
        }
        if let Some(old) = old {
            self.end_session(&mut tx, ctx, &old).await?;
        }
        let beginning = Beginning {
            staff: row.id,
            kind,
            by: "password",
            place: Place::of(client),
            known_device: device.as_ref().map(<[u8; 32]>::as_slice),
            shown: FactorStrength::Any,
            make: None,
        };
        let (token, session) = self.start_session(&mut tx, ctx, beginning).await?;
        if !signals.is_empty() {
            sign_in_risk::mark_session(&mut tx, session.id, &signals, FactorStrength::Any).await?;
        }
        let state = self.state_of(&mut tx, ctx, &session).await?;
        tx.commit().await?;
        Ok(SignedIn {
            token,
            device: None,
            state,
        })
    }

    /// Whose password it would be, and the attempt, which has begun.
    async fn begin_by_password(
        &self,
        ctx: &Ctx,
        login: &str,
        client: &Client,
    ) -> Result<(Option<StaffRow>, Asks, Attempt), SignInError> {
        let mut tx = self.db.begin().await?;
        let found = staff::by_login(&mut tx, login).await?;
        let device = self.known_device(&mut tx, ctx, id_of(found.as_ref()), client).await?;
        if client.device.is_some() && device.is_none() {
            // What a copied token has ended stays so, also where the next step is refused.
            tx.commit().await?;
            tx = self.db.begin().await?;
        }
        let (asks, attempt) = match &device {
            Some(device) => (Asks::Known, self.device_attempt(device)),
            None => (Asks::Stranger, self.password_attempt(login, client.address)),
        };
        if let Err(seconds) = attempt.begin(&mut tx, ctx.now()).await? {
            return Err(SignInError::RateLimited(seconds));
        }
        tx.commit().await?;
        Ok((found, asks, attempt))
    }

    /// Strangers' failures disable the password for strangers. A known browser has a count of its own; after as many it is
    /// a stranger too.
    pub(crate) async fn count_failure(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        device: Option<[u8; 32]>,
    ) -> Result<(), DbError> {
        let in_a_row = match device {
            Some(device) => known_device::count_failure(tx, device).await?,
            None => staff::count_password_failure(tx, staff).await?,
        };
        match device {
            _ if in_a_row < Some(MOST_FAILURES) => Ok(()),
            Some(device) => known_device::forget(tx, staff, &device).await,
            None => self.disable_password(tx, ctx, staff).await,
        }
    }

    async fn disable_password(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), DbError> {
        staff::disable_password(tx, staff, ctx.now()).await?;
        tx.emit(ctx, &PasswordDisabled { staff }).await?;
        touched(tx, ctx, staff, Touch::PasswordStopped).await?;
        let entry = Entry::done("password.disabled")
            .target(staff)
            .detail("failures", MOST_FAILURES);
        tx.audit(ctx, entry).await.map(drop)
    }
}

/// Nobody has the id that stands for an unknown name: the same is asked of the database for all.
fn id_of(found: Option<&StaffRow>) -> StaffId {
    found.map_or_else(|| StaffId::from_uuid(uuid::Uuid::nil()), |row| row.id)
}

/// Where the password leads: to the second factor, or to setting one up for somebody who has none yet.
fn next_step(row: &StaffRow, matched: bool, known_device: bool) -> Option<SessionKind> {
    match row.state {
        _ if !matched || (row.password_disabled_at.is_some() && !known_device) => None,
        StaffState::Active => Some(SessionKind::Pending),
        StaffState::Invited => Some(SessionKind::Enrol),
        StaffState::Disabled => None,
    }
}
