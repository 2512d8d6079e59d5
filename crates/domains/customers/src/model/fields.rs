use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use wd_kernel::FieldProblem;

/// How a customer came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerKind {
    /// Wrote in the widget, nobody vouches for them.
    Visitor,
    /// The company's site vouches for them.
    Identified,
    /// A staff member or an import made the record.
    Recorded,
}

impl CustomerKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Identified => "identified",
            Self::Recorded => "recorded",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Visitor, Self::Identified, Self::Recorded]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A group of fields that one right opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldClass {
    /// Mail, phone, address.
    Contact,
    /// External id.
    Identifiers,
    /// Notes.
    Notes,
}

impl FieldClass {
    /// The columns of the class.
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Contact => &["mail", "phone", "address"],
            Self::Identifiers => &["external_id"],
            Self::Notes => &["notes"],
        }
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Identifiers => "identifiers",
            Self::Notes => "notes",
        }
    }
}

/// All fields in clear, checked and in their stored form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerFields {
    /// What they are called: 1 to 200 characters.
    pub name: Option<String>,
    /// RFC 5321 address, at most 254 bytes.
    pub mail: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// Postal address: at most 1,000 characters.
    pub address: Option<String>,
    /// The company's own number for them: at most 200 characters.
    pub external_id: Option<String>,
    /// At most 10,000 characters.
    pub notes: Option<String>,
    /// At most 20 of at most 40 characters.
    pub tags: Vec<String>,
}

impl CustomerFields {
    /// A field by its name on the wire, if it holds something.
    pub(crate) fn value(&self, field: &str) -> Option<&str> {
        match field {
            "mail" => self.mail.as_deref(),
            "phone" => self.phone.as_deref(),
            "address" => self.address.as_deref(),
            "external_id" => self.external_id.as_deref(),
            "notes" => self.notes.as_deref(),
            _ => None,
        }
    }

    /// Brings every field into its stored form, or says what is wrong with which.
    pub fn check(self) -> Result<Self, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut keep = |field: &str, checked: Result<Option<String>, &'static str>| {
            checked.unwrap_or_else(|message| {
                problems.push(FieldProblem {
                    field: field.into(),
                    message: message.into(),
                });
                None
            })
        };
        let name = keep("name", text(self.name, 200, "A name is at most 200 characters."));
        let mail = keep(
            "mail",
            self.mail.filter(|t| !t.trim().is_empty()).map(|t| mail(&t)).transpose(),
        );
        let phone = keep(
            "phone",
            self.phone
                .filter(|t| !t.trim().is_empty())
                .map(|t| phone(&t))
                .transpose(),
        );
        let address = keep(
            "address",
            text(self.address, 1000, "An address is at most 1,000 characters."),
        );
        let external_id = keep(
            "external_id",
            text(self.external_id, 200, "An external id is at most 200 characters."),
        );
        let notes = keep(
            "notes",
            text(self.notes, 10_000, "Notes are at most 10,000 characters."),
        );
        let tags: Vec<String> = self
            .tags
            .iter()
            .map(|tag| tag.trim().nfc().collect::<String>())
            .filter(|tag| !tag.is_empty())
            .collect();
        if tags.len() > 20 || tags.iter().any(|tag| tag.chars().count() > 40) {
            problems.push(FieldProblem {
                field: "tags".into(),
                message: "At most 20 tags of at most 40 characters.".into(),
            });
        }
        if problems.is_empty() {
            Ok(Self {
                name,
                mail,
                phone,
                address,
                external_id,
                notes,
                tags,
            })
        } else {
            Err(problems)
        }
    }
}

/// By what a customer can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SearchKind {
    /// The exact mail address, in any case.
    Mail,
    /// The exact phone number, however it is spaced.
    Phone,
    /// The exact external id.
    ExternalId,
}

/// An exact search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// By mail.
    Mail(String),
    /// By phone.
    Phone(String),
    /// By external id.
    ExternalId(String),
}

impl Search {
    /// Normalises what was typed as the stored values are; says what is wrong if it can be none.
    pub fn new(kind: SearchKind, value: &str) -> Result<Self, &'static str> {
        match kind {
            SearchKind::Mail => mail(value).map(|value| Self::Mail(fold(&value))),
            SearchKind::Phone => phone(value).map(Self::Phone),
            SearchKind::ExternalId => match text(Some(value.into()), 200, "An external id is at most 200 characters.")?
            {
                Some(value) => Ok(Self::ExternalId(value)),
                None => Err("Type an external id."),
            },
        }
    }

    /// The search that finds these fields, if they have the value.
    pub(crate) fn of(kind: SearchKind, fields: &CustomerFields) -> Option<Self> {
        match kind {
            SearchKind::Mail => fields.mail.as_deref().map(|mail| Self::Mail(fold(mail))),
            SearchKind::Phone => fields.phone.clone().map(Self::Phone),
            SearchKind::ExternalId => fields.external_id.clone().map(Self::ExternalId),
        }
    }

    pub(crate) const fn kind(&self) -> SearchKind {
        match self {
            Self::Mail(_) => SearchKind::Mail,
            Self::Phone(_) => SearchKind::Phone,
            Self::ExternalId(_) => SearchKind::ExternalId,
        }
    }

    pub(crate) fn value(&self) -> &str {
        match self {
            Self::Mail(value) | Self::Phone(value) | Self::ExternalId(value) => value,
        }
    }
}

