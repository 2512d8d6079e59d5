//! One typed tree of settings: built-in values, then a TOML file, then environment variables `WARDESK_…`, then the
//! command line. Unknown keys are refused. Secrets come by value or, better, by a file (`…_file`).

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod mail;
mod sample;
mod settings;
mod sms;

pub use mail::{Mail, MailSecurity};
pub use sample::sample;
pub use settings::{ConfigError, Secret, Settings, Tls};
pub use sms::{Sms, SmsDriver, SmsHttp, SmsMethod, SmsSecurity, SmsSmpp, SmsTwilio};
