//! Filters (RFC 7644, section 3.4.2.2), as far as directories use them: `userName eq "ada"`, several joined by `and`.

use super::{ScimError, attributes::bare};

/// The longest filter, in bytes, and the most comparisons of one.
const LONGEST: usize = 2048;
const MOST: usize = 4;

/// What a comparison looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The id Wardesk gave.
    Id,
    /// The name a user signs in with.
    UserName,
    /// The id the directory gave.
    ExternalId,
    /// The name of a group.
    DisplayName,
    /// The id of a member of a group.
    Member,
}

/// All comparisons of a filter; each must hold.
pub type Filter = Vec<(Field, String)>;

/// Reads a filter that may only look at these fields.
pub fn parse(text: &str, allowed: &[Field]) -> Result<Filter, ScimError> {
    let mut rest = text.trim();
    let mut filter = Vec::new();
    if rest.len() > LONGEST || rest.contains(char::is_control) {
        return Err(ScimError::invalid_filter());
    }
    loop {
        let (name, after) = word(rest);
        let field = match bare(name).as_str() {
            "id" => Field::Id,
            "username" => Field::UserName,
            "externalid" => Field::ExternalId,
            "displayname" => Field::DisplayName,
            "members" | "members.value" => Field::Member,
            _ => return Err(ScimError::invalid_filter()),
        };
        let (value, after) = equals(after)?;
        if !allowed.contains(&field) || filter.len() == MOST {
            return Err(ScimError::invalid_filter());
        }
        filter.push((field, value));
        let after = after.trim_start();
        if after.is_empty() {
            return Ok(filter);
        }
        let (joint, after) = word(after);
        if !joint.eq_ignore_ascii_case("and") {
            return Err(ScimError::invalid_filter());
        }
        rest = after;
    }
}

/// What stands after the name: `eq "value"`; the value, and what comes then.
pub(super) fn equals(text: &str) -> Result<(String, &str), ScimError> {
    let (operator, rest) = word(text);
    let rest = rest.trim_start();
    if !operator.eq_ignore_ascii_case("eq") || !rest.starts_with('"') {
        return Err(ScimError::invalid_filter());
    }
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    let quoted = end.and_then(|(at, _)| Some((rest.get(..=at)?, rest.get(at + 1..)?)));
    let (quoted, rest) = quoted.ok_or_else(ScimError::invalid_filter)?;
    match serde_json::from_str::<String>(quoted) {
        Ok(value) if !value.contains(char::is_control) => Ok((value, rest)),
        _ => Err(ScimError::invalid_filter()),
    }
}

fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_once(' ').unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Field; 5] = [
        Field::Id,
        Field::UserName,
        Field::ExternalId,
        Field::DisplayName,
        Field::Member,
    ];

    #[test]
    fn what_directories_ask_is_understood() {
        let one = |text: &str| parse(text, &ALL).unwrap();
        assert_eq!(one(r#"userName eq "ada""#), [(Field::UserName, "ada".into())]);
        assert_eq!(
            one(r#"  USERNAME EQ "a \"b\" and \\ c"  "#),
            [(Field::UserName, "a \"b\" and \\ c".into())]
        );
        assert_eq!(
            one(r#"id eq "dgr_1" and members eq "stf_1""#),
            [(Field::Id, "dgr_1".into()), (Field::Member, "stf_1".into())]
        );
        assert_eq!(
            one(r#"urn:ietf:params:scim:schemas:core:2.0:Group:displayName eq "Agents""#),
            [(Field::DisplayName, "Agents".into())]
        );
    }

    #[test]
    fn what_is_not_understood_is_refused_and_never_taken_for_everything() {
        for bad in [
            "",
            "userName",
            "userName eq",
            "userName eq ada",
            r#"userName eq "ada"#,
            r#"userName co "a""#,
            "userName pr",
            r#"not (userName eq "a")"#,
            r#"userName eq "a" or userName eq "b""#,
            r#"userName eq "a" and"#,
            r#"userName eq "a" and and userName eq "b""#,
            r#"password eq "a""#,
            r#"emails[type eq "work"] eq "a""#,
            r#"userName eq "a\u0000b""#,
            &format!(r#"userName eq "{}""#, "x".repeat(3000)),
            &[r#"id eq "a""#; 5].join(" and "),
        ] {
            let error = parse(bad, &ALL).unwrap_err();
            assert_eq!((error.status, error.kind), (400, Some("invalidFilter")), "{bad}");
        }
        assert!(parse(r#"displayName eq "a""#, &[Field::Id]).is_err());
    }
}
