//! `wardesk breach check`: passwords in, verdicts out. Nothing that was read is shown.

use std::{
    io::{self, BufRead, BufReader, IsTerminal as _, Read as _, Write},
    path::PathBuf,
};

use anyhow::{Context as _, bail};
use clap::Args;
use wd_breach::{Corpus, Hash, Kind};

/// No password is longer, in bytes; and what is, is no password.
const LONGEST_LINE: u64 = 64 * 1024;

#[derive(Args)]
pub(super) struct Options {
    /// The corpus.
    #[arg(long, value_name = "FILE")]
    corpus: PathBuf,
    /// The lines are hashes in hexadecimal digits, of the kind that the corpus is of.
    #[arg(long)]
    hash: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    if !options.hash && io::stdin().is_terminal() {
        bail!("a terminal would show the passwords as they are typed; send them through a pipe or from a file");
    }
    let corpus =
        Corpus::open(&options.corpus).with_context(|| format!("{} was not opened", options.corpus.display()))?;
    let input = BufReader::new(io::stdin().lock());
    judge(&corpus, options.hash, input, &mut io::stdout().lock())
}

/// A verdict for each line. What was read is answered, together, before more input is waited for.
fn judge(
    corpus: &Corpus,
    hashes: bool,
    mut input: BufReader<impl io::Read>,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut verdicts = io::BufWriter::new(output);
    let mut asked = Vec::new();
    let mut number = 0;
    let mut ended = Ok(true);
    while matches!(ended, Ok(true)) {
        if !input.buffer().contains(&b'\n') {
            answer(corpus, &mut asked, &mut verdicts)?;
        }
        number += 1;
        ended = next(corpus.info().kind, hashes, number, &mut input).map(|prefix| {
            asked.extend(prefix);
            prefix.is_some()
        });
    }
    answer(corpus, &mut asked, &mut verdicts)?;
    ended.map(|_| ())
}

/// What the next line asks for; `None` at the end.
fn next(kind: Kind, is_hash: bool, number: u64, input: &mut impl BufRead) -> anyhow::Result<Option<u64>> {
    let mut line = Vec::new();
    if input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let text = match line.strip_suffix(b"\n") {
        Some(text) => text.strip_suffix(b"\r").unwrap_or(text),
        None if line.len() as u64 == LONGEST_LINE => bail!("line {number} is too long"),
        None => &line,
    };
    let hash = if is_hash {
        Hash::parse(kind, text).with_context(|| {
            let digits = kind.digits();
            format!("line {number} is no {kind} hash of {digits} hexadecimal digits")
        })?
    } else {
        Hash::of_password(kind, text)
            .with_context(|| format!("line {number} is not UTF-8, so it has no {kind} hash"))?
    };
    Ok(Some(hash.prefix()))
}

fn answer(corpus: &Corpus, asked: &mut Vec<u64>, verdicts: &mut impl Write) -> anyhow::Result<()> {
    for breached in corpus.contains_each(asked).context("the corpus cannot be asked")? {
        verdicts.write_all(if breached { b"breached\n" } else { b"unknown\n" })?;
    }
    asked.clear();
    verdicts.flush()?;
    Ok(())
}
