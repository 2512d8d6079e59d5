//! What openmls keeps, as values that can be saved.

use std::{collections::BTreeMap, sync::PoisonError};

use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::OpenMlsProvider;
use wd_kernel::b64u;

/// Keys and values of a store, `b64u`.
pub(crate) type Dump = BTreeMap<String, String>;

pub(crate) fn dump(provider: &OpenMlsRustCrypto) -> Dump {
    let values = provider.storage().values.read().unwrap_or_else(PoisonError::into_inner);
    values
        .iter()
        .map(|(key, value)| (b64u::encode(key), b64u::encode(value)))
        .collect()
}

pub(crate) fn restore(dump: &Dump) -> OpenMlsRustCrypto {
    let provider = OpenMlsRustCrypto::default();
    {
        let mut values = provider
            .storage()
            .values
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        values.extend(
            dump.iter()
                .filter_map(|(key, value)| Some((b64u::decode(key)?, b64u::decode(value)?))),
        );
    }
    provider
}

pub(crate) fn copy(provider: &OpenMlsRustCrypto) -> OpenMlsRustCrypto {
    let copy = OpenMlsRustCrypto::default();
    {
        let from = provider.storage().values.read().unwrap_or_else(PoisonError::into_inner);
        copy.storage()
            .values
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&from);
    }
    copy
}

/// After `working`, a copy of `original`, was used: what `working` deleted goes from `original`, and what `working`
/// merely inherited goes from `working`.
pub(crate) fn part(original: &OpenMlsRustCrypto, working: &OpenMlsRustCrypto) {
    let mut original = original
        .storage()
        .values
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    let mut working = working.storage().values.write().unwrap_or_else(PoisonError::into_inner);
    original.retain(|key, _| working.contains_key(key));
    working.retain(|key, _| !original.contains_key(key));
}
