-- The latest session that began there: its entry in the audit log says from where.
ALTER TABLE browser ADD COLUMN last_session UUID;
UPDATE browser SET last_session =
    (SELECT session.id FROM session WHERE session.browser = browser.id ORDER BY session.id DESC LIMIT 1);
