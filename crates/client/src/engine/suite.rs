//! The one cipher suite and the settings of every group, so that both implementations agree.

use openmls::prelude::{
    Ciphersuite, Lifetime, MIXED_PLAINTEXT_WIRE_FORMAT_POLICY, MlsGroupCreateConfig, MlsGroupJoinConfig,
    SenderRatchetConfiguration,
};
use openmls_traits::types::{HpkeAeadType, HpkeConfig, HpkeKdfType, HpkeKemType};
use wd_kernel::{Duration, Timestamp};

pub(crate) const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
pub(crate) const HPKE: HpkeConfig = HpkeConfig(
    HpkeKemType::DhKem25519,
    HpkeKdfType::HkdfSha256,
    HpkeAeadType::AesGcm128,
);

/// How long a key package may wait in the pool.
const KEY_PACKAGE_LIFE: Duration = Duration::from_hours(30 * 24);
/// How far a key package's beginning lies in the past, for clocks that are behind.
const CLOCK_MARGIN: Duration = Duration::from_hours(1);
const PADDING: usize = 256;
/// Messages of the current and the three epochs before it are accepted; one more for a late log.
const PAST_EPOCHS: usize = 4;

fn ratchet() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(10, 2000)
}

pub(crate) fn create_config(now: Timestamp) -> MlsGroupCreateConfig {
    MlsGroupCreateConfig::builder()
        .ciphersuite(SUITE)
        .wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY)
        .padding_size(PADDING)
        .max_past_epochs(PAST_EPOCHS)
        .sender_ratchet_configuration(ratchet())
        .use_ratchet_tree_extension(true)
        .lifetime(lifetime(now))
        .build()
}

pub(crate) fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY)
        .padding_size(PADDING)
        .max_past_epochs(PAST_EPOCHS)
        .sender_ratchet_configuration(ratchet())
        .use_ratchet_tree_extension(true)
        .build()
}

/// Thirty days from now, in whole seconds since the epoch.
pub(crate) fn lifetime(now: Timestamp) -> Lifetime {
    let seconds = |at: Timestamp| u64::try_from(at.seconds()).unwrap_or(0);
    // The whole span stays within thirty days: the margin is taken from its end.
    Lifetime::init(
        seconds(now - CLOCK_MARGIN),
        seconds(now + KEY_PACKAGE_LIFE - CLOCK_MARGIN),
    )
}
