ALTER TABLE sign_in_review ADD COLUMN browser BLOB;
UPDATE sign_in_review SET browser =
    (SELECT known_device.browser FROM known_device WHERE known_device.token_hash = sign_in_review.known_device);
ALTER TABLE sign_in_review DROP COLUMN known_device;
