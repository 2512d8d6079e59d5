//! CSV import (RFC 4180, UTF-8): a durable job that goes on where it stopped.

use std::collections::HashMap;

use serde::Serialize;
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::DbError;
use wd_jobs::Job;
use wd_kernel::{Ctx, Denied, Duration, Id as _, ImportId, Problem, ProblemCode, Scope};
use wd_vault::VaultError;

use super::CustomerError;
use crate::{
    Customers,
    events::ImportProgressed,
    model::{CustomerFields, CustomerKind},
    permissions::CustomerImport,
    store::import::{self, Progress},
};

/// The kind of the job.
pub(crate) const JOB: &str = "customers.import";
const LEASE: Duration = Duration::from_secs(60);
const LARGEST: usize = 50 * 1024 * 1024;
const BATCH: usize = 100;
const COLUMNS: [&str; 7] = ["name", "mail", "phone", "address", "external_id", "notes", "tags"];

/// Whether an import goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportState {
    /// Rows are being read.
    Running,
    /// Every row was looked at.
    Done,
}

/// How far an import is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Import {
    /// Which.
    pub id: ImportId,
    /// Whether it goes on.
    pub state: ImportState,
    /// Rows looked at.
    pub rows: i64,
    /// Rows that became customers.
    pub imported: i64,
    /// Rows that did not.
    pub rejected: i64,
    /// The size of the file.
    pub total_bytes: i64,
    /// How much of it was read.
    pub read_bytes: i64,
    /// The first hundred rows that were rejected.
    pub problems: Vec<ImportProblem>,
}

/// A row that was not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ImportProblem {
    /// The line it begins at; the header is line 1.
    pub line: i64,
    /// What is wrong with it. The values themselves are not kept.
    pub reason: String,
}

