export const auditLog = {
  "audit.lead": "Everything that was done or refused, and by whom. Entries are only ever added.", "audit.filter": "Filter", "audit.filter-example": "actor:… action:… target:… from:2026-01-31 to:…", "audit.apply": "Filter",
  "audit.drop": "Drop the filter {term}", "audit.unknown": "Not understood: {words}. Use actor:, action:, target:, from: and to:.", "audit.quick": "Try:", "audit.quick-today": "Today", "audit.quick-revealed": "Reveals of customer data",
  "audit.action": "What", "audit.actor": "Who", "audit.target": "To what", "audit.outcome": "Outcome", "audit.at": "When", "audit.seq": "Number", "audit.done": "Done", "audit.refused": "Refused",
  "audit.export": "Export", "audit.export-all": "The whole log", "audit.export-range": "The filtered range of time", "audit.jsonl": "JSON lines, for machines", "audit.csv": "CSV, for spreadsheets",
  "audit.empty": "No entries", "audit.empty-text": "Nothing was done that fits this filter.", "audit.clear": "Clear the filter", "audit.entry": "Entry",
  "audit.same-action": "Same action", "audit.same-actor": "Same person", "audit.same-target": "Same target",
  "audit.proof": "Proof", "audit.proof-lead": "The hash is the SHA-256 of the bytes below. Personal values stand in them as commitments, so that they can be erased and the proof stays.",
  "audit.hash": "Hash", "audit.intact": "Check", "audit.intact-yes": "The bytes below have this hash.", "audit.intact-no": "The bytes below do NOT have this hash: the entry was changed.", "audit.canonical": "Canonical bytes",
  "audit.broken": "This entry was changed", "audit.broken-text": "Its bytes do not fit its hash. Keep everything as it is and tell your security officer.",
  "actor.system": "The system", "actor.customer": "A customer", "actor.nobody": "Nobody signed in", "actor.staff": "Staff",
  "action.customer.revealed": "Customer data revealed", "action.customer.created": "Customer created", "action.customer.changed": "Customer changed", "action.customer.searched": "Customer searched for",
} as const;
