-- Whether a message is for a customer. They have a share of their own, so that staff can always sign in.
ALTER TABLE sms_message ADD COLUMN for_customer INTEGER NOT NULL DEFAULT 0;
