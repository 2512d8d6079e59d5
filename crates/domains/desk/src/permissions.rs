//! The rights of this domain.

wd_kernel::permissions! {
    /// Sees conversations: who, when, in which state. Their content is for the devices in them.
    ConversationRead = "conversation.read";
    /// Takes a waiting conversation, and gives it back.
    ConversationTake = "conversation.take";
    /// Hands conversations over, adds and removes colleagues.
    ConversationAssign = "conversation.assign";
    /// Joins a conversation of somebody else.
    ConversationJoin = "conversation.join";
    /// Closes and reopens.
    ConversationClose = "conversation.close";
    /// Gets the keys of what was written before one joined.
    ConversationHistory = "conversation.history";
    /// Reads and writes internal notes.
    ConversationNote = "conversation.note";
    /// Sees the organisation's settings.
    SettingsRead = "settings.read";
    /// Changes the organisation's settings.
    SettingsChange = "settings.change", step_up = true;
}
