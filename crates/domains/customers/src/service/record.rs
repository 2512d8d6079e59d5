//! Between rows of envelopes and fields in clear.

use wd_kernel::{CustomerId, Entropy, Id as _};
use wd_vault::{SubjectKey, Vault, VaultError};

use crate::{
    model::{CustomerFields, Search, SearchKind},
    store::customer::{CustomerRow, Indexes},
};

const TABLE: &str = "customer";

/// Seals every field into the row.
pub(super) fn seal(
    row: &mut CustomerRow,
    fields: &CustomerFields,
    key: &SubjectKey,
    entropy: &dyn Entropy,
) -> Result<(), VaultError> {
    let id = row.id;
    let one = |column: &str, value: Option<&str>| {
        value
            .map(|text| key.seal(entropy, TABLE, column, id.uuid().as_bytes(), text.as_bytes()))
            .transpose()
    };
    row.name = one("name", fields.name.as_deref())?;
    row.mail = one("mail", fields.mail.as_deref())?;
    row.phone = one("phone", fields.phone.as_deref())?;
    row.address = one("address", fields.address.as_deref())?;
    row.external_id = one("external_id", fields.external_id.as_deref())?;
    row.notes = one("notes", fields.notes.as_deref())?;
    // A tag cannot hold a line feed: control characters are dropped when fields are checked.
    let tags = fields.tags.join("\n");
    row.tags = one("tags", Some(tags.as_str()).filter(|tags| !tags.is_empty()))?;
    Ok(())
}

/// Opens every field of the row.
pub(super) fn open(row: &CustomerRow, key: &SubjectKey) -> Result<CustomerFields, VaultError> {
    Ok(CustomerFields {
        name: open_one(row.id, "name", row.name.as_deref(), key)?,
        mail: open_one(row.id, "mail", row.mail.as_deref(), key)?,
        phone: open_one(row.id, "phone", row.phone.as_deref(), key)?,
        address: open_one(row.id, "address", row.address.as_deref(), key)?,
        external_id: open_one(row.id, "external_id", row.external_id.as_deref(), key)?,
        notes: open_one(row.id, "notes", row.notes.as_deref(), key)?,
        tags: open_tags(row, key)?,
    })
}

pub(super) fn open_tags(row: &CustomerRow, key: &SubjectKey) -> Result<Vec<String>, VaultError> {
    Ok(open_one(row.id, "tags", row.tags.as_deref(), key)?
        .map(|tags| tags.lines().map(Into::into).collect())
        .unwrap_or_default())
}

pub(super) fn open_one(
    id: CustomerId,
    column: &str,
    sealed: Option<&[u8]>,
    key: &SubjectKey,
) -> Result<Option<String>, VaultError> {
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    let clear = key.open(TABLE, column, id.uuid().as_bytes(), sealed)?;
    Ok(Some(String::from_utf8_lossy(clear.expose()).into_owned()))
}

/// The blind indexes of the fields.
pub(super) fn indexes(vault: &Vault, fields: &CustomerFields) -> Indexes {
    let of = |kind| Search::of(kind, fields).map(|search| index(vault, &search));
    Indexes {
        mail: of(SearchKind::Mail),
        phone: of(SearchKind::Phone),
        external_id: of(SearchKind::ExternalId),
    }
}

/// The blind index of what is searched.
pub(super) fn index(vault: &Vault, search: &Search) -> Vec<u8> {
    let column = match search.kind() {
        SearchKind::Mail => "mail",
        SearchKind::Phone => "phone",
        SearchKind::ExternalId => "external_id",
    };
    vault.blind_index(TABLE, column).of(search.value())
}
