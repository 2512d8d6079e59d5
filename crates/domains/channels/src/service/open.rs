use serde::{Deserialize, Serialize};
use serde_json::json;
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, DeviceId, TeamId};

use super::{Channels, own_device, person, rate, removal::append, send};
use crate::{
    Bytes, ChannelsError, ItemKind, Record, RecordType, SealedHistoryKey,
    mls::TrackedGroup,
    model::valid,
    store::{
        device::subject_uuid,
        group::{self, GroupRow},
        team_key,
    },
};

/// A conversation that a customer begins.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConversation {
    /// The client makes the id: it is also the group's.
    pub conversation: ConversationId,
    /// The customer's device, alone in the group.
    pub device: DeviceId,
    /// The GroupInfo of epoch 0.
    pub group_info: Bytes,
    /// The history key of epoch 0.
    pub history_key: SealedHistoryKey,
    /// What the customer has to say.
    #[serde(default)]
    pub first: Option<FirstLetter>,
}

/// The first letter.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstLetter {
    /// The sender's id for it.
    pub client_id: String,
    /// The letter.
    pub record: Record,
}

/// A conversation that was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OpenedConversation {
    /// Its id.
    pub conversation: ConversationId,
    /// The number of its last item so far.
    pub seq: i64,
    /// Whether this was a repetition of an earlier request.
    #[serde(skip)]
    pub repeated: bool,
}

impl Channels {
    /// Begins a conversation of the acting customer with a team. A repeated request gets the present state.
    pub async fn open_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        team: TeamId,
        new: &NewConversation,
    ) -> Result<OpenedConversation, ChannelsError> {
        // Clients measure the statement by the time of the first item.
        let ctx = &ctx.in_one_moment();
        let owner = person(ctx)?;
        let customer = owner.customer().ok_or(ChannelsError::NotFound)?;
        let device = own_device(tx, ctx, new.device).await?;
        let conversation = new.conversation;
        if let Some(known) = group::find(tx, conversation).await? {
            return if known.customer == customer {
                Ok(OpenedConversation {
                    conversation,
                    seq: known.head,
                    repeated: true,
                })
            } else {
                Err(ChannelsError::Conflict("this id is taken"))
            };
        }
        rate::CONVERSATIONS.spend(tx, ctx, subject_uuid(owner)).await?;
        let tracked = TrackedGroup::create(conversation, &new.group_info.0)?;
        let trust = self.trust(tx).await?;
        for leaf in tracked.leaves()? {
            let statement = trust.device(&leaf.statement)?;
            let fits = statement.device == device.id
                && statement.sub == owner.to_string()
                && statement.mls_key.0 == leaf.mls_key.as_slice();
            if !fits || statement.mls_key != device.mls_key() || !valid(statement.iat, statement.exp, ctx.now()) {
                return Err(ChannelsError::InvalidMls("the group's leaf is not the device"));
            }
        }
        check_history_key(tx, &new.history_key, team, 0).await?;
        let row = GroupRow {
            conversation,
            customer,
            team,
            head: 0,
            note_head: 0,
            epoch: 0,
        };
        if !group::insert(tx, &row, &tracked.state()?, &new.group_info.0, ctx.now()).await? {
            return Err(ChannelsError::Conflict("this id is taken"));
        }
        group::add_member(tx, conversation, device.id, false, 0).await?;
        group::add_history_key(tx, conversation, &new.history_key).await?;
        let mut seq = append(
            tx,
            ctx,
            conversation,
            None,
            ItemKind::Opened,
            None,
            Some(&device),
            0,
            &json!({ "team": team }),
        )
        .await?
        .seq;
        if let Some(first) = &new.first {
            let header = send::check_record(
                &first.record,
                RecordType::Letter,
                conversation,
                &first.client_id,
                &device,
            )?;
            if header.key != 0 {
                return Err(ChannelsError::EpochConflict);
            }
            rate::MESSAGES.spend(tx, ctx, subject_uuid(owner)).await?;
            let body = json!({ "record": first.record });
            seq = append(
                tx,
                ctx,
                conversation,
                None,
                ItemKind::Letter,
                Some(&first.client_id),
                Some(&device),
                0,
                &body,
            )
            .await?
            .seq;
        }
        tx.audit(
            ctx,
            Entry::done("conversation.opened")
                .target(conversation)
                .detail("team", team.to_string()),
        )
        .await?;
        Ok(OpenedConversation {
            conversation,
            seq,
            repeated: false,
        })
    }
}

/// Checks the place of a sealed history key; its content is sealed.
pub(crate) async fn check_history_key(
    tx: &mut Tx,
    key: &SealedHistoryKey,
    team: TeamId,
    epoch: i64,
) -> Result<(), ChannelsError> {
    if key.epoch != epoch || key.team != team {
        return Err(ChannelsError::invalid("history_key", "it is for another epoch or team"));
    }
    check_sealed(&key.sealed)?;
    if team_key::exists(tx, team, key.generation).await? {
        Ok(())
    } else {
        Err(ChannelsError::invalid("history_key", "the team key does not exist"))
    }
}

/// 32 bytes sealed by HPKE: 32 of the encapsulated key, 32 of ciphertext, 16 of tag.
pub(crate) fn check_sealed(sealed: &Bytes) -> Result<(), ChannelsError> {
    if sealed.0.len() == 80 {
        Ok(())
    } else {
        Err(ChannelsError::invalid("sealed", "a sealed key has 80 bytes"))
    }
}
