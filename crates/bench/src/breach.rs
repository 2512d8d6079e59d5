//! The breach corpus beside a sorted vector and binary fuse filters, on the same keys.

use std::{collections::HashSet, fs::File, hint::black_box, path::Path};

use anyhow::Context as _;
use wd_breach::{
    Corpus, Detail, Hash, Kind, Writer,
    import::{self, Next, Source},
};
use wd_crypto::BlindIndex;
use xorf::{BinaryFuse8, BinaryFuse16, Filter};

use crate::{
    measure::{count, median, now, seconds},
    table::{Amount, Table},
};

const ROUNDS: usize = 5;
/// Text is made for so many entries at most: 46 bytes each, in memory.
const MOST_TEXT: usize = 20_000_000;
const BILLION: u64 = 1_000_000_000;

/// Measures a corpus of so many entries, in the temporary folder.
pub fn run(entries: usize, small: bool) -> anyhow::Result<Table> {
    let mut numbers = Numbers(1);
    let mut keys: Vec<u64> = (0..entries).map(|_| numbers.next()).collect();
    let began = now();
    keys.sort_unstable();
    keys.dedup();
    let sorted = seconds(began.elapsed());
    let mut table = Table::new(format!(
        "breach ({} entries, one thread, medians of {ROUNDS})",
        keys.len()
    ));
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("corpus");
    import_rate(&mut table, &keys, &mut numbers, &path)?;

    let began = now();
    write(keys.iter().copied(), &path)?;
    let built = seconds(began.elapsed());
    let corpus = Corpus::open(&path)?;
    let began = now();
    let fuse8 = BinaryFuse8::try_from(&keys).map_err(anyhow::Error::msg)?;
    let built8 = seconds(began.elapsed());
    let began = now();
    let fuse16 = BinaryFuse16::try_from(&keys).map_err(anyhow::Error::msg)?;
    let built16 = seconds(began.elapsed());

    let info = corpus.info();
    let ours = info.bits_per_entry().unwrap_or(f64::NAN);
    let each = |bytes: usize| count(bytes * 8) / count(keys.len());
    let sizes = [
        64.0,
        each(fuse8.fingerprints.len()),
        each(fuse16.fingerprints.len() * 2),
    ];
    table.beside(
        "bits an entry",
        Amount::Bits(ours),
        "target at 20 million",
        Amount::Bits(46.0),
    );
    for (beside, theirs) in BESIDE.into_iter().zip(sizes) {
        table.beside("bits an entry", Amount::Bits(ours), beside, Amount::Bits(theirs));
    }
    for (beside, theirs) in BESIDE.into_iter().zip([sorted, built8, built16]) {
        table.beside(
            "build, ours and filters of sorted keys",
            Amount::Seconds(built),
            beside,
            Amount::Seconds(theirs),
        );
    }
    let memory = Corpus::from_storage(std::fs::read(&path)?)?;
    let by_reads = Corpus::from_storage(File::open(&path)?)?;
    let asked = if small { 20_000 } else { 1_000_000 };
    let hits: Vec<u64> = (0..asked).filter_map(|_| numbers.one_of(&keys)).collect();
    let misses: Vec<u64> = (0..asked).map(|_| numbers.next()).collect();
    for (what, keys_asked) in [("look-ups that hit", &hits), ("look-ups that miss", &misses)] {
        let ours = rate(keys_asked, |key| Ok(corpus.contains(key)?))?;
        let beside = [
            rate(keys_asked, |key| Ok(keys.binary_search(&key).is_ok()))?,
            rate(keys_asked, |key| Ok(fuse8.contains(&key)))?,
            rate(keys_asked, |key| Ok(fuse16.contains(&key)))?,
        ];
        table.beside(what, Amount::PerSecond(ours), "target", Amount::PerSecond(1e6));
        let others = [
            ("positioned reads", rate(keys_asked, |key| Ok(by_reads.contains(key)?))?),
            ("the file in memory", rate(keys_asked, |key| Ok(memory.contains(key)?))?),
        ];
        for (name, theirs) in others {
            table.beside(what, Amount::PerSecond(ours), name, Amount::PerSecond(theirs));
        }
        for (name, theirs) in BESIDE.into_iter().zip(beside) {
            table.beside(what, Amount::PerSecond(ours), name, Amount::PerSecond(theirs));
        }
        many_at_once(&mut table, what, &corpus, keys_asked)?;
    }
    let scan = scan_rate(&corpus, &hits)?;
    table.alone("scan by blind index, entries", Amount::PerSecond(scan));
    table.remark(format!(
        "a scan of 10\u{2079} entries keeps one core busy for {:.1} minutes at that speed",
        bytes(BILLION) / scan / 60.0
    ));
    table.beside(
        "memory of the open corpus",
        Amount::Bytes(bytes(info.memory)),
        "its file",
        Amount::Bytes(bytes(info.length)),
    );
    table.remark("the file is warm; the filters answer 1 of 256 and 1 of 65,536 misses wrongly");
    Ok(table)
}

