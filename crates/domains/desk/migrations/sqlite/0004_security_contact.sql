-- Sealed.
ALTER TABLE desk_settings ADD COLUMN security_contact BLOB;
