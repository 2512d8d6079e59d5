use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use wd_db::Tx;
use wd_kernel::{Ctx, CustomerId, Page, PageQuery, Scope, Timestamp};
use wd_vault::VaultError;

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
    /// How many conversations they have had.
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
            .and_then(|cursor| cursor.parse::<CustomerId>().ok());
        let mut tx = self.db.snapshot().await?;
        let rows = customer::page(&mut tx, before, page.limit() + 1).await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            items.push(self.summary(&mut tx, row).await?);
        }
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
        let mut names = HashMap::with_capacity(ids.len());
        for &id in ids {
            if names.contains_key(&id) {
                continue;
            }
            if let Some(row) = customer::find(tx, id).await? {
                let name = match &row.name {
                    None => None,
                    Some(sealed) => match self.vault.subject_key(tx, id).await {
                        Ok(key) => record::open_one(id, "name", Some(sealed), &key)?,
                        // Shredded: the customer is known to have been, and nothing else.
                        Err(VaultError::NoKey) => None,
                        Err(error) => return Err(error.into()),
                    },
                };
                names.insert(id, (name, row.verified));
            }
        }
        Ok(names)
    }

    pub(super) async fn summary(&self, tx: &mut Tx, row: &CustomerRow) -> Result<CustomerSummary, CustomerError> {
        let key = self.vault.subject_key(tx, row.id).await?;
        Ok(CustomerSummary {
            id: row.id,
            name: record::open_one(row.id, "name", row.name.as_deref(), &key)?,
            verified: row.verified,
            tags: record::open_tags(row, &key)?,
            conversations: self.conversations.count(tx, row.id).await?,
            created_at: row.created_at,
        })
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
        Ok(Customer {
            id: row.id,
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
