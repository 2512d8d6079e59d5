//! Adding and removing a passkey. Whoever could do it for somebody else would be them from then on, so a visitor cannot,
//! a new one waits for a day, and the address on file is told.

use serde_json::Value;
use wd_customer_proof::{Asking, Channel, CustomerPasskey, PasskeyAnswer, PasskeyQuestion};
use wd_db::Tx;
use wd_kernel::{Ctx, CustomerId, CustomerPasskeyId, Denied};
use wd_mail::{Mail, Sent};

use super::{PasskeyList, words, words::Happened};
use crate::customer_proof::{CustomerProofError, CustomerProofs};

impl CustomerProofs {
    /// The customer's own passkeys.
    pub async fn own_passkeys(&self, ctx: &Ctx, asking: &Asking) -> Result<PasskeyList, CustomerProofError> {
        let customer = ctx.actor.customer().ok_or(Denied::Unauthenticated)?;
        let mut tx = self.db.snapshot().await?;
        Ok(PasskeyList {
            passkeys: self.proofs.passkeys_in(&mut tx, customer).await?,
            may_add: self.is_known(&mut tx, ctx, customer, asking).await?,
        })
    }

    /// The question for a new passkey.
    pub async fn begin_passkey(&self, ctx: &Ctx, asking: &Asking) -> Result<PasskeyQuestion, CustomerProofError> {
        let mut tx = self.db.snapshot().await?;
        let customer = self.known(&mut tx, ctx, asking).await?;
        let name = self.on_file.name(&mut tx, customer).await;
        let name = name.map_err(CustomerProofError::Record)?;
        let name = name.as_deref().unwrap_or("Customer");
        let question = self.proofs.begin_passkey_in(&mut tx, ctx, customer, asking, name);
        Ok(question.await?)
    }

    /// Adds the passkey that answered, and tells the address on file.
    pub async fn add_passkey(
        &self,
        ctx: &Ctx,
        asking: &Asking,
        ceremony: &str,
        name: &str,
        credential: &Value,
    ) -> Result<CustomerPasskey, CustomerProofError> {
        let ctx = &ctx.in_one_moment();
        let mut tx = self.db.begin().await?;
        let customer = self.known(&mut tx, ctx, asking).await?;
        let sites = self.desk.settings_in(&mut tx).await?.widget_origins;
        let answer = PasskeyAnswer {
            ceremony,
            credential,
            sites: &sites,
        };
        let added = self
            .proofs
            .add_passkey_in(&mut tx, ctx, customer, asking, name, answer)
            .await?;
        if added.is_some() {
            self.tell(&mut tx, ctx, customer, Happened::Added).await?;
        }
        // An answer that is not accepted spends the question.
        tx.commit().await?;
        added.ok_or(CustomerProofError::NoPasskey)
    }

    /// Removes a passkey of the customer's own, and tells the address on file.
    pub async fn remove_passkey(
        &self,
        ctx: &Ctx,
        asking: &Asking,
        id: CustomerPasskeyId,
    ) -> Result<(), CustomerProofError> {
        let ctx = &ctx.in_one_moment();
        let mut tx = self.db.begin().await?;
        let customer = self.known(&mut tx, ctx, asking).await?;
        self.proofs.remove_passkey_in(&mut tx, ctx, customer, id).await?;
        self.tell(&mut tx, ctx, customer, Happened::Removed).await?;
        Ok(tx.commit().await?)
    }

    /// The customer, if it is known here who they are.
    async fn known(&self, tx: &mut Tx, ctx: &Ctx, asking: &Asking) -> Result<CustomerId, CustomerProofError> {
        let customer = ctx.actor.customer().ok_or(Denied::Unauthenticated)?;
        if self.is_known(tx, ctx, customer, asking).await? {
            Ok(customer)
        } else {
            Err(CustomerProofError::NotKnown)
        }
    }

    /// Whether the company's site vouches for the customer in this session, or a proof was given in it, and by this
    /// device, that counts now. A code by mail is not enough: who reads the mail once would pass for the customer for
    /// good, and could delete the notice.
    async fn is_known(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        asking: &Asking,
    ) -> Result<bool, CustomerProofError> {
        let vouched = self.on_file.session_is_vouched(tx, ctx, customer, &asking.session);
        if vouched.await.map_err(CustomerProofError::Record)? {
            return Ok(true);
        }
        for conversation in self.proofs.proved_by_in(tx, customer, asking, ctx.now()).await? {
            let proof = self.proof_of_in(tx, ctx, conversation).await?;
            if proof.is_some_and(|proof| proof.given_by == *asking && proof.channel != Channel::MailCode) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Tells the mail address on file what happened to a passkey, if there is one and mails can be sent.
    pub(super) async fn tell(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        happened: Happened,
    ) -> Result<(), CustomerProofError> {
        if !self.outgoing.is_set_up() {
            return Ok(());
        }
        let on_file = self.on_file.address(tx, customer, Channel::MailCode).await;
        let on_file = on_file.map_err(CustomerProofError::Record)?;
        let Some(to) = on_file.and_then(|(address, _)| address.expose().parse().ok()) else {
            return Ok(());
        };
        let organisation = self.desk.settings_in(tx).await?.name;
        let (subject, text) = words::mail(&organisation, happened, ctx.now());
        let mail = Mail::new(to, words::KIND, subject, text)?;
        // Nobody adds or removes one unseen by filling the limit of mails first.
        let sent = match happened {
            Happened::Added | Happened::Removed => self.outgoing.send(tx, ctx, mail).await?,
            Happened::Stopped => self.outgoing.send(tx, ctx, mail.or(words::TOO_MANY)).await?,
        };
        match sent {
            Sent::Dropped => Err(CustomerProofError::TooManyMails),
            Sent::Queued(_) | Sent::Collapsed | Sent::NotSetUp => Ok(()),
        }
    }
}
