//! One's own mail address, for notices about one's account. It counts when a code that was mailed to it came back. It is
//! no factor and opens nothing.

use std::collections::HashSet;

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, Duration, Id as _, SecretString, StaffId, Timestamp};
use wd_mail::MailAddress;
use wd_vault::VaultError;

use super::touched::touched;
use crate::{
    Identity, Touch,
    store::{
        mail_address::{self, Claim, MailAddressRow},
        staff,
    },
};

/// How long a code works.
pub const MAIL_CODE_FOR: Duration = Duration::from_mins(10);
/// How often one code is tried before it works no more.
const TRIES: i64 = 5;
/// How many codes one person has sent within [`WINDOW`], to whichever addresses.
const CODES: i64 = 5;
const WINDOW: Duration = Duration::from_hours(1);
/// What a session needs to change the address, as problems name it.
const CHANGE: &str = "mail_address.change";

const TABLE: &str = "mail_address";

/// One's own mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddressView {
    /// Where notices go, once it was proved.
    pub address: Option<MailAddress>,
    /// When it was proved.
    pub proved_at: Option<Timestamp>,
    /// The one whose code is still awaited, and until when the code works.
    pub claimed: Option<(MailAddress, Timestamp)>,
}

/// What a code was worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailProof {
    /// The address counts now. `before` is the one that counted until now, if it is another one.
    Proved {
        /// The one of before.
        before: Option<MailAddress>,
    },
    /// The code is wrong, or too old, or was tried too often, or there is none. What was counted is to be committed.
    Wrong,
}

/// Why a mail address was not claimed, proved or shown.
#[derive(Debug, thiserror::Error)]
pub enum MailAddressError {
    /// Not signed in, or the factor shown is not fresh.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Too many codes were sent; seconds until the next one.
    #[error("too many codes were sent, {0} seconds to wait")]
    RateLimited(u64),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Identity {
    /// One's own address.
    pub async fn own_mail_address_in(&self, tx: &mut Tx, ctx: &Ctx) -> Result<MailAddressView, MailAddressError> {
        let me = ctx.staff()?.id;
        let Some(row) = mail_address::of(tx, me).await? else {
            return Ok(MailAddressView {
                address: None,
                proved_at: None,
                claimed: None,
            });
        };
        let claimed = match row.code_expires_at.filter(|until| *until > ctx.now()) {
            Some(until) => self.open_claimed(me, &row)?.map(|address| (address, until)),
            None => None,
        };
        Ok(MailAddressView {
            address: self.open_address(me, &row)?,
            proved_at: row.proved_at,
            claimed,
        })
    }

    /// The address of somebody that was proved, for who sends them something. Callers decide who may see it.
    pub async fn mail_address_in(&self, tx: &mut Tx, id: StaffId) -> Result<Option<MailAddress>, MailAddressError> {
        match mail_address::of(tx, id).await? {
            Some(row) => Ok(self.open_address(id, &row)?),
            None => Ok(None),
        }
    }

    /// Who has an address that was proved. Callers decide who may see it.
    pub async fn reachable_in(&self, tx: &mut Tx) -> Result<HashSet<StaffId>, DbError> {
        Ok(mail_address::proved(tx).await?.into_iter().collect())
    }

    /// Notes an address that the person says is theirs; the code that is to be mailed there, six digits. An earlier code
    /// works no more. Nothing else changes until the code comes back.
    pub async fn claim_mail_address_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        address: &MailAddress,
    ) -> Result<SecretString, MailAddressError> {
        let me = ctx.staff()?.id;
        ctx.fresh_factor(CHANGE)?;
        let now = ctx.now();
        staff::hold(tx, me).await?.ok_or(Denied::Unauthenticated)?;
        let before = mail_address::of(tx, me).await?;
        let (codes_sent, codes_since) = before
            .map(|row| (row.codes_sent, row.codes_since))
            .filter(|(_, since)| now.since(*since) < WINDOW)
            .unwrap_or((0, now));
        if codes_sent >= CODES {
            let wait = WINDOW.saturating_sub(now.since(codes_since));
            return Err(MailAddressError::RateLimited(wait.as_secs().max(1)));
        }
        let code = six_digits(ctx);
        let claim = Claim {
            staff: me,
            claimed: &self.seal_mail(ctx, me, "claimed", address)?,
            code_hash: &self.mail_code(me, &code),
            expires_at: now + MAIL_CODE_FOR,
            codes_sent: codes_sent + 1,
            codes_since,
        };
        mail_address::claim(tx, &claim).await?;
        tx.audit(ctx, Entry::done("mail-address.claimed").target(me)).await?;
        Ok(SecretString::new(code))
    }

