//! What happened here, for those who react to it.

use serde::{Deserialize, Serialize};
use wd_kernel::{ConversationId, CustomerId, DeviceId, Event, StaffId, TeamId};

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal { $($(#[$fdoc:meta])* $field:ident: $ty:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name { $($(#[$fdoc])* pub $field: $ty),* }
        impl Event for $name {
            const KIND: &'static str = $kind;
        }
    )*};
}

events! {
    /// The log of a conversation has one item more.
    ItemAppended = "channels.appended" {
        /// Which conversation.
        conversation: ConversationId,
        /// The item's number.
        seq: i64,
        /// The item's kind.
        kind: String,
    }
    /// Somebody received or read more.
    ReceiptMoved = "channels.receipt" {
        /// Which conversation.
        conversation: ConversationId,
        /// `None` is the customer.
        staff: Option<StaffId>,
        /// The last item that arrived.
        delivered: i64,
        /// The last item that was read.
        read: i64,
    }
    /// A note was written.
    NoteWritten = "channels.note" {
        /// Which conversation.
        conversation: ConversationId,
        /// The note's number.
        seq: i64,
    }
    /// A team has a new key, new shares, or needs one.
    TeamKeyChanged = "channels.team_key" {
        /// Which team.
        team: TeamId,
    }
    /// A device may take part.
    DeviceEnrolled = "channels.device_enrolled" {
        /// The device.
        device: DeviceId,
        /// Its owner among the staff.
        staff: Option<StaffId>,
        /// Its owner among the customers.
        customer: Option<CustomerId>,
    }
    /// A device may no longer take part.
    DeviceRevoked = "channels.device_revoked" {
        /// The device.
        device: DeviceId,
        /// Its owner among the staff.
        staff: Option<StaffId>,
        /// Its owner among the customers.
        customer: Option<CustomerId>,
    }
    /// The organisation signs with a new key.
    OrganisationKeyRotated = "channels.organisation_key" {
        /// The name of the key.
        kid: String,
    }
}
