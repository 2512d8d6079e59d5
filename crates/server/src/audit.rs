//! The endpoints of the audit log.

use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use wd_audit_log::{AuditEntry, AuditEntryDetail, AuditFilter, AuditTx as _, Entry};
use wd_db::{Db, DbError};
use wd_kernel::{AuditId, Page, PageQuery, Problem, ProblemCode, Scope, Timestamp};
use wd_web::{ApiResult, Json, Path, ProblemBody, Query, ReqCtx};

use crate::roles::{AuditExport, AuditRead};

pub(crate) fn router(db: Db) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(export))
        .routes(routes!(read))
        .with_state(db)
}

/// Which entries are wanted; every field that is given must match.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// The cursor of the page before.
    after: Option<String>,
    /// How many entries at most: 1 to 200, 50 unless told.
    limit: Option<i64>,
    /// The actor's id.
    actor: Option<String>,
    /// The action's exact name: `customer.revealed`.
    action: Option<String>,
    /// The target's id.
    target: Option<String>,
    /// Not before.
    from: Option<Timestamp>,
    /// Before.
    to: Option<Timestamp>,
}

impl AuditQuery {
    fn split(self) -> ApiResult<(AuditFilter, PageQuery)> {
        if self.after.as_deref().is_some_and(|after| after.parse::<i64>().is_err()) {
            return Err(Problem::invalid("after", "This is not a cursor of this list.").into());
        }
        let filter = AuditFilter {
            actor: self.actor,
            action: self.action,
            target: self.target,
            from: self.from,
            to: self.to,
        };
        let page = PageQuery {
            after: self.after,
            limit: self.limit,
        };
        Ok((filter, page))
    }
}

/// A page of the audit log, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", operation_id = "list_audit", params(AuditQuery), responses((status = 200, body = Page<AuditEntry>)))]
async fn list(
    State(db): State<Db>,
    ReqCtx(ctx): ReqCtx,
    Query(query): Query<AuditQuery>,
) -> ApiResult<Json<Page<AuditEntry>>> {
    ctx.require::<AuditRead>(Scope::ORGANISATION)?;
    let (filter, page) = query.split()?;
    let mut tx = db.snapshot().await?;
    Ok(Json(wd_audit_log::list(&mut tx, &filter, &page).await?))
}

/// One entry with the bytes that are hashed.
#[utoipa::path(get, path = "/api/v1/audit/{entry}", tag = "audit", operation_id = "read_audit", params(("entry" = AuditId, Path)),
    responses((status = 200, body = AuditEntryDetail), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
async fn read(State(db): State<Db>, ReqCtx(ctx): ReqCtx, Path(id): Path<AuditId>) -> ApiResult<Json<AuditEntryDetail>> {
    ctx.require::<AuditRead>(Scope::ORGANISATION)?;
    let mut tx = db.snapshot().await?;
    Ok(Json(
        wd_audit_log::find(&mut tx, id).await?.ok_or(ProblemCode::NotFound)?,
    ))
}

/// Between which times.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// Not before.
    from: Option<Timestamp>,
    /// Before.
    to: Option<Timestamp>,
}

/// The log as JSON lines, newest first. The export is itself an entry.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", operation_id = "export_audit", params(ExportQuery),
    responses((status = 200, body = String, content_type = "application/jsonl")))]
async fn export(State(db): State<Db>, ReqCtx(ctx): ReqCtx, Query(query): Query<ExportQuery>) -> ApiResult<Response> {
    ctx.require::<AuditExport>(Scope::ORGANISATION)?;
    let mut tx = db.begin().await?;
    tx.audit(&ctx, Entry::done("audit.exported")).await?;
    tx.commit().await?;
    let filter = AuditFilter {
        from: query.from,
        to: query.to,
        ..AuditFilter::default()
    };
    let lines = futures::stream::try_unfold((db, filter, Some(None)), next_lines);
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit-log.jsonl\""),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// A page of lines at a time, so that a long log needs no more memory than a short one.
type Exporting = (Db, AuditFilter, Option<Option<String>>);

async fn next_lines((db, filter, cursor): Exporting) -> Result<Option<(String, Exporting)>, DbError> {
    let Some(after) = cursor else {
        return Ok(None);
    };
    let mut tx = db.snapshot().await?;
    let page = wd_audit_log::list(
        &mut tx,
        &filter,
        &PageQuery {
            after,
            limit: Some(200),
        },
    )
    .await?;
    drop(tx);
    let mut lines = String::new();
    for entry in &page.items {
        lines.push_str(&serde_json::to_string(entry).map_err(DbError::Event)?);
        lines.push('\n');
    }
    Ok(Some((lines, (db, filter, page.next.map(Some)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_cursor_is_not_the_first_page_again() {
        let query = |after: Option<&str>| AuditQuery {
            after: after.map(Into::into),
            limit: None,
            actor: None,
            action: None,
            target: None,
            from: None,
            to: None,
        };
        for after in ["", "x", "9223372036854775808"] {
            assert!(query(Some(after)).split().is_err(), "{after}");
        }
        assert!(query(Some("17")).split().is_ok());
        assert!(query(None).split().is_ok());
    }
}
