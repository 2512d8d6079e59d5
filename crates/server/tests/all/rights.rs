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
    let line = |first: &str, cells: Vec<&str>| {
        let text = cells
            .into_iter()
            .fold(format!("{first:<28}"), |text, cell| text + &format!("{cell:<18}"));
        format!("{}\n", text.trim_end())
    };
    let mut text = line("permission", roles.iter().map(|role| role.name).collect());
    for (permission, holders) in table {
        let cells = roles.iter().map(|role| *holders.get(role.name).unwrap_or(&"-"));
        text.push_str(&line(permission, cells.collect()));
    }
    golden("roles.txt", &text);
}
