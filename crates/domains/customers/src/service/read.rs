use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use wd_db::Tx;
use wd_kernel::{Ctx, CustomerId, FieldProblem, Id as _, Page, PageQuery, Scope, Timestamp};

use super::{CustomerError, record};
use crate::{
    Customers,
    model::{CustomerKind, FieldClass, hint},
    permissions::{CustomerRead, CustomerReadContact, CustomerReadIdentifiers, CustomerReadNotes},
    store::customer::{self, CustomerRow},
};

/// A customer as a list shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CustomerSummary {
    /// Who.
    pub id: CustomerId,
    /// What they are called; `null` for a visitor who has not said.
    pub name: Option<String>,
    /// Whether the company's site vouches for them.
    pub verified: bool,
    /// Their tags.
    pub tags: Vec<String>,
    /// How many conversations of theirs the reader may see.
    pub conversations: i64,
    /// Since when they are known.
    pub created_at: Timestamp,
}

/// A class of sealed fields: what is there, and hints of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Masked {
    /// Field name and hint, for fields that hold something.
    pub hints: BTreeMap<String, String>,
}

/// A record as its reader may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Customer {
    /// Who.
    pub id: CustomerId,
    /// Send it back when you change the record.
    pub version: i64,
    /// What they are called.
    pub name: Option<String>,
    /// How they came to be known.
    pub kind: CustomerKind,
    /// Whether the company's site vouches for them.
    pub verified: bool,
    /// When it last did.
    pub verified_at: Option<Timestamp>,
    /// How many conversations of theirs the reader may see.
    pub conversations: i64,
    /// Their tags.
    pub tags: Vec<String>,
    /// Mail, phone, address; `null` without the right to this class.
    pub contact: Option<Masked>,
    /// External id; `null` without the right to this class.
    pub identifiers: Option<Masked>,
    /// Notes; `null` without the right to this class.
    pub notes: Option<Masked>,
    /// Since when they are known.
    pub created_at: Timestamp,
    /// When the record last changed.
    pub updated_at: Timestamp,
}

impl Customers {
    /// A page of customers, newest first.
    pub async fn list(&self, ctx: &Ctx, page: &PageQuery) -> Result<Page<CustomerSummary>, CustomerError> {
        ctx.require::<CustomerRead>(Scope::ORGANISATION)?;
        let before = page
            .after
            .as_deref()
            .map(str::parse::<CustomerId>)
            .transpose()
            .map_err(|_| {
                CustomerError::Invalid(vec![FieldProblem {
                    field: "after".into(),
                    message: "This is not a cursor of this list.".into(),
                }])
            })?
            .unwrap_or_else(|| CustomerId::from_uuid(uuid::Uuid::max()));
        let mut tx = self.db.snapshot().await?;
        let rows = customer::page(&mut tx, before, page.limit() + 1).await?;
        let items = self.summaries(&mut tx, ctx, &rows).await?;
        Ok(Page::cut(items, page.limit(), |customer| customer.id.to_string()))
    }

    /// One record, masked as the actor's rights say.
    pub async fn read(&self, ctx: &Ctx, id: CustomerId) -> Result<Customer, CustomerError> {
        ctx.require::<CustomerRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        let row = customer::find(&mut tx, id).await?.ok_or(CustomerError::NotFound)?;
        self.masked(&mut tx, ctx, &row).await
    }

    /// The names behind ids, and whether each is vouched for; for screens of other domains.
    pub async fn names_in(
        &self,
        tx: &mut Tx,
        ids: &[CustomerId],
    ) -> Result<HashMap<CustomerId, (Option<String>, bool)>, CustomerError> {
        let keys = self.vault.subject_keys(tx, ids).await?;
        let mut names = HashMap::with_capacity(ids.len());
        for row in customer::names(tx, ids).await? {
            let name = match keys.get(&row.id) {
                Some(key) => record::open_one(row.id, "name", row.name.as_deref(), key)?,
                // Shredded: the customer is known to have been, and nothing else.
                None => None,
            };
            names.insert(row.id, (name, row.verified));
        }
        Ok(names)
    }

    pub(super) async fn summaries(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        rows: &[CustomerRow],
    ) -> Result<Vec<CustomerSummary>, CustomerError> {
        let ids: Vec<CustomerId> = rows.iter().map(|row| row.id).collect();
        let keys = self.vault.subject_keys(tx, &ids).await?;
        let conversations = self.conversations.counts(tx, ctx, &ids).await?;
        let summary = |row: &CustomerRow| {
            let (name, tags) = match keys.get(&row.id) {
                Some(key) => (
                    record::open_one(row.id, "name", row.name.as_deref(), key)?,
                    record::open_tags(row, key)?,
                ),
                // Shredded: the customer is known to have been, and nothing else.
                None => (None, Vec::new()),
            };
            Ok(CustomerSummary {
                id: row.id,
                name,
                verified: row.verified,
                tags,
                conversations: conversations.get(&row.id).copied().unwrap_or(0),
                created_at: row.created_at,
            })
        };
        rows.iter().map(summary).collect()
    }

    pub(super) async fn masked(&self, tx: &mut Tx, ctx: &Ctx, row: &CustomerRow) -> Result<Customer, CustomerError> {
        let key = self.vault.subject_key(tx, row.id).await?;
        let fields = record::open(row, &key)?;
        let mask = |class: FieldClass, held: bool| {
            held.then(|| Masked {
                hints: class
                    .fields()
                    .iter()
                    .filter_map(|field| Some(((*field).to_owned(), hint(field, fields.value(field)?))))
                    .collect(),
            })
        };
        let contact = mask(
            FieldClass::Contact,
            ctx.holds::<CustomerReadContact>(Scope::ORGANISATION),
        );
        let identifiers = mask(
            FieldClass::Identifiers,
            ctx.holds::<CustomerReadIdentifiers>(Scope::ORGANISATION),
        );
        let notes = mask(FieldClass::Notes, ctx.holds::<CustomerReadNotes>(Scope::ORGANISATION));
        let conversations = self.conversations.counts(tx, ctx, &[row.id]).await?;
        Ok(Customer {
            id: row.id,
            verified_at: row.verified_at,
            conversations: conversations.get(&row.id).copied().unwrap_or(0),
            version: row.version,
            kind: CustomerKind::parse(&row.kind).ok_or(wd_db::DbError::Column { column: "kind".into() })?,
            verified: row.verified,
            contact,
            identifiers,
            notes,
            created_at: row.created_at,
            updated_at: row.updated_at,
            name: fields.name,
            tags: fields.tags,
        })
    }
}