const BESIDE: [&str; 3] = [
    "sorted Vec<u64>, binary search",
    "binary fuse filter 8",
    "binary fuse filter 16",
];

/// Writes a thousand million entries (5 GB in the temporary folder) and measures what becomes of them.
pub fn billion() -> anyhow::Result<Table> {
    let mut table = Table::new(format!("breach ({BILLION} made-up entries)"));
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("corpus");
    let mut numbers = Numbers(2);
    let mut asked = Vec::new();
    let keys = Ascending {
        numbers: Numbers(3),
        key: 0,
        left: BILLION,
    };
    let before = lowest_peak()?;
    let began = now();
    let sampled = keys.inspect(|key| {
        if numbers.next().is_multiple_of(1024) {
            asked.push(*key);
        }
    });
    write(sampled, &path)?;
    let took = seconds(began.elapsed());
    let memory = peak()? - before - count(asked.capacity() * 8);
    let corpus = Corpus::open(&path)?;
    let info = corpus.info();
    table.beside(
        "bits an entry",
        Amount::Bits(info.bits_per_entry().unwrap_or(f64::NAN)),
        "target",
        Amount::Bits(39.0),
    );
    table.alone("entries written", Amount::PerSecond(bytes(info.entries) / took));
    table.alone("memory while writing", Amount::Bytes(memory));
    table.alone("memory of the open corpus", Amount::Bytes(bytes(info.memory)));
    let hits: Vec<u64> = (0..1_000_000).filter_map(|_| numbers.one_of(&asked)).collect();
    let misses: Vec<u64> = (0..1_000_000).map(|_| numbers.next()).collect();
    let target = Amount::PerSecond(1e6);
    for (what, keys) in [("look-ups that hit", &hits), ("look-ups that miss", &misses)] {
        let ours = rate(keys, |key| Ok(corpus.contains(key)?))?;
        table.beside(what, Amount::PerSecond(ours), "target", target);
        many_at_once(&mut table, what, &corpus, keys)?;
    }
    table.remark("look-ups are warm only where the machine keeps the whole file in its cache");
    Ok(table)
}

/// As `wardesk breach check` asks: for all lines that it has read.
fn many_at_once(table: &mut Table, what: &str, corpus: &Corpus, keys: &[u64]) -> anyhow::Result<()> {
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let began = now();
        for some in keys.chunks(500) {
            black_box(corpus.contains_each(some)?);
        }
        rates.push(count(keys.len()) / seconds(began.elapsed()));
    }
    let ours = Amount::PerSecond(median(&mut rates));
    table.beside(format!("{what}, 500 at once"), ours, "target", Amount::PerSecond(1e6));
    Ok(())
}

/// How many entries a second a scan reads that looks for the passwords of a thousand people.
fn scan_rate(corpus: &Corpus, there: &[u64]) -> anyhow::Result<f64> {
    let key = BlindIndex::new(&[7; 32], "password_index", "sha1").of_numbers();
    let people: HashSet<[u8; 16]> = there.iter().take(1000).map(|prefix| key.of(*prefix)).collect();
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let (mut entries, mut found) = (0, 0);
        let began = now();
        for page in corpus.pages_from(0) {
            let page = page?;
            entries += page.len();
            found += page
                .iter()
                .filter(|entry| people.contains(&key.of(entry.prefix)))
                .count();
        }
        rates.push(count(entries) / seconds(began.elapsed()));
        anyhow::ensure!(found == people.len(), "the scan found {found} of {}", people.len());
    }
    Ok(median(&mut rates))
}

