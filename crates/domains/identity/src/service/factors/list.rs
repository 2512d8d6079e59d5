//! Showing and removing factors.

use wd_audit_log::{AuditTx as _, Entry};
use wd_kernel::{Ctx, FactorId, SecretString, Timestamp};

use super::{FactorError, touched};
use crate::{
    FactorKind, FactorStrength, Identity, KnownMake, PasskeyKept, SessionKind, TextMessageOffer, Touch,
    events::FactorRemoved,
    model::Demand,
    store::{factor, staff},
};

/// A factor in the list of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorView {
    /// Which one.
    pub id: FactorId,
    /// Of which kind.
    pub kind: FactorKind,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// The latest use.
    pub last_used_at: Option<Timestamp>,
    /// How many recovery codes are left.
    pub remaining: Option<i64>,
    /// When it stopped working, after too many wrong codes or because there is a copy.
    pub disabled_at: Option<Timestamp>,
    /// Where a passkey is kept.
    pub kept: Option<PasskeyKept>,
    /// What it withstands.
    pub strength: FactorStrength,
    /// The make of a passkey that is attested.
    pub make: Option<KnownMake>,
    /// Whether it does for all that its owner's roles ask, what they ask later too.
    pub counts: bool,
    /// A telephone number, as screens show it: `+49 … 89`.
    pub number: Option<String>,
    /// Until when a new number cannot be signed in with.
    pub held_until: Option<Timestamp>,
}

impl Identity {
    /// One's own factors, the oldest first.
    pub async fn factors(&self, ctx: &Ctx, token: Option<&SecretString>) -> Result<Vec<FactorView>, FactorError> {
        let mut tx = self.db.snapshot().await?;
        let (_, session) = self.factor_session(&mut tx, ctx, token).await?;
        let asked = Demand::strictest(&self.policies_of(&mut tx, session.staff).await?);
        let mut views = Vec::new();
        for row in factor::of_staff(&mut tx, session.staff).await? {
            let remaining = match row.kind {
                FactorKind::Recovery => Some(factor::codes_left(&mut tx, row.id).await?),
                _ => None,
            };
            let kept = match row.kind {
                FactorKind::Passkey => self.passkey_kept(&row)?,
                _ => None,
            };
            let grade = self.grade_of(&row);
            let make = grade.make.and_then(|aaguid| {
                let name = self.makes.name(aaguid)?.to_owned();
                Some(KnownMake { aaguid, name })
            });
            let number = self.open_number(&row)?.map(|number| number.masked());
            views.push(FactorView {
                id: row.id,
                kind: row.kind,
                name: row.name,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
                remaining,
                disabled_at: row.disabled_at,
                kept,
                strength: if make.is_some() {
                    FactorStrength::Attested
                } else {
                    grade.strength
                },
                counts: asked.is_met_by(grade),
                make,
                number,
                held_until: row.held_until.filter(|until| *until > ctx.now()),
            });
        }
        Ok(views)
    }

    /// Whether one can add a telephone number.
    pub async fn text_message_offer(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<TextMessageOffer, FactorError> {
        let mut tx = self.db.snapshot().await?;
        let (ctx, session) = self.factor_session(&mut tx, ctx, token).await?;
        Ok(self.sms_offer(&mut tx, &ctx, &session).await?)
    }

    /// When one's own password stopped working, after too many wrong ones.
    pub async fn password_disabled_at(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
    ) -> Result<Option<Timestamp>, FactorError> {
        let mut tx = self.db.snapshot().await?;
        let (_, session) = self.factor_session(&mut tx, ctx, token).await?;
        let row = staff::by_id(&mut tx, session.staff).await?;
        Ok(row.and_then(|row| row.password_disabled_at))
    }

    /// Removes one of one's own factors. The last one stays with which one can sign in: recovery codes alone are no way
    /// to live, and a number alone is none for those with administrative rights.
    pub async fn remove_factor(
        &self,
        ctx: &Ctx,
        token: Option<&SecretString>,
        id: FactorId,
    ) -> Result<(), FactorError> {
        let mut tx = self.db.begin().await?;
        let (ctx, session) = self.changing_session(&mut tx, ctx, token).await?;
        // Who sets up has none to lose yet; who was identified anew, or must add one, keeps the old ones until it is there.
        if session.kind != SessionKind::Full {
            return Err(FactorError::NotFound);
        }
        // Two removals at once must not each see the other's factor as the one that stays.
        staff::hold(&mut tx, session.staff).await?;
        let rows = factor::of_staff(&mut tx, session.staff).await?;
        let row = rows.iter().find(|row| row.id == id).ok_or(FactorError::NotFound)?;
        let number_suffices =
            self.delivering().is_some() && !self.needs_better_than_sms(&mut tx, session.staff).await?;
        let suffices = |other: &factor::FactorRow| match other.kind {
            FactorKind::Recovery => false,
            FactorKind::Sms => number_suffices && other.works(ctx.now()),
            FactorKind::Totp | FactorKind::Passkey => other.works(ctx.now()),
        };
        let others = rows.iter().any(|other| other.id != id && suffices(other));
        if row.kind != FactorKind::Recovery && !others && row.disabled_at.is_none() {
            return Err(FactorError::Last);
        }
        if self.needs_factor(&mut tx, &ctx, session.staff, &rows, id).await? {
            return Err(FactorError::Needed);
        }
        factor::delete(&mut tx, id).await?;
        self.remember_no_browser(&mut tx, session.staff).await?;
        tx.emit(
            &ctx,
            &FactorRemoved {
                factor: id,
                staff: session.staff,
                kind: row.kind,
            },
        )
        .await?;
        touched(&mut tx, &ctx, session.staff, Touch::FactorRemoved).await?;
        tx.audit(
            &ctx,
            Entry::done("factor.removed")
                .target(id)
                .detail("kind", row.kind.as_str()),
        )
        .await?;
        Ok(tx.commit().await?)
    }
}
