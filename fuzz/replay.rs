//! Replays what is committed under `fuzz/seeds` through the targets of one crate. Included by each crate's tests.

use std::path::Path;

/// Every target has seeds, and every seed keeps what the target promises.
pub(crate) fn every_seed(targets: &[super::Target]) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let seeds = here
        .ancestors()
        .map(|folder| folder.join("fuzz/seeds"))
        .find(|seeds| seeds.is_dir())
        .unwrap();
    for (name, target) in targets {
        let mut replayed = 0;
        for seed in std::fs::read_dir(seeds.join(name)).unwrap() {
            target(&std::fs::read(seed.unwrap().path()).unwrap());
            replayed += 1;
        }
        assert!(replayed > 0, "{name} has no seeds");
        target(b"");
    }
}
