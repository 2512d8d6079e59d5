export const organisation = {
  "settings.lead": "How {name} is known to customers and what the widget does.",
  "settings.fingerprint": "Fingerprint", "settings.fingerprint-lead": "Customers check it once to know that they really talk to you. Print it on letters, cards, and your imprint.", "settings.fingerprint-how": "Compare these forty characters with the ones the widget shows.",
  "settings.widget": "Widget", "settings.widget-lead": "Put this into the pages of your site, before the end of the body.",
  "settings.conversations": "Conversations", "settings.typing": "Show who is writing", "settings.typing-hint": "Customers and staff see when the other side writes.", "settings.presence": "Show who is online", "settings.presence-hint": "Colleagues see it when they assign a conversation.",
  "settings.origins": "Sites with the widget", "settings.origins-hint": "Only pages of these origins may open it. Press Enter after each.",
  "settings.keys": "Identity keys", "settings.keys-lead": "Your site signs who its customers are with the private half. Only the public half belongs here.", "settings.no-keys": "None. Without a key every customer stays a visitor nobody vouches for.",
  "settings.add-key": "Add a key", "settings.new-key": "New key", "settings.kid": "Key id (kid)", "settings.alg": "Algorithm", "settings.pem": "Public key (PEM)",
  "settings.security": "Security contact", "settings.security-lead": "This address hears by mail when somebody is disabled, becomes an administrator, gets a set-up link or a new device, or when a factor is stopped.",
  "settings.contact": "Mail address", "settings.contact-hint": "Best a mailbox that several people read. When it changes, the address of before is told.", "settings.to-mail": "Outgoing mail", "settings.to-sms": "Text messages",
  "settings.unsaved": "Not saved yet", "settings.undo": "Undo",
} as const;
