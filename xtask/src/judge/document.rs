//! The OpenAPI document as a judge gets it: what it says, and besides the ids of things that are there.

use anyhow::Context as _;
use serde_json::{Value, json};

/// Lets each kind of id be one of those that are there, or any other as before. Without that a judge would only ever ask
/// for what does not exist.
pub fn with_ids(mut document: Value, ids: &Value) -> anyhow::Result<Value> {
    let kinds = ids.as_object().context("no ids")?;
    let schemas = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
        .context("the document has no schemas")?;
    for (kind, known) in kinds {
        if known.as_array().is_none_or(Vec::is_empty) {
            anyhow::bail!("there is no {kind} to ask about");
        }
        let schema = schemas
            .get_mut(kind)
            .with_context(|| format!("the document has no {kind}"))?;
        let any = schema.take();
        *schema = json!({ "anyOf": [{ "type": "string", "enum": known }, any] });
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({ "components": { "schemas": { "TeamId": { "type": "string" } } } })
    }

    #[test]
    fn known_ids_stand_beside_all_others() {
        let made = with_ids(document(), &json!({ "TeamId": ["tea_1"] })).unwrap();
        assert_eq!(
            made["components"]["schemas"]["TeamId"],
            json!({ "anyOf": [{ "type": "string", "enum": ["tea_1"] }, { "type": "string" }] })
        );
    }

    #[test]
    fn a_kind_that_the_document_lacks_and_a_kind_without_ids_are_errors() {
        assert!(with_ids(document(), &json!({ "DeskId": ["x"] })).is_err());
        assert!(with_ids(document(), &json!({ "TeamId": [] })).is_err());
    }
}
