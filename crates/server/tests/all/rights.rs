//! Which role may do what.

use std::collections::BTreeMap;

use wd_kernel::Reach;

use crate::support::golden;

#[test]
fn the_rights_of_the_roles_are_as_reviewed() {
    let roles = wd_server::roles();
    let mut table: BTreeMap<&str, BTreeMap<&str, &str>> = wd_server::permissions()
        .into_iter()
        .map(|p| (p, BTreeMap::new()))
        .collect();
    for role in &roles {
        for (permission, reach) in &role.grants {
            let row = table
                .get_mut(permission)
                .unwrap_or_else(|| panic!("{}: nobody asks for {permission}", role.name));
            let reach = match reach {
                Reach::Organisation => "organisation",
                Reach::Team => "team",
                Reach::Own => "own",
            };
            row.insert(role.name, reach);
        }
    }
    let mut text = format!("{:<28}", "permission");
    for role in &roles {
        text += &format!("{:<18}", role.name);
    }
    for (permission, holders) in table {
        text = format!("{}\n{permission:<28}", text.trim_end());
        for role in &roles {
            text += &format!("{:<18}", holders.get(role.name).unwrap_or(&"-"));
        }
    }
    golden("roles.txt", &format!("{}\n", text.trim_end()));
}
