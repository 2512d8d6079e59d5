//! One program for all targets: `WARDESK_FUZZ_TARGET` names the one to run.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let wanted = std::env::var("WARDESK_FUZZ_TARGET").unwrap_or_default();
    let all = [
        wd_kernel::fuzzing::TARGETS,
        wd_crypto::fuzzing::TARGETS,
        wd_web::fuzzing::TARGETS,
        wd_breach::fuzzing::TARGETS,
        wd_config::fuzzing::TARGETS,
        wd_customers::fuzzing::TARGETS,
        wd_channels::fuzzing::TARGETS,
        wd_desk::fuzzing::TARGETS,
        #[cfg(feature = "server")]
        wd_server::fuzzing::TARGETS,
    ];
    let found = all.into_iter().flatten().find(|(name, _)| *name == wanted);
    found.unwrap_or_else(|| panic!("there is no target {wanted:?}")).1
});

fuzz_target!(|bytes: &[u8]| (*TARGET)(bytes));
