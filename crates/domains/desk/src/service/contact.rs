//! The security contact: a mail address that hears of what matters for security. It is personal, and lies sealed.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::Tx;
use wd_kernel::Ctx;
use wd_mail::MailAddress;

use super::Desk;
use crate::{DeskError, store::settings};

/// The place that the sealed address belongs to; there is one row of settings.
const PLACE: (&str, &str, &[u8]) = ("desk_settings", "security_contact", &[1]);

impl Desk {
    /// The security contact, if there is one. Callers decide who may see it.
    pub async fn security_contact_in(&self, tx: &mut Tx) -> Result<Option<MailAddress>, DeskError> {
        let Some(sealed) = settings::contact(tx).await? else {
            return Ok(None);
        };
        let (table, column, row) = PLACE;
        let clear = tx.sealer().and_then(|sealer| sealer.open(table, column, row, &sealed));
        let text = clear.and_then(|clear| String::from_utf8(clear).ok());
        let address = text.and_then(|text| text.parse().ok());
        address.map(Some).ok_or(DeskError::Stored("the security contact"))
    }

    /// Changes it, for who may change the settings. The log has the address where it can be erased.
    pub(super) async fn change_contact(&self, tx: &mut Tx, ctx: &Ctx, wanted: &str) -> Result<(), DeskError> {
        let wanted = match wanted {
            "" => None,
            text => Some(text.parse::<MailAddress>().map_err(|_| DeskError::Invalid {
                field: "security_contact",
                message: "a mail address looks like security@example.org",
            })?),
        };
        if wanted == self.security_contact_in(tx).await? {
            return Ok(());
        }
        let (table, column, row) = PLACE;
        let sealed = match &wanted {
            None => None,
            Some(address) => {
                let sealed = tx
                    .sealer()
                    .and_then(|sealer| sealer.seal(ctx.entropy(), table, column, row, address.expose().as_bytes()));
                Some(sealed.ok_or(DeskError::Stored("the security contact"))?)
            }
        };
        settings::set_contact(tx, sealed).await?;
        let entry = Entry::done("settings.security-contact-changed").detail("set", wanted.is_some());
        let entry = match &wanted {
            Some(address) => entry.personal("address", address.expose()),
            None => entry,
        };
        tx.audit(ctx, entry).await?;
        Ok(())
    }
}
