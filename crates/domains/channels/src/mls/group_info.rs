use openmls::messages::group_info::VerifiableGroupInfo;
use openmls::prelude::{
    Extension, LeafNodeIndex, MlsMessageBodyIn, PublicGroup, RatchetTreeIn,
    tls_codec::{Deserialize as _, Serialize as _, Size as _, VLBytes},
};
use wd_crypto::jws;

use super::{MAX_HANDSHAKE, parse};
use crate::ChannelsError;

/// A GroupInfo as it was uploaded, with its ratchet tree.
pub(super) struct Uploaded {
    pub(super) info: VerifiableGroupInfo,
    pub(super) tree: RatchetTreeIn,
}

pub(super) fn read(bytes: &[u8]) -> Result<Uploaded, ChannelsError> {
    let MlsMessageBodyIn::GroupInfo(info) = parse(bytes, MAX_HANDSHAKE)? else {
        return Err(ChannelsError::InvalidMls("not a GroupInfo"));
    };
    let tree = info.extensions().iter().find_map(|extension| match extension {
        Extension::RatchetTree(tree) => Some(tree.ratchet_tree().clone()),
        _ => None,
    });
    let tree = tree.ok_or(ChannelsError::InvalidMls("the GroupInfo has no ratchet tree"))?;
    if !info
        .extensions()
        .iter()
        .any(|extension| matches!(extension, Extension::ExternalPub(_)))
    {
        return Err(ChannelsError::InvalidMls("the GroupInfo has no external public key"));
    }
    Ok(Uploaded { info, tree })
}

/// Checks that a GroupInfo describes exactly this group, and that the committer signed it.
pub(super) fn check(bytes: &[u8], group: &PublicGroup, committer: LeafNodeIndex) -> Result<(), ChannelsError> {
    let uploaded = read(bytes)?;
    if uploaded.info.group_context() != group.group_context() {
        return Err(ChannelsError::InvalidMls(
            "the GroupInfo is of another state of the group",
        ));
    }
    if uploaded.tree != RatchetTreeIn::from(group.export_ratchet_tree()) {
        return Err(ChannelsError::InvalidMls("the GroupInfo has another ratchet tree"));
    }
    let broken = || ChannelsError::InvalidMls("the GroupInfo cannot be read");
    let whole = uploaded.info.tls_serialize_detached().map_err(|_| broken())?;
    let head = uploaded.info.group_context().tls_serialized_len() + uploaded.info.extensions().tls_serialized_len();
    // What follows the extensions (RFC 9420 §12.4.3): opaque confirmation_tag<V>, uint32 signer, opaque signature<V>.
    let mut rest = whole.get(head..).ok_or_else(broken)?;
    let tag = VLBytes::tls_deserialize(&mut rest).map_err(|_| broken())?;
    let signer = u32::tls_deserialize(&mut rest).map_err(|_| broken())?;
    let signed = whole.get(..whole.len() - rest.len()).ok_or_else(broken)?;
    let signature = VLBytes::tls_deserialize(&mut rest).map_err(|_| broken())?;
    let expected = group
        .confirmation_tag()
        .tls_serialize_detached()
        .map_err(|_| broken())?;
    if tag.tls_serialize_detached().map_err(|_| broken())? != expected || !rest.is_empty() {
        return Err(ChannelsError::InvalidMls("the GroupInfo has another confirmation tag"));
    }
    if signer != committer.u32() {
        return Err(ChannelsError::InvalidMls("the GroupInfo is not signed by who commits"));
    }
    let key = group.leaf(committer).ok_or_else(broken)?.signature_key().as_slice();
    jws::verify_raw(key, &sign_content(signed)?, signature.as_slice())
        .map_err(|_| ChannelsError::InvalidMls("the GroupInfo's signature does not check"))
}

/// What `SignWithLabel` signs (RFC 9420 §5.1.2).
fn sign_content(content: &[u8]) -> Result<Vec<u8>, ChannelsError> {
    let field = |bytes: &[u8]| {
        VLBytes::from(bytes.to_vec())
            .tls_serialize_detached()
            .map_err(|_| ChannelsError::TooLarge)
    };
    Ok([field(b"MLS 1.0 GroupInfoTBS")?, field(content)?].concat())
}