/// Why an import did not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A right is missing.
    #[error("not permitted")]
    Denied(#[from] Denied),
    /// There is no such import.
    #[error("there is no such import")]
    NotFound,
    /// The file is not one that can be imported.
    #[error("the file cannot be imported: {0}")]
    File(String),
    /// The file is too large.
    #[error("the file is too large")]
    TooLarge,
    /// Somebody else goes on with it.
    #[error("the lease was lost")]
    LeaseLost,
    /// A record failed.
    #[error("a record failed")]
    Record(#[from] CustomerError),
    /// Keys failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl wd_web::Fails for ImportError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::File(why) => Problem::invalid("file", why.clone()),
            Self::TooLarge => {
                Problem::new(ProblemCode::TooLarge).detail("A file is at most 50 MiB. Split it and import the parts.")
            }
            Self::LeaseLost | Self::Record(_) | Self::Vault(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

wd_web::fails!(ImportError);

impl Customers {
    /// Takes a file. The header must name columns of a record; the rows are imported by a job.
    pub async fn start_import(&self, ctx: &Ctx, file: &[u8]) -> Result<Import, ImportError> {
        ctx.require::<CustomerImport>(Scope::ORGANISATION)?;
        if file.len() > LARGEST {
            return Err(ImportError::TooLarge);
        }
        columns(&mut reader(file))?;
        let by = ctx.staff()?.id;
        let id: ImportId = ctx.id();
        let total = i64::try_from(file.len()).unwrap_or(i64::MAX);
        let sealed = self
            .vault
            .seal(ctx.entropy(), "customer_import", "source", id.uuid().as_bytes(), file)?;
        let mut tx = self.db.begin().await?;
        import::insert(&mut tx, id, by, sealed, total, ctx.now()).await?;
        wd_jobs::enqueue(&mut tx, ctx, JOB, &id, ctx.now()).await?;
        tx.audit(
            ctx,
            Entry::done("customers.import_started")
                .target(id)
                .detail("bytes", total),
        )
        .await?;
        tx.commit().await?;
        Ok(Import {
            id,
            state: ImportState::Running,
            rows: 0,
            imported: 0,
            rejected: 0,
            total_bytes: total,
            read_bytes: 0,
            problems: Vec::new(),
        })
    }

    /// How far an import is.
    pub async fn import(&self, ctx: &Ctx, id: ImportId) -> Result<Import, ImportError> {
        ctx.require::<CustomerImport>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        let row = import::find(&mut tx, id).await?.ok_or(ImportError::NotFound)?;
        let problems = import::problems(&mut tx, id)
            .await?
            .into_iter()
            .map(|(line, reason)| ImportProblem { line, reason })
            .collect();
        Ok(Import {
            id: row.id,
            state: if row.state == "done" {
                ImportState::Done
            } else {
                ImportState::Running
            },
            rows: row.row_count,
            imported: row.imported,
            rejected: row.rejected,
            total_bytes: row.total_bytes,
            read_bytes: row.read_bytes,
            problems,
        })
    }

    /// Whether a job is one of this domain.
    pub fn takes(&self, job: &Job) -> bool {
        job.kind == super::IMPORT_JOB
    }

    /// Does a job of this domain to its end. After a crash it goes on after the last batch that committed.
    pub async fn work(&self, ctx: &Ctx, job: &Job) -> Result<(), ImportError> {
        let id: ImportId = job.read().ok_or(ImportError::NotFound)?;
        let mut tx = self.db.begin().await?;
        let row = import::find(&mut tx, id).await?.ok_or(ImportError::NotFound)?;
        let Some(sealed) = import::source(&mut tx, id).await? else {
            wd_jobs::done(&mut tx, job).await?;
            tx.commit().await?;
            return Ok(());
        };
        drop(tx);
        let file = self
            .vault
            .unseal("customer_import", "source", id.uuid().as_bytes(), &sealed)?;
        let mut reader = reader(file.expose());
        let columns = columns(&mut reader)?;
        let mut rows = reader
            .into_records()
            .skip(usize::try_from(row.row_count).unwrap_or(0))
            .peekable();
        while rows.peek().is_some() {
            let batch: Vec<_> = rows.by_ref().take(BATCH).collect();
            self.import_batch(ctx, job, id, &columns, batch, row.total_bytes)
                .await?;
        }
        let mut tx = self.db.begin().await?;
        import::end(&mut tx, id, "done").await?;
        tx.emit(ctx, &ImportProgressed { import: id }).await?;
        tx.audit(ctx, Entry::done("customers.import_ended").target(id)).await?;
        if !wd_jobs::done(&mut tx, job).await? {
            return Err(ImportError::LeaseLost);
        }
        tx.commit().await?;
        Ok(())
    }

    async fn import_batch(
        &self,
        ctx: &Ctx,
        job: &Job,
        id: ImportId,
        columns: &HashMap<&'static str, usize>,
        batch: Vec<csv::Result<csv::StringRecord>>,
        total: i64,
    ) -> Result<(), ImportError> {
        let mut tx = self.db.begin_long().await?;
        let mut progress = Progress {
            rows: i64::try_from(batch.len()).unwrap_or(0),
            read_bytes: total,
            ..Progress::default()
        };
        for record in batch {
            let outcome = match record {
                Ok(record) => {
                    let at = record.position().map_or((0, 0), |at| (at.line(), at.byte()));
                    progress.read_bytes = i64::try_from(at.1).unwrap_or(total);
                    match fields(&record, columns) {
                        Ok(fields) => match self.insert(&mut tx, ctx, CustomerKind::Recorded, false, &fields).await {
                            Ok(_) => Ok(()),
                            Err(CustomerError::ExternalIdTaken) => {
                                Err((at.0, "external_id: another customer has it".to_owned()))
                            }
                            Err(other) => return Err(other.into()),
                        },
                        Err(why) => Err((at.0, why)),
                    }
                }
                Err(error) => Err((
                    error.position().map_or(0, csv::Position::line),
                    bad_row(&error).to_owned(),
                )),
            };
            match outcome {
                Ok(()) => progress.imported += 1,
                Err((line, reason)) => {
                    progress.rejected += 1;
                    import::insert_problem(&mut tx, id, i64::try_from(line).unwrap_or(0), &reason).await?;
                }
            }
        }
        import::advance(&mut tx, id, progress).await?;
        tx.emit(ctx, &ImportProgressed { import: id }).await?;
        if !wd_jobs::prolong(&mut tx, ctx, job, LEASE).await? {
            return Err(ImportError::LeaseLost);
        }
        tx.commit().await?;
        Ok(())
    }
}

fn reader(file: &[u8]) -> csv::Reader<&[u8]> {
    // Spreadsheet programs like to begin UTF-8 with a byte order mark.
    csv::ReaderBuilder::new()
        .flexible(false)
        .from_reader(file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file))
}

/// Which column is where.
fn columns(reader: &mut csv::Reader<&[u8]>) -> Result<HashMap<&'static str, usize>, ImportError> {
    let header = reader
        .headers()
        .map_err(|_| ImportError::File("The first line is not UTF-8 text with column names.".into()))?;
    let mut found = HashMap::new();
    for (at, name) in header.iter().enumerate() {
        let Some(column) = COLUMNS.iter().find(|column| column.eq_ignore_ascii_case(name.trim())) else {
            return Err(ImportError::File(format!(
                "The column {:?} is not known. Columns are: {}.",
                name.chars().take(40).collect::<String>(),
                COLUMNS.join(", ")
            )));
        };
        if found.insert(*column, at).is_some() {
            return Err(ImportError::File(format!("The column {column} is there twice.")));
        }
    }
    if !found.contains_key("name") {
        return Err(ImportError::File("The column name is missing.".into()));
    }
    Ok(found)
}

fn fields(record: &csv::StringRecord, columns: &HashMap<&'static str, usize>) -> Result<CustomerFields, String> {
    let get = |name: &str| columns.get(name).and_then(|at| record.get(*at)).map(ToOwned::to_owned);
    let tags = get("tags")
        .map(|tags| tags.split([';', ',']).map(ToOwned::to_owned).collect())
        .unwrap_or_default();
    let raw = CustomerFields {
        name: get("name"),
        mail: get("mail"),
        phone: get("phone"),
        address: get("address"),
        external_id: get("external_id"),
        notes: get("notes"),
        tags,
    };
    let checked = raw.check().map_err(|problems| {
        problems
            .into_iter()
            .map(|p| format!("{}: {}", p.field, p.message))
            .collect::<Vec<_>>()
            .join(" ")
    })?;
    if checked.name.is_none() {
        Err("name: it is empty".into())
    } else {
        Ok(checked)
    }
}

/// The rows of a file, each with what is wrong with it.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn rows(file: &[u8]) -> Result<Vec<Result<CustomerFields, String>>, ImportError> {
    let mut reader = reader(file);
    let columns = columns(&mut reader)?;
    let read = |record: csv::Result<csv::StringRecord>| match record {
        Ok(record) => fields(&record, &columns),
        Err(error) => Err(bad_row(&error).to_owned()),
    };
    Ok(reader.records().map(read).collect())
}

fn bad_row(error: &csv::Error) -> &'static str {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { .. } => "the row has another number of columns than the header",
        csv::ErrorKind::Utf8 { .. } => "the row is not UTF-8",
        _ => "the row is not CSV",
    }
}
