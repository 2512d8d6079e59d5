use wd_channels::{Appended, ItemKind, NewNote, NoteAppended, SealedNoteKey, Sending};
use wd_desk::{Refusal, State, permissions::ConversationNote};
use wd_kernel::{ConversationId, Ctx};

use super::{Conversations, ConversationsError};

impl Conversations {
    /// Sends a letter or a message. What a customer writes opens a closed conversation again.
    pub async fn send(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        sending: Sending<'_>,
    ) -> Result<Appended, ConversationsError> {
        let mut tx = self.db.begin().await?;
        let mut case = self.desk.lock_in(&mut tx, ctx, id).await?;
        let client_id = match sending {
            Sending::Letter { client_id, .. } | Sending::Message { client_id, .. } => client_id,
        };
        if case.state == State::Closed && self.channels.answered_in(&mut tx, id, client_id, None).await?.is_none() {
            if ctx.actor.staff().is_some() {
                return Err(wd_desk::DeskError::Refused(Refusal::Closed).into());
            }
            case = self.desk.reopen_in(&mut tx, ctx, case).await?;
            self.channels.mark_in(&mut tx, ctx, id, ItemKind::Reopened).await?;
        }
        let sent = self.channels.send_in(&mut tx, ctx, id, sending).await?;
        if !sent.repeated {
            self.desk.touch_in(&mut tx, ctx, case).await?;
        }
        // Also when repeated: the first answer may be waiting for the commit that both share.
        tx.commit().await?;
        Ok(sent.appended)
    }

    /// Notes how far the actor is.
    pub async fn receive(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        delivered: i64,
        read: i64,
    ) -> Result<(), ConversationsError> {
        let mut tx = self.db.begin().await?;
        self.desk.find_in(&mut tx, ctx, id).await?;
        self.channels.receive_in(&mut tx, ctx, id, delivered, read).await?;
        Ok(tx.commit().await?)
    }

    /// Writes a note, for those with the right to notes.
    pub async fn write_note(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        note: &NewNote,
    ) -> Result<NoteAppended, ConversationsError> {
        let mut tx = self.db.begin().await?;
        let case = self.staff_case(&mut tx, ctx, id).await?;
        self.desk.require_in::<ConversationNote>(&mut tx, ctx, &case).await?;
        let appended = self.channels.write_note_in(&mut tx, ctx, id, note).await?;
        tx.commit().await?;
        Ok(appended)
    }

    /// Keeps a note key, for those with the right to notes.
    pub async fn add_note_key(
        &self,
        ctx: &Ctx,
        id: ConversationId,
        key: &SealedNoteKey,
    ) -> Result<(), ConversationsError> {
        let mut tx = self.db.begin().await?;
        let case = self.staff_case(&mut tx, ctx, id).await?;
        self.desk.require_in::<ConversationNote>(&mut tx, ctx, &case).await?;
        self.channels.add_note_key_in(&mut tx, ctx, id, key).await?;
        Ok(tx.commit().await?)
    }
}
