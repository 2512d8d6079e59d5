//! What others need who let a customer prove who they are.

use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, CustomerId, SecretString, Timestamp};

use super::{CustomerError, record};
use crate::{
    Customers,
    store::{customer, widget},
};

/// An address in a record: of mail, or a telephone number.
#[derive(Debug)]
pub struct OnFile {
    /// The address.
    pub address: SecretString,
    /// When somebody last put another one in its place, or put it there at all. `None`: it came with the record, from
    /// the company's site.
    pub changed_at: Option<Timestamp>,
}

impl Customers {
    /// The mail address in a customer's record, for sending something to them. It is for nobody's eyes.
    pub async fn mail_on_file_in(&self, tx: &mut Tx, customer: CustomerId) -> Result<Option<OnFile>, CustomerError> {
        let row = customer::find(tx, customer).await?.ok_or(CustomerError::NotFound)?;
        let changed_at = customer::mail_changed_at(tx, customer).await?;
        self.on_file(tx, customer, "mail", row.mail.as_deref(), changed_at)
            .await
    }

    /// The same of the telephone number: `+` and digits.
    pub async fn phone_on_file_in(&self, tx: &mut Tx, customer: CustomerId) -> Result<Option<OnFile>, CustomerError> {
        let row = customer::find(tx, customer).await?.ok_or(CustomerError::NotFound)?;
        let changed_at = customer::phone_changed_at(tx, customer).await?;
        self.on_file(tx, customer, "phone", row.phone.as_deref(), changed_at)
            .await
    }

    async fn on_file(
        &self,
        tx: &mut Tx,
        customer: CustomerId,
        field: &'static str,
        sealed: Option<&[u8]>,
        changed_at: Option<Timestamp>,
    ) -> Result<Option<OnFile>, CustomerError> {
        let key = self.vault.subject_key(tx, customer).await?;
        let address = record::open_one(customer, field, sealed, &key)?;
        Ok(address.map(|address| OnFile {
            address: SecretString::new(address),
            changed_at,
        }))
    }

    /// Whether the widget session with the token of this hash still speaks for the customer.
    pub async fn session_lives_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        token_hash: [u8; 32],
    ) -> Result<bool, DbError> {
        Ok(widget::session(tx, token_hash, ctx.now())
            .await?
            .is_some_and(|session| session.customer == customer))
    }

    /// The same, if the company's site vouched for the customer when the session began.
    pub async fn session_is_vouched_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        token_hash: [u8; 32],
    ) -> Result<bool, DbError> {
        Ok(widget::session(tx, token_hash, ctx.now())
            .await?
            .is_some_and(|session| session.customer == customer && session.identity.is_some()))
    }
}
