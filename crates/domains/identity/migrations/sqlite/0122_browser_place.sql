-- The latest session that began there: its entry in the audit log says from where.
ALTER TABLE browser ADD COLUMN last_session BLOB;
UPDATE browser SET last_session = (SELECT MAX(id) FROM session WHERE session.browser = browser.id);