/// How fast the text of a published list becomes a corpus, with the text in memory.
fn import_rate(table: &mut Table, keys: &[u64], numbers: &mut Numbers, path: &Path) -> anyhow::Result<()> {
    let keys = keys.get(..MOST_TEXT).unwrap_or(keys);
    let text = text(keys, numbers);
    let how = import::Options {
        detail: Detail::Keys,
        made_at: 0,
        fresh: true,
        incomplete: false,
    };
    let before = lowest_peak()?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = now();
        import::run(Source::Stream(Box::new(text.as_slice())), path, &how, &mut |_| Next::Go)?;
        times.push(seconds(began.elapsed()));
    }
    let took = median(&mut times);
    let target = Amount::PerSecond(20e6);
    table.beside(
        "import, entries",
        Amount::PerSecond(count(keys.len()) / took),
        "target",
        target,
    );
    table.alone("import, bytes of text", Amount::Bytes(count(text.len()) / took));
    table.alone("memory while importing", Amount::Bytes(peak()? - before));
    table.remark("bytes of text are those of a second; the import ends with the file on the disk");
    Ok(())
}

fn text(keys: &[u64], numbers: &mut Numbers) -> Vec<u8> {
    use std::io::Write as _;
    let mut text = Vec::with_capacity(keys.len() * 46);
    for key in keys {
        let (more, last) = (numbers.next(), numbers.next() >> 32);
        // Writing into a vector does not fail.
        let _ = write!(text, "{key:016X}{more:016X}{last:08X}:{}\r\n", last % 50 + 1);
    }
    text
}

fn write(keys: impl Iterator<Item = u64>, path: &Path) -> anyhow::Result<()> {
    let mut writer = Writer::new(File::create(path)?, Kind::Sha1, Detail::Keys)?;
    let mut hash = [0; 20];
    for key in keys {
        hash.split_at_mut(8).0.copy_from_slice(&key.to_be_bytes());
        writer.push(&Hash::sha1(&hash), 1)?;
    }
    writer.finish(0)?;
    Ok(())
}

fn rate(keys: &[u64], mut has: impl FnMut(u64) -> anyhow::Result<bool>) -> anyhow::Result<f64> {
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let began = now();
        for key in keys {
            black_box(has(*key)?);
        }
        rates.push(count(keys.len()) / seconds(began.elapsed()));
    }
    Ok(median(&mut rates))
}

/// Lets the peak of this process's memory begin anew, and says what it holds now, in bytes.
fn lowest_peak() -> anyhow::Result<f64> {
    std::fs::write("/proc/self/clear_refs", "5").context("the peak of memory cannot be reset")?;
    peak()
}

/// The most memory this process held since, in bytes.
fn peak() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: f64 = line
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .context("no VmHWM")?
        .parse()?;
    Ok(kilobytes * 1024.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
const fn bytes(n: u64) -> f64 {
    n as f64
}

/// Numbers that look random and are the same each time (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn one_of(&mut self, keys: &[u64]) -> Option<u64> {
        let at = usize::try_from(self.next()).ok()?.checked_rem(keys.len())?;
        keys.get(at).copied()
    }
}

/// Ascending keys that lie as evenly spread ones do: the gaps are exponential.
struct Ascending {
    numbers: Numbers,
    key: u64,
    left: u64,
}

impl Iterator for Ascending {
    type Item = u64;

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a random gap need not be exact"
    )]
    fn next(&mut self) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        let mean = 18_446_744_073_709_551_616.0 / BILLION as f64;
        // In (0, 1].
        let chance = ((self.numbers.next() >> 11) + 1) as f64 / 9_007_199_254_740_992.0;
        let gap = (-chance.ln() * mean) as u64 + 1;
        // The last few may not fit any more.
        self.key = self.key.checked_add(gap)?;
        Some(self.key)
    }
}
