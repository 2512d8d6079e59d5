//! The endpoints.

mod entries;
mod folders;
mod keys;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::TeamVault;

/// The endpoints of staff.
pub fn router(vault: TeamVault) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(folders::list_vault_folders, folders::create_vault_folder))
        .routes(routes!(folders::delete_vault_folder))
        .routes(routes!(folders::set_vault_members))
        .routes(routes!(entries::open_vault_folder))
        .routes(routes!(keys::rekey_vault_folder))
        .routes(routes!(keys::share_vault_key))
        .routes(routes!(keys::discard_vault_share))
        .routes(routes!(keys::get_unmoved_vault_keys, keys::move_vault_keys))
        .routes(routes!(entries::list_vault_entries, entries::add_vault_entries))
        .routes(routes!(entries::change_vault_entry, entries::delete_vault_entry))
        .routes(routes!(entries::open_vault_entry))
        .routes(routes!(entries::get_vault_entry_history))
        .with_state(vault)
}
