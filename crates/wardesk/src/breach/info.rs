//! `wardesk breach info`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use wd_breach::{Corpus, Detail};
use wd_kernel::Timestamp;

use super::words::{bar, number};

#[derive(Args)]
pub(super) struct Options {
    /// The corpus.
    file: PathBuf,
    /// Read all of it and hold it against its checksums, its order and its digest.
    #[arg(long)]
    verify: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let name = options.file.display();
    let corpus = Corpus::open(&options.file).with_context(|| format!("{name} was not opened"))?;
    let info = corpus.info();
    println!("kind      {}", info.kind);
    println!(
        "keeps     {}",
        match info.detail {
            Detail::Keys => "the first 64 bits of each hash",
            Detail::Full => "whole hashes and counts",
        }
    );
    println!("entries   {}", number(info.entries));
    println!("imported  {}", Timestamp::from_seconds(info.made_at));
    println!("size      {} bytes", number(info.length));
    if let Some(bits) = info.bits_per_entry() {
        println!("          {bits:.2} bits for each entry");
    }
    println!("in use    {} bytes of memory", number(info.memory));
    println!("digest    {}", hex::encode(info.digest));
    if options.verify {
        let bar = bar("Verifying", Some(info.length));
        let verified = corpus.verify(&mut |read| bar.set_position(read));
        bar.finish_and_clear();
        verified.with_context(|| format!("{name} is not sound"))?;
        println!("verified  all of it");
    }
    Ok(())
}
