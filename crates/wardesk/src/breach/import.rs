//! `wardesk breach import`.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use indicatif::ProgressBar;
use wd_breach::{
    Detail,
    import::{self, Begun, ImportError, Next, Outcome, Progress, Source},
};
use wd_kernel::{Clock as _, Duration, Timestamp};
use wd_server::SystemClock;

use super::words::{bar, number};

/// A killed import loses no more work than this.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(2);

#[derive(Args)]
pub(super) struct Options {
    /// A sorted file of HASH:COUNT, a folder of range files 00000.txt … FFFFF.txt, or `-` for standard input.
    source: PathBuf,
    /// The corpus to write. One that is there is replaced at the end, in one step.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Keep whole hashes and counts, so that `breach serve` can answer: about four times the size.
    #[arg(long, alias = "counts")]
    full: bool,
    /// Begin anew, even if an import of the same source was not finished.
    #[arg(long)]
    fresh: bool,
    /// Import a list from which a part is missing. Passwords in that part will not be found.
    #[arg(long)]
    incomplete: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let source = if options.source == Path::new("-") {
        Source::Stream(Box::new(io::stdin().lock()))
    } else {
        Source::Path(&options.source)
    };
    let how = import::Options {
        detail: if options.full { Detail::Full } else { Detail::Keys },
        made_at: SystemClock.now().seconds(),
        fresh: options.fresh,
        incomplete: options.incomplete,
    };
    let mut watcher = Watcher::default();
    let outcome = import::run(source, &options.output, &how, &mut |progress| watcher.look(progress));
    watcher.end();
    let outcome = outcome.map_err(advised).with_context(|| {
        format!(
            "{} was not imported; {} is as it was",
            options.source.display(),
            options.output.display()
        )
    })?;
    tell(&outcome, &options.output);
    Ok(())
}

#[derive(Default)]
struct Watcher {
    bar: Option<ProgressBar>,
    saved_at: Option<Timestamp>,
}

impl Watcher {
    fn look(&mut self, progress: &Progress) -> Next {
        let bar = self.bar.get_or_insert_with(|| {
            match progress.begun {
                Begun::Anew => {}
                Begun::Resumed => eprintln!("An import of this source was stopped; it goes on."),
                Begun::AnotherSource => eprintln!(
                    "The import that was stopped was of another source, or kept something else; this one begins anew."
                ),
            }
            bar("Importing", progress.total)
        });
        bar.set_position(progress.bytes);
        bar.set_message(format!("{} rows", number(progress.rows)));
        let now = SystemClock.now();
        let is_time = self.saved_at.is_none_or(|at| now.since(at) >= CHECKPOINT_EVERY);
        if progress.can_save && is_time {
            self.saved_at = Some(now);
            return Next::Checkpoint;
        }
        Next::Go
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Adds what to do about it.
fn advised(error: ImportError) -> anyhow::Error {
    let advice = match &error {
        ImportError::AnotherStream => "--fresh begins anew",
        ImportError::MissingRanges { .. } | ImportError::Gap { .. } => {
            "fetch what is missing, or take it as it is with --incomplete"
        }
        ImportError::Output(cause) if cause.kind() == io::ErrorKind::StorageFull => {
            "make room and run the same command again: it goes on"
        }
        _ => return error.into(),
    };
    anyhow::Error::from(error).context(advice)
}

fn tell(outcome: &Outcome, output: &Path) {
    println!(
        "{}: {} entries ({}) of {} rows",
        output.display(),
        number(outcome.entries),
        outcome.kind,
        number(outcome.rows)
    );
    if outcome.padding > 0 {
        println!("{} rows were padding (count 0) and left out.", number(outcome.padding));
    }
    if outcome.merged > 0 {
        println!("{} rows were one entry with their neighbour.", number(outcome.merged));
    }
    match outcome.missing_ranges {
        Some(missing) if missing > 0 => eprintln!(
            "Warning: {} of 1,048,576 range files were not there. Passwords in them will not be found.",
            number(missing)
        ),
        _ => {}
    }
}
