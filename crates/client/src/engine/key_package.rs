//! Key packages: how a device that is away can be added.

use openmls::prelude::{
    Capabilities, ExtensionType, KeyPackage, MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, ProtocolVersion,
    tls_codec::DeserializeBytes as _,
};
use openmls_rust_crypto::RustCrypto;
use serde::{Deserialize, Serialize};
use wd_kernel::{DeviceId, Timestamp};

use super::{Bytes, Device, EngineError, Refusal, error::mls, suite};

/// A key package as the server hands it out, with the device's statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedKeyPackage {
    /// Whose.
    pub device: DeviceId,
    /// The device's statement.
    pub statement: String,
    /// The MLS key package.
    pub key_package: Bytes,
}

impl Device {
    /// A new key package, valid for thirty days; the private half stays in the device.
    pub fn key_package(&mut self, now: Timestamp) -> Result<Bytes, EngineError> {
        self.make_package(now, false)
    }

    /// The one key package that is not used up, for when the pool is empty.
    pub fn last_resort(&mut self, now: Timestamp) -> Result<Bytes, EngineError> {
        self.make_package(now, true)
    }

    fn make_package(&mut self, now: Timestamp, last_resort: bool) -> Result<Bytes, EngineError> {
        let mut builder = KeyPackage::builder().key_package_lifetime(suite::lifetime(now));
        if last_resort {
            // RFC 9420 §10: a leaf says that it knows the extensions of its key package.
            let knows = Capabilities::new(None, None, Some(&[ExtensionType::LastResort]), None, None);
            builder = builder.mark_as_last_resort().leaf_node_capabilities(knows);
        }
        let bundle = builder
            .build(suite::SUITE, &self.packages, self.keys(), self.credential())
            .map_err(mls("make a key package"))?;
        let bytes = MlsMessageOut::from(bundle.key_package().clone())
            .to_bytes()
            .map_err(mls("write a key package"))?;
        Ok(bytes.into())
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<KeyPackage, EngineError> {
    let message = MlsMessageIn::tls_deserialize_exact_bytes(bytes).map_err(mls("read a key package"))?;
    let MlsMessageBodyIn::KeyPackage(package) = message.extract() else {
        return Err(Refusal::Form.into());
    };
    let package = package
        .validate(&RustCrypto::default(), ProtocolVersion::Mls10)
        .map_err(mls("check a key package"))?;
    if package.ciphersuite() == suite::SUITE {
        Ok(package)
    } else {
        Err(Refusal::Form.into())
    }
}