fn text(value: Option<String>, most: usize, message: &'static str) -> Result<Option<String>, &'static str> {
    // What is taken out first cannot leave a space at an end, or two characters that would have been one.
    let value: String = value
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .nfc()
        .collect();
    let value = value.trim().to_owned();
    if value.chars().count() > most {
        return Err(message);
    }
    Ok(Some(value).filter(|value| !value.is_empty()))
}

fn mail(value: &str) -> Result<String, &'static str> {
    const WRONG: &str = "This is not a mail address.";
    let value: String = value.trim().nfc().collect();
    let (local, domain) = value.rsplit_once('@').ok_or(WRONG)?;
    let domain_fine = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    if local.is_empty()
        || !domain_fine
        || value.len() > 254
        || value.chars().any(|c| c.is_whitespace() || c.is_control())
        || local.contains('@')
    {
        return Err(WRONG);
    }
    Ok(value)
}

/// E.164: a plus sign and 7 to 15 digits. Spaces, brackets, dots, slashes and hyphens are dropped, 00 becomes the plus.
fn phone(value: &str) -> Result<String, &'static str> {
    let compact: String = value
        .nfkc()
        .filter(|c| !matches!(c, ' ' | '\u{a0}' | '(' | ')' | '-' | '.' | '/' | '‑'))
        .collect();
    let digits = compact
        .strip_prefix('+')
        .or_else(|| compact.strip_prefix("00"))
        .ok_or("A phone number begins with + and the country code.")?;
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) || digits.starts_with('0') {
        return Err("A phone number has 7 to 15 digits after the +.");
    }
    Ok(format!("+{digits}"))
}

/// How mail addresses are compared: NFKC, lower case.
fn fold(mail: &str) -> String {
    // A small letter may bring marks of its own, which then have to find their place among the others.
    mail.nfkc().collect::<String>().to_lowercase().nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_small_letters_whatever_marks_they_bring() {
        let stored = Search::new(SearchKind::Mail, "\u{130}\u{734}@example.org").unwrap();
        assert_eq!(Search::new(SearchKind::Mail, stored.value()), Ok(stored));
    }

    #[test]
    fn what_was_brought_into_its_stored_form_stays_as_it_is() {
        for typed in ["\u{1} A-17", "A-17 \u{7f}", "e\u{2}\u{301}"] {
            let stored = text(Some(typed.into()), 200, "").unwrap();
            assert_eq!(text(stored.clone(), 200, ""), Ok(stored), "{typed:?}");
        }
    }

    #[test]
    fn a_phone_number_is_found_however_it_was_typed() {
        for typed in ["+49 30 1234567", "0049 (30) 123-4567", "+49.30/1234567", "+49301234567"] {
            assert_eq!(phone(typed), Ok("+49301234567".into()), "{typed}");
        }
        for wrong in [
            "030 1234567",
            "+49",
            "+49 30 12345678901234",
            "+0123456789",
            "abc",
            "+49 30 12x4567",
        ] {
            assert!(phone(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn mail_addresses_compare_without_case() {
        assert_eq!(
            Search::new(SearchKind::Mail, " Ada@Example.ORG "),
            Search::new(SearchKind::Mail, "ada@example.org")
        );
        for wrong in [
            "ada",
            "@example.org",
            "ada@",
            "ada@org",
            "a b@example.org",
            "ada@@example.org",
            "ada@example..org",
        ] {
            assert!(mail(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let fields = CustomerFields {
            mail: Some("x".into()),
            phone: Some("y".into()),
            name: Some("n".repeat(201)),
            ..CustomerFields::default()
        };
        let named: Vec<_> = fields.check().unwrap_err().into_iter().map(|p| p.field).collect();
        assert_eq!(named, ["name", "mail", "phone"]);
    }

    #[test]
    fn blank_fields_are_absent() {
        let fields = CustomerFields {
            name: Some("  ".into()),
            mail: Some(String::new()),
            tags: vec![" vip ".into(), String::new()],
            ..CustomerFields::default()
        };
        assert_eq!(
            fields.check(),
            Ok(CustomerFields {
                tags: vec!["vip".into()],
                ..CustomerFields::default()
            })
        );
    }
}
