ALTER TABLE colleague ADD COLUMN open BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE colleague SET open = EXISTS (SELECT 1 FROM conversation c WHERE c.id = colleague.conversation AND c.state = 'open');
CREATE INDEX colleague_open ON colleague (staff, conversation) WHERE open;
