//! The rights of this domain. What one may do in a conversation is asked of the desk.

wd_kernel::permissions! {
    /// Revokes devices of other people.
    DeviceRevoke = "device.revoke", step_up = true;
}
