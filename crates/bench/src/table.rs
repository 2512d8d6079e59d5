//! Rows for people: what, ours, what stands beside it, and the ratio of the two.

use std::fmt;

/// A figure with its unit.
#[derive(Debug, Clone, Copy)]
pub enum Amount {
    /// Seconds; shown in the unit that suits them.
    Seconds(f64),
    /// Bytes; shown in the unit that suits them.
    Bytes(f64),
    /// So many a second.
    PerSecond(f64),
    /// Processor time, in seconds.
    Processor(f64),
    /// Bits.
    Bits(f64),
}

impl Amount {
    const fn value(self) -> f64 {
        match self {
            Self::Seconds(value)
            | Self::Bytes(value)
            | Self::PerSecond(value)
            | Self::Processor(value)
            | Self::Bits(value) => value,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Seconds(s) if s < 1e-6 => write!(f, "{:.0} ns", s * 1e9),
            Self::Seconds(s) if s < 1e-3 => write!(f, "{:.1} µs", s * 1e6),
            Self::Seconds(s) if s < 1.0 => write!(f, "{:.2} ms", s * 1e3),
            Self::Seconds(s) => write!(f, "{s:.2} s"),
            Self::Bytes(b) if b < 1e6 => write!(f, "{:.1} kB", b / 1e3),
            Self::Bytes(b) => write!(f, "{:.1} MB", b / 1e6),
            Self::PerSecond(n) if n < 1e5 => write!(f, "{n:.0} /s"),
            Self::PerSecond(n) => write!(f, "{:.0} k/s", n / 1e3),
            Self::Processor(s) => write!(f, "{s:.2} CPU-s"),
            Self::Bits(n) => write!(f, "{n:.2} bit"),
        }
    }
}

/// A table under a heading, with remarks below.
pub struct Table {
    heading: String,
    rows: Vec<[String; 5]>,
    remarks: Vec<String>,
}

impl Table {
    /// An empty table.
    pub fn new(heading: impl Into<String>) -> Self {
        let titles = ["what", "Wardesk", "beside it", "", "ratio"].map(str::to_owned);
        Self {
            heading: heading.into(),
            rows: vec![titles],
            remarks: Vec::new(),
        }
    }

    /// A row with something beside it: a target, a limit, a neighbour.
    pub fn beside(&mut self, what: impl Into<String>, ours: Amount, beside: &str, theirs: Amount) {
        let ratio = format!("{:.2}", ours.value() / theirs.value());
        self.rows.push([
            what.into(),
            ours.to_string(),
            beside.to_owned(),
            theirs.to_string(),
            ratio,
        ]);
    }

    /// A row that stands alone.
    pub fn alone(&mut self, what: impl Into<String>, ours: Amount) {
        self.rows.push([
            what.into(),
            ours.to_string(),
            String::new(),
            String::new(),
            String::new(),
        ]);
    }

    /// A line below the table.
    pub fn remark(&mut self, text: impl Into<String>) {
        self.remarks.push(text.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}", self.heading)?;
        let mut widths = [0; 5];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for (number, row) in self.rows.iter().enumerate() {
            let line: Vec<String> = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!(" {cell:<width$} "))
                .collect();
            writeln!(f, "|{}|", line.join("|"))?;
            if number == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
                writeln!(f, "|{}|", rule.join("|"))?;
            }
        }
        for remark in &self.remarks {
            writeln!(f, "- {remark}")?;
        }
        Ok(())
    }
}
