/// A documented sample file with the built-in values, as `wardesk config-sample` prints it.
pub const fn sample() -> &'static str {
    r#"# Settings of `wardesk serve`. Every key can be left out; what stands here uncommented is built in.
# Environment variables win: WARDESK_LISTEN, WARDESK_DATABASE_FILE, …

# The folder for the SQLite database, the key file and what is made at first start.
data_dir = "wardesk-data"

# Where to listen. Plain HTTP is possible on loopback only; elsewhere TLS 1.3 is spoken.
listen = "127.0.0.1:8443"

# The address people use.
# public_url = "https://desk.example.org"

# The organisation's name as customers read it.
organisation = "Our company"

# "sqlite", or a PostgreSQL address, or a file that holds one.
database = "sqlite"
# database = { file = "/etc/wardesk/database" }
# database_schema = "wardesk"

# Fan-out between several nodes on one PostgreSQL.
# nats = "nats://127.0.0.1:4222"

# What opens the key file (data_dir/keys.json). Without it a random key is kept in data_dir/unlock.key:
# then whoever has the whole folder has the data.
# passphrase = { file = "/run/secrets/wardesk-passphrase" }
# key_file = "/etc/wardesk/keys.json"

# Breached passwords: the file that `wardesk breach import` made. It may be replaced while this runs. Without it
# passwords are held against a list of common ones only.
# breach_corpus = "/var/lib/wardesk/breached.wdb"

# Words that passwords must not be made of, besides people's names, the organisation's name and the name of the host.
# password_words = ["Product", "Brand", "Old Town"]

# Where addresses are: a file in the MaxMind DB format, of countries or better of cities. It may be replaced while this
# runs. Without it sign-ins are not weighed by country and journey.
# geoip_database = "/var/lib/wardesk/GeoLite2-City.mmdb"

# The makes of passkeys and security keys that this organisation trusts, with the root certificates of their makers
# (docs/how-to/makes-of-keys.md). It is read at start. Without it no role can ask for attested keys.
# key_makes = "/etc/wardesk/makes.toml"

# The log filter.
log = "info"

# Without this, a listener that is not on loopback uses a certificate of a local authority made at first start.
# [tls]
# certificate = "/etc/wardesk/fullchain.pem"
# key = "/etc/wardesk/key.pem"

# The server that takes outgoing mail. Without it no mail is sent, and the console says which there would have been.
# security: "starttls" (demanded, as a rule port 587), "tls" (from the first byte, port 465), or "none" (in clear, for a
# server on this machine only). ca: certificates of the only authorities that may vouch for the server; without it the
# public ones may.
# [mail]
# from = "wardesk@example.org"
# server = "smtp.example.org:587"
# security = "starttls"
# user = "wardesk"
# password = { file = "/run/secrets/wardesk-mail-password" }
# ca = "/etc/wardesk/mail-ca.pem"

# Who delivers text messages, in the order in which they are asked. Without it none is sent. countries: beginnings of
# numbers to which messages may go, in digits without "+"; except: longer ones to which none may. cost and spend_…: in
# thousandths of the currency; customers_share: how much of it customers may use, in percent. Kinds of drivers: "twilio", "http" and "smpp"; docs/how-to/text-messages.md shows each.
# [sms]
# countries = ["49", "43", "41"]
# except = []
# currency = "EUR"
# cost = 80
# spend_per_hour = 5000
# spend_per_day = 25000
# customers_share = 50
# number_per_hour = 5
# number_per_day = 10
# address_per_hour = 10
# address_per_day = 30
# [[sms.drivers]]
# kind = "smpp"
# name = "carrier"
# server = "smpp.example.org:3550"
# security = "tls"
# user = "wardesk"
# password = { file = "/run/secrets/wardesk-sms-password" }
# from = "Wardesk"
# window = 10
"#
}
