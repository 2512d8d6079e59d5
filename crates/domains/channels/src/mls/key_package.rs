use openmls::prelude::{KeyPackage, MlsMessageBodyIn, ProtocolVersion};
use openmls_rust_crypto::RustCrypto;
use wd_kernel::{Duration, Timestamp};

use super::{MAX_HANDSHAKE, lifetime_seconds, parse};
use crate::ChannelsError;

/// The longest lifetime of a key package, with an hour for clocks that differ.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600 + 3600);

/// Reads a key package and checks all that concerns MLS: signatures, suite, lifetime.
pub(crate) fn check_key_package(bytes: &[u8], now: Timestamp) -> Result<KeyPackage, ChannelsError> {
    let MlsMessageBodyIn::KeyPackage(package) = parse(bytes, MAX_HANDSHAKE)? else {
        return Err(ChannelsError::InvalidMls("not a KeyPackage"));
    };
    let package = package
        .validate(&RustCrypto::default(), ProtocolVersion::Mls10)
        .map_err(|_| ChannelsError::InvalidMls("the key package does not check"))?;
    check_lifetime(&package, now)?;
    if package.ciphersuite() != super::group::SUITE {
        return Err(ChannelsError::InvalidMls("the key package is for another cipher suite"));
    }
    Ok(package)
}

/// At most 30 days, and now within them.
pub(super) fn check_lifetime(package: &KeyPackage, now: Timestamp) -> Result<(), ChannelsError> {
    let life = package.life_time();
    if life.not_after().saturating_sub(life.not_before()) > MAX_LIFETIME.as_secs() {
        return Err(ChannelsError::InvalidMls("the key package lives longer than 30 days"));
    }
    let now = lifetime_seconds(now);
    // The same minute of patience as for statements.
    if life.not_before() > now + 60 || life.not_after() <= now {
        return Err(ChannelsError::InvalidMls("the key package is not valid at this time"));
    }
    Ok(())
}
