ALTER TABLE colleague ADD COLUMN open INTEGER NOT NULL DEFAULT 1;
UPDATE colleague SET open = EXISTS (SELECT 1 FROM conversation c WHERE c.id = colleague.conversation AND c.state = 'open');
CREATE INDEX colleague_open ON colleague (staff, conversation) WHERE open;
