use serde::{Deserialize, Serialize};
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, DeviceId, StaffId, Timestamp};

use super::{Channels, lock, open::check_sealed, own_device, send, visible};
use crate::{
    ChannelsError, NoteWritten, Record, RecordType, SealedNoteKey,
    store::{group, notes, team_key},
};

/// A note to be kept beside a conversation.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// The sender's id for it.
    pub client_id: String,
    /// The note under a note key.
    pub record: Record,
}

/// A note beside a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Note {
    /// Gapless, from 1.
    pub seq: i64,
    /// The device that wrote it.
    pub device: DeviceId,
    /// The device's statement at that time.
    pub statement: String,
    /// Who wrote it.
    pub by: StaffId,
    /// When.
    pub at: Timestamp,
    /// The note.
    pub record: Record,
}

/// The answer to a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct NoteAppended {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
}

impl Channels {
    /// Writes a note. That the actor may is the caller's to check; it is never a customer.
    pub async fn write_note_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        new: &NewNote,
    ) -> Result<NoteAppended, ChannelsError> {
        let staff = ctx.staff()?.id;
        lock(tx, ctx, conversation).await?;
        let header = new.record.header(RecordType::Note, conversation, &new.client_id)?;
        if let Some((seq, at, device)) = notes::answer(tx, conversation, &new.client_id).await? {
            return if device == header.device {
                Ok(NoteAppended { seq, at })
            } else {
                Err(ChannelsError::Conflict("another device used this client_id"))
            };
        }
        let device = own_device(tx, ctx, header.device).await?;
        send::check_record(&new.record, RecordType::Note, conversation, &new.client_id, &device)?;
        let record = serde_json::to_string(&new.record)?;
        let note = notes::NewNote {
            client_id: new.client_id.clone(),
            device: device.id,
            statement: device.statement,
            staff,
            at: ctx.now(),
            record,
        };
        let seq = notes::append(tx, conversation, note).await?;
        tx.emit(ctx, &NoteWritten { conversation, seq }).await?;
        Ok(NoteAppended { seq, at: ctx.now() })
    }

    /// The notes after a number.
    pub async fn notes_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Note>, ChannelsError> {
        ctx.staff()?;
        visible(ctx, group::find(tx, conversation).await?)?;
        let rows = notes::after(tx, conversation, after.max(0), limit.clamp(1, 200)).await?;
        let note = |row: notes::NoteRow| {
            let record = serde_json::from_str(&row.record)?;
            Ok(Note {
                seq: row.seq,
                device: row.device,
                statement: row.jws,
                by: row.staff,
                at: row.at,
                record,
            })
        };
        rows.into_iter().map(note).collect()
    }

    /// Keeps a note key; the number must be new.
    pub async fn add_note_key_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        key: &SealedNoteKey,
    ) -> Result<(), ChannelsError> {
        ctx.staff()?;
        let group = lock(tx, ctx, conversation).await?;
        check_sealed(&key.sealed)?;
        if key.number < 1 || key.team != group.team || !team_key::exists(tx, key.team, key.generation).await? {
            return Err(ChannelsError::invalid(
                "generation",
                "the number, the team or the team key does not fit",
            ));
        }
        if notes::add_key(tx, conversation, key).await? {
            Ok(())
        } else {
            Err(ChannelsError::Conflict("the number is taken"))
        }
    }

    /// The sealed note keys.
    pub async fn note_keys_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
    ) -> Result<Vec<SealedNoteKey>, ChannelsError> {
        ctx.staff()?;
        visible(ctx, group::find(tx, conversation).await?)?;
        Ok(notes::keys(tx, conversation).await?)
    }
}
