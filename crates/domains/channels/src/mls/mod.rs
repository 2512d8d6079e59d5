//! What the server understands of MLS without holding any secret: groups, commits, GroupInfos, key packages.

mod group;
mod group_info;
mod key_package;

#[cfg(feature = "testing")]
pub(crate) use group::SUITE;
pub(crate) use group::{Change, Committer, Leaf, TrackedGroup};
pub(crate) use key_package::check_key_package;

use openmls::prelude::{ContentType, MlsMessageBodyIn, MlsMessageIn, ProtocolMessage, tls_codec::Deserialize as _};
use wd_kernel::{ConversationId, Timestamp};

use crate::ChannelsError;

/// 64 KiB of text, JSON and padding.
const MAX_MESSAGE: usize = 96 * 1024;
/// Grants for far more devices than a conversation has: one of a long reason has about 4 KiB, most have 700 bytes.
const MAX_AUTHENTICATED_DATA: usize = 24 * 1024;
/// Commits and GroupInfos of groups far larger than a conversation.
const MAX_HANDSHAKE: usize = 128 * 1024;

/// An `MLSMessage` and nothing behind it.
fn parse(bytes: &[u8], limit: usize) -> Result<MlsMessageBodyIn, ChannelsError> {
    if bytes.len() > limit {
        return Err(ChannelsError::TooLarge);
    }
    MlsMessageIn::tls_deserialize_exact(bytes)
        .map(MlsMessageIn::extract)
        .map_err(|_| ChannelsError::InvalidMls("not an MLSMessage"))
}

/// Checks that these are a welcome.
pub(crate) fn check_welcome(bytes: &[u8]) -> Result<(), ChannelsError> {
    match parse(bytes, MAX_HANDSHAKE)? {
        MlsMessageBodyIn::Welcome(_) => Ok(()),
        _ => Err(ChannelsError::InvalidMls("not a Welcome")),
    }
}

/// Checks the frame of an application message; its epoch.
pub(crate) fn check_application(bytes: &[u8], conversation: ConversationId) -> Result<i64, ChannelsError> {
    let MlsMessageBodyIn::PrivateMessage(message) = parse(bytes, MAX_MESSAGE)? else {
        return Err(ChannelsError::InvalidMls("an application message is a PrivateMessage"));
    };
    let message = ProtocolMessage::from(message);
    if message.content_type() != ContentType::Application
        || message.group_id().as_slice() != conversation.to_string().as_bytes()
    {
        return Err(ChannelsError::InvalidMls(
            "not an application message of this conversation",
        ));
    }
    i64::try_from(message.epoch().as_u64()).map_err(|_| ChannelsError::InvalidMls("no such epoch"))
}

/// A time of the platform as MLS lifetimes count it.
fn lifetime_seconds(at: Timestamp) -> u64 {
    u64::try_from(at.seconds()).unwrap_or(0)
}
