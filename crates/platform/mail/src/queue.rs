//! Putting mails into the queue.

use wd_db::Tx;
use wd_kernel::{Ctx, Duration, Id as _, MailId, Timestamp};

use crate::{
    Inner, Mail, Outgoing, OutgoingError, TooMany,
    message::Content,
    store::{self, NewMail, RECIPIENT, SEALED, TABLE},
};

/// How many mails a recipient may have within an hour.
pub(crate) const AN_HOUR: i64 = 20;
/// Within which time they are counted.
pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);
/// How long a mail that stands for many waits for more of them.
pub(crate) const GATHER: Duration = Duration::from_secs(10 * 60);

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It waits for a worker.
    Queued(MailId),
    /// Another mail will stand for it.
    Collapsed,
    /// Its recipient had too many.
    Dropped,
    /// There is no mail server.
    NotSetUp,
}

impl Outgoing {
    /// Queues a mail in the transaction of what it tells of.
    pub async fn send(&self, tx: &mut Tx, ctx: &Ctx, mail: Mail) -> Result<Sent, OutgoingError> {
        let now = ctx.now();
        let id: MailId = ctx.id();
        let row = NewMail {
            id,
            kind: mail.kind,
            state: "waiting",
            queued_at: now,
            due_at: now,
            stands_for: 0,
            recipient: None,
            sealed: None,
        };
        if !self.is_set_up() {
            let row = NewMail {
                state: "not-sent",
                ..row
            };
            store::insert(tx, &row).await?;
            return Ok(Sent::NotSetUp);
        }
        let recipient = self.0.recipient(&mail);
        if store::count_since(tx, &recipient, now - HOUR).await? >= AN_HOUR {
            return self.too_many(tx, ctx, mail, row, recipient).await;
        }
        let row = NewMail {
            sealed: Some(self.0.seal(ctx, id, &mail.to, &mail.subject, &mail.text)?),
            recipient: Some(recipient),
            ..row
        };
        store::insert(tx, &row).await?;
        Ok(Sent::Queued(id))
    }

    async fn too_many(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        mail: Mail,
        row: NewMail,
        recipient: Vec<u8>,
    ) -> Result<Sent, OutgoingError> {
        let TooMany::Collapse { kind, subject, text } = mail.too_many else {
            let row = NewMail {
                state: "dropped",
                ..row
            };
            store::insert(tx, &row).await?;
            return Ok(Sent::Dropped);
        };
        if !store::stand_for_one_more(tx, &recipient).await? {
            let row = NewMail {
                kind,
                due_at: row.queued_at + GATHER,
                stands_for: 1,
                sealed: Some(self.0.seal(ctx, row.id, &mail.to, subject, text)?),
                recipient: Some(recipient),
                ..row
            };
            store::insert(tx, &row).await?;
        }
        Ok(Sent::Collapsed)
    }

    /// Forgets what need not be kept, and gives up what nobody delivered in time.
    pub async fn sweep(&self, ctx: &Ctx) -> Result<(), OutgoingError> {
        let now = ctx.now();
        let mut tx = self.0.db.begin().await?;
        store::give_up(&mut tx, too_late(now), now, crate::Trouble::TooLate.as_str()).await?;
        store::forget_recipients(&mut tx, now - HOUR).await?;
        store::forget(&mut tx, now - KEEP).await?;
        Ok(tx.commit().await?)
    }
}

/// How long it is known that there was a mail.
const KEEP: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// When a mail is given up.
pub(crate) const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// How much later no worker begins with it any more: the last try comes at the very end, and takes its time.
const GRACE: Duration = Duration::from_secs(60 * 60);

/// What was queued up to this time is not tried any more.
pub(crate) fn too_late(now: Timestamp) -> Timestamp {
    now - (GIVE_UP_AFTER + GRACE)
}

impl Inner {
    fn recipient(&self, mail: &Mail) -> Vec<u8> {
        self.vault.blind_index(TABLE, RECIPIENT).of(&mail.to.normalised())
    }

    fn seal(
        &self,
        ctx: &Ctx,
        id: MailId,
        to: &crate::MailAddress,
        subject: &str,
        text: &str,
    ) -> Result<Vec<u8>, OutgoingError> {
        let content = Content {
            to: to.expose().to_owned(),
            subject: subject.to_owned(),
            text: text.to_owned(),
        };
        let clear = wd_kernel::SecretBytes::new(serde_json::to_vec(&content)?);
        Ok(self
            .vault
            .seal(ctx.entropy(), TABLE, SEALED, id.uuid().as_bytes(), clear.expose())?)
    }

    /// Recipient, subject and text of a mail. `None` when they do not open.
    pub(crate) fn open(&self, id: MailId, sealed: Option<&[u8]>) -> Option<Content> {
        let clear = self.vault.unseal(TABLE, SEALED, id.uuid().as_bytes(), sealed?).ok()?;
        serde_json::from_slice(clear.expose()).ok()
    }
}
