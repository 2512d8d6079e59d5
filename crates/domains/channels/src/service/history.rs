use serde::{Deserialize, Serialize};
use serde_json::json;
use wd_crypto::jws;
use wd_db::Tx;
use wd_kernel::{ConversationId, Ctx, Denied, DeviceId};

use super::{Channels, lock, own_device, rate, removal::append};
use crate::{
    Appended, Bytes, ChannelsError, ItemKind, Signature, Subject,
    store::{
        device::{self, subject_uuid},
        group,
    },
};

/// More keys than a conversation will have: 32 bytes each, as JSON.
const LARGEST: usize = 64 * 1024;

/// Keys of earlier epochs, sealed by a customer's device to another one of the same customer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// The sender's id for it.
    pub client_id: String,
    /// The device that hands over.
    pub device: DeviceId,
    /// The device that receives.
    pub to: DeviceId,
    /// HPKE: enc and ciphertext.
    pub sealed: Bytes,
    /// Ed25519 by the sending device over what is sealed, both devices and the conversation.
    pub signature: Signature,
}

impl Channels {
    /// Appends keys that a customer's device hands to another one of the same customer. Both are in the group.
    pub async fn hand_over_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: ConversationId,
        new: &HandOver,
    ) -> Result<Appended, ChannelsError> {
        let customer = ctx.actor.customer().ok_or(Denied::Unauthenticated)?;
        let group = lock(tx, ctx, conversation).await?;
        if let Some(appended) = self
            .answered_in(tx, conversation, &new.client_id, Some(new.device))
            .await?
        {
            return Ok(appended);
        }
        if new.sealed.0.len() > LARGEST {
            return Err(ChannelsError::invalid("sealed", "at most 64 KiB"));
        }
        let from = own_device(tx, ctx, new.device).await?;
        let to = device::find(tx, new.to)
            .await?
            .filter(|row| row.owner() == Subject::Customer(customer) && row.revoked_at.is_none() && row.id != from.id)
            .ok_or(ChannelsError::invalid("to", "not another device of yours"))?;
        let members = group::members(tx, conversation).await?;
        let inside = |device| members.iter().any(|member| member.device == device);
        if !inside(from.id) || !inside(to.id) {
            return Err(ChannelsError::Conflict("this device is not in the conversation"));
        }
        let signed = [
            b"wardesk-own-history-v1\0".as_slice(),
            format!("{conversation}|{}|{}|", from.id, to.id).as_bytes(),
            &new.sealed.0,
        ]
        .concat();
        jws::verify_raw(&from.mls_key, &signed, &new.signature.0)
            .map_err(|_| ChannelsError::invalid("signature", "the signature does not check"))?;
        rate::MESSAGES.spend(tx, ctx, subject_uuid(from.owner())).await?;
        let body = json!({ "to": to.id, "sealed": new.sealed, "signature": new.signature });
        let item = append(
            tx,
            ctx,
            conversation,
            None,
            ItemKind::History,
            Some(&new.client_id),
            Some(&from),
            group.epoch,
            &body,
        )
        .await?;
        Ok(Appended { items: vec![item] })
    }
}