    /// Makes the claimed address the person's, if this is the code that was mailed to it.
    pub async fn prove_mail_address_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        code: &SecretString,
    ) -> Result<MailProof, MailAddressError> {
        let me = ctx.staff()?.id;
        ctx.fresh_factor(CHANGE)?;
        staff::hold(tx, me).await?.ok_or(Denied::Unauthenticated)?;
        let row = mail_address::of(tx, me).await?;
        let open = row.filter(|row| row.tries < TRIES && row.code_expires_at.is_some_and(|until| until > ctx.now()));
        let typed: String = code.expose().chars().filter(|c| !c.is_whitespace()).collect();
        let right = |row: &MailAddressRow| row.code_hash.as_deref() == Some(self.mail_code(me, &typed).as_slice());
        let proved = match open {
            Some(row) if right(&row) => self.open_claimed(me, &row)?.map(|claimed| (row, claimed)),
            _ => None,
        };
        let Some((row, claimed)) = proved else {
            mail_address::count_try(tx, me).await?;
            tx.audit(ctx, Entry::refused("mail-address.proved").target(me)).await?;
            return Ok(MailProof::Wrong);
        };
        let before = self.open_address(me, &row)?.filter(|before| *before != claimed);
        let sealed = self.seal_mail(ctx, me, "address", &claimed)?;
        mail_address::set(tx, me, Some(sealed), Some(ctx.now())).await?;
        touched(tx, ctx, me, Touch::MailAddressChanged).await?;
        tx.audit(ctx, Entry::done("mail-address.proved").target(me)).await?;
        Ok(MailProof::Proved { before })
    }

    /// Forgets one's address; the one of before.
    pub async fn forget_mail_address_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
    ) -> Result<Option<MailAddress>, MailAddressError> {
        let me = ctx.staff()?.id;
        ctx.fresh_factor(CHANGE)?;
        staff::hold(tx, me).await?.ok_or(Denied::Unauthenticated)?;
        let before = self.mail_address_in(tx, me).await?;
        mail_address::set(tx, me, None, None).await?;
        if before.is_some() {
            tx.audit(ctx, Entry::done("mail-address.forgotten").target(me)).await?;
        }
        Ok(before)
    }

    /// With a key of the vault: six digits alone are soon tried out by who steals the table.
    fn mail_code(&self, staff: StaffId, code: &str) -> Vec<u8> {
        self.vault.blind_index(TABLE, "code").of(&format!("{staff} {code}"))
    }

    fn seal_mail(
        &self,
        ctx: &Ctx,
        staff: StaffId,
        column: &'static str,
        address: &MailAddress,
    ) -> Result<Vec<u8>, VaultError> {
        let row = staff.uuid();
        let clear = address.expose().as_bytes();
        self.vault.seal(ctx.entropy(), TABLE, column, row.as_bytes(), clear)
    }

    fn open_address(&self, staff: StaffId, row: &MailAddressRow) -> Result<Option<MailAddress>, VaultError> {
        self.open_mail(staff, "address", row.address.as_deref())
    }

    fn open_claimed(&self, staff: StaffId, row: &MailAddressRow) -> Result<Option<MailAddress>, VaultError> {
        self.open_mail(staff, "claimed", row.claimed.as_deref())
    }

    fn open_mail(
        &self,
        staff: StaffId,
        column: &'static str,
        sealed: Option<&[u8]>,
    ) -> Result<Option<MailAddress>, VaultError> {
        let Some(sealed) = sealed else { return Ok(None) };
        let clear = self.vault.unseal(TABLE, column, staff.uuid().as_bytes(), sealed)?;
        Ok(std::str::from_utf8(clear.expose())
            .ok()
            .and_then(|text| text.parse().ok()))
    }
}

/// Each of the million codes as likely as any other: what would favour the first ones is thrown away.
pub(super) fn six_digits(ctx: &Ctx) -> String {
    const CODES: u32 = 1_000_000;
    loop {
        let drawn = u32::from_le_bytes(ctx.random());
        if drawn < u32::MAX - u32::MAX % CODES {
            return format!("{:06}", drawn % CODES);
        }
    }
}
