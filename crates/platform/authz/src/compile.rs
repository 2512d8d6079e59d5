use std::{collections::BTreeSet, fmt::Write as _, str::FromStr as _};

use cedar_policy::{PolicySet, Schema, ValidationMode, Validator};
use wd_kernel::Reach;

/// A right that a role gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The role's name.
    pub role: String,
    /// The permission's name.
    pub permission: String,
    /// How far it reaches.
    pub reach: Reach,
}

/// Why a set of grants is not used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A name is not one of lower-case letters, digits, `_`, `-` and `.`.
    #[error("{0:?} is not a name of a role or permission")]
    Name(String),
    /// The policies do not parse or validate. The text is Cedar's.
    #[error("the policies are not valid: {0}")]
    Invalid(String),
}

/// Policies with the schema they were checked against.
pub(crate) struct Compiled {
    pub(crate) policies: PolicySet,
    pub(crate) permissions: BTreeSet<String>,
}

pub(crate) fn compile(grants: &[Grant], permissions: &[&str]) -> Result<Compiled, PolicyError> {
    let known: BTreeSet<String> = permissions.iter().map(|name| (*name).to_owned()).collect();
    for name in known
        .iter()
        .chain(grants.iter().flat_map(|grant| [&grant.role, &grant.permission]))
    {
        check_name(name)?;
    }
    let mut text = String::from(CUSTOMERS);
    for grant in grants {
        let reach = match grant.reach {
            Reach::Organisation => "",
            Reach::Team => " when { resource has team && principal.teams.contains(resource.team) }",
            Reach::Own => " when { resource has owner && resource.owner == principal }",
        };
        let (role, permission) = (&grant.role, &grant.permission);
        writeln!(
            text,
            "permit(principal in Role::\"{role}\", action == Action::\"{permission}\", resource){reach};"
        )
        .map_err(|e| PolicyError::Invalid(e.to_string()))?;
    }
    let policies = PolicySet::from_str(&text).map_err(|e| PolicyError::Invalid(e.to_string()))?;
    let schema = Schema::from_cedarschema_str(&schema(&known))
        .map_err(|e| PolicyError::Invalid(e.to_string()))?
        .0;
    let result = Validator::new(schema).validate(&policies, ValidationMode::Strict);
    if !result.validation_passed() {
        let errors: Vec<String> = result.validation_errors().map(ToString::to_string).collect();
        return Err(PolicyError::Invalid(errors.join("; ")));
    }
    Ok(Compiled {
        policies,
        permissions: known,
    })
}

/// Customers have one right, and only over what is theirs.
const CUSTOMERS: &str = "permit(principal is Customer, action == Action::\"widget.converse\", resource) when { resource has customer && resource.customer == principal };\n";

fn schema(permissions: &BTreeSet<String>) -> String {
    let mut text = String::from(
        "entity Role;\nentity Team;\nentity Customer;\nentity Staff in [Role] = { teams: Set<Team> };\n\
         entity Thing = { team?: Team, owner?: Staff, customer?: Customer };\n",
    );
    let mut names = permissions.clone();
    names.insert("widget.converse".into());
    for name in names {
        text.push_str("action \"");
        text.push_str(&name);
        text.push_str("\" appliesTo { principal: [Staff, Customer], resource: Thing };\n");
    }
    text
}

fn check_name(name: &str) -> Result<(), PolicyError> {
    let fine = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'));
    if fine {
        Ok(())
    } else {
        Err(PolicyError::Name(name.to_owned()))
    }
}
