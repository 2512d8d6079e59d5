use std::{
    collections::{HashMap, HashSet},
    str::FromStr as _,
    sync::{Arc, PoisonError, RwLock},
};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use tracing::error;
use wd_kernel::{Actor, Decide, Scope};

use crate::{
    Grant, PolicyError,
    compile::{Compiled, compile},
};

/// Decides by the policies it was last given. Clones share them. Knows nothing and refuses everything at first.
#[derive(Clone, Default)]
pub struct Authz(Arc<RwLock<Option<Arc<Compiled>>>>);

/// All that the company's directory may do: bring people, take them away, and give roles and teams. What of these roles
/// and of whom, the use cases decide further. Everything else is refused, also what a later version brings.
pub(crate) const OF_DIRECTORIES: [&str; 5] = [
    "staff.read",
    "staff.invite",
    "staff.disable",
    "roles.assign",
    "teams.manage",
];

/// A request that could not be asked or answered; always a refusal.
type Fault = Box<dyn std::error::Error + Send + Sync>;

impl Authz {
    /// Replaces the policies. `permissions` are all names that code asks for; a grant of another name is refused.
    pub fn load(&self, grants: &[Grant], permissions: &[&str]) -> Result<(), PolicyError> {
        let compiled = compile(grants, permissions)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(compiled));
        Ok(())
    }
}

impl Decide for Authz {
    fn allows(&self, actor: &Actor, permission: &'static str, scope: Scope) -> bool {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        match (actor, current) {
            // What Wardesk does itself, and the administrator at the command line.
            (Actor::System(_), _) => true,
            (Actor::Directory(_), _) => OF_DIRECTORIES.contains(&permission),
            (Actor::Nobody, _) | (_, None) => false,
            (_, Some(compiled)) => ask(&compiled, actor, permission, scope).unwrap_or_else(|fault| {
                error!(permission, fault, "a decision about a right failed and was refused");
                false
            }),
        }
    }
}

fn ask(compiled: &Compiled, actor: &Actor, permission: &str, scope: Scope) -> Result<bool, Fault> {
    if !compiled.permissions.contains(permission) && permission != "widget.converse" {
        return Err("the permission is not known".into());
    }
    let (principal, who) = principal(actor)?;
    let (resource, thing) = thing(scope)?;
    let action = uid("Action", permission)?;
    let entities = Entities::from_entities([who, thing], None)?;
    let request = Request::new(principal, action, resource, Context::empty(), None)?;
    decide(&request, &compiled.policies, &entities)
}

fn decide(request: &Request, policies: &PolicySet, entities: &Entities) -> Result<bool, Fault> {
    let response = Authorizer::new().is_authorized(request, policies, entities);
    let errors: Vec<String> = response.diagnostics().errors().map(ToString::to_string).collect();
    if errors.is_empty() {
        Ok(response.decision() == Decision::Allow)
    } else {
        Err(errors.join("; ").into())
    }
}

fn principal(actor: &Actor) -> Result<(EntityUid, Entity), Fault> {
    match actor {
        Actor::Staff(staff) => {
            let id = uid("Staff", &staff.id.to_string())?;
            let roles = staff
                .roles
                .iter()
                .map(|role| uid("Role", role))
                .collect::<Result<HashSet<_>, _>>()?;
            let teams = staff
                .teams
                .iter()
                .map(|team| reference("Team", &team.to_string()))
                .collect::<Result<Vec<_>, _>>()?;
            let attributes = HashMap::from([("teams".to_owned(), RestrictedExpression::new_set(teams))]);
            Ok((id.clone(), Entity::new(id, attributes, roles)?))
        }
        Actor::Customer { id, .. } => {
            let id = uid("Customer", &id.to_string())?;
            Ok((id.clone(), Entity::new(id, HashMap::new(), HashSet::new())?))
        }
        Actor::Nobody | Actor::Directory(_) | Actor::System(_) => Err("no policy speaks of this actor".into()),
    }
}

fn thing(scope: Scope) -> Result<(EntityUid, Entity), Fault> {
    let id = uid("Thing", "this")?;
    let mut attributes = HashMap::new();
    if let Some(team) = scope.team {
        attributes.insert("team".to_owned(), reference("Team", &team.to_string())?);
    }
    if let Some(owner) = scope.owner {
        attributes.insert("owner".to_owned(), reference("Staff", &owner.to_string())?);
    }
    Ok((id.clone(), Entity::new(id, attributes, HashSet::new())?))
}

fn reference(kind: &str, id: &str) -> Result<RestrictedExpression, Fault> {
    Ok(RestrictedExpression::new_entity_uid(uid(kind, id)?))
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, Fault> {
    Ok(EntityUid::from_type_name_and_id(
        EntityTypeName::from_str(kind)?,
        EntityId::new(id),
    ))
}
