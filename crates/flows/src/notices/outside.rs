//! Notices about the two who say from outside who people are: the sign-in provider and the company's directory. Whoever
//! changes what they may do can let anybody in, or give anybody a role.

use wd_kernel::{EventEnvelope, StaffId, Timestamp};
use wd_provisioning::{
    events::{DirectoryChanged, TokenMade, TokenRevoked},
    model::settings::Setting as OfDirectory,
};
use wd_single_sign_on::{events::ProviderChanged, model::settings::Setting as OfProvider};

use super::words::{Person, Place, Words, look, moment, named, said};

/// What was changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outside {
    Provider { changed: Vec<OfProvider> },
    Directory { changed: Vec<OfDirectory> },
    TokenMade { name: String, days: u32 },
    TokenRevoked { name: String },
}

/// What an event says was changed, if it is about one of the two, and who did it.
pub(super) fn read(event: &EventEnvelope) -> Option<(Outside, Option<StaffId>)> {
    if let Some(ProviderChanged { changed, by, .. }) = event.read() {
        return Some((Outside::Provider { changed }, by));
    }
    if let Some(DirectoryChanged { changed, by, .. }) = event.read() {
        return Some((Outside::Directory { changed }, by));
    }
    if let Some(TokenMade { name, days, by, .. }) = event.read() {
        return Some((Outside::TokenMade { name, days }, by));
    }
    let TokenRevoked { name, by, .. } = event.read()?;
    Some((Outside::TokenRevoked { name }, by))
}

pub(super) fn words(outside: &Outside, by: Option<&Person>, at: Timestamp, place: &Place) -> Words {
    let (kind, happened, more) = match outside {
        Outside::Provider { changed } => (
            "single-sign-on-changed",
            "The settings of the sign-in provider were changed".to_owned(),
            format!(
                "Changed: {}. Through the provider anybody can be signed in, and by its groups get roles.",
                listed(changed, of_provider)
            ),
        ),
        Outside::Directory { changed } => (
            "directory-changed",
            "The settings of the directory were changed".to_owned(),
            format!(
                "Changed: {}. The directory brings people, switches them off, and gives roles by groups.",
                listed(changed, of_directory)
            ),
        ),
        Outside::TokenMade { name, days } => (
            "directory-token-made",
            format!("A token for the directory was made: {}", said(name, 60)),
            format!("Whoever has it can bring people and switch them off. It works for so many days: {days}."),
        ),
        Outside::TokenRevoked { name } => (
            "directory-token-revoked",
            format!("A token of the directory was revoked: {}", said(name, 60)),
            "If no other one works, the directory brings nobody and switches nobody off.".to_owned(),
        ),
    };
    let by = by.map_or_else(|| "the command line, or Wardesk itself".to_owned(), named);
    let text = format!(
        "{happened}.\n\nBy:   {by}\nWhen: {}\n\n{more} The audit log has the particulars. If you do not know why, ask who did it.\n{}",
        moment(at),
        look(place)
    );
    Words {
        kind,
        subject: format!("Wardesk: {happened}"),
        text,
    }
}

fn listed<T: Copy>(changed: &[T], name: fn(T) -> &'static str) -> String {
    let names: Vec<&str> = changed.iter().map(|setting| name(*setting)).collect();
    names.join("; ")
}

const fn of_provider(setting: OfProvider) -> &'static str {
    match setting {
        OfProvider::Enabled => "whether anybody signs in through it",
        OfProvider::Name => "its name on the button",
        OfProvider::Issuer => "which provider it is",
        OfProvider::Client => "the client or its secret",
        OfProvider::Scopes => "what is asked for",
        OfProvider::SecondFactor => "what counts as a second factor shown there",
        OfProvider::Create => "whether unknown people get accounts",
        OfProvider::Groups => "which groups give which roles and teams",
    }
}

const fn of_directory(setting: OfDirectory) -> &'static str {
    match setting {
        OfDirectory::Enabled => "whether it may call",
        OfDirectory::SwitchesOffPrivileged => "whether it may switch off people with administrative rights",
        OfDirectory::ExternalIdIsSubject => "whether whom it brings can sign in at the provider at once",
        OfDirectory::Groups => "which groups give which roles and teams",
    }
}

#[cfg(test)]
mod tests {
    use wd_kernel::Id as _;
    use wd_mail::Mail;

    use super::*;

    const AT: Timestamp = Timestamp::from_micros(1_700_000_000_123_456);

    fn place() -> Place {
        Place {
            organisation: "Example Ltd".into(),
            host: "desk.example.org".into(),
        }
    }

    #[test]
    fn a_notice_says_which_settings_by_whom_and_when_and_not_what_they_are() {
        let by = Person {
            id: StaffId::from_uuid(uuid::Uuid::from_u128(2)),
            name: "Robin".into(),
        };
        let changed = vec![OfProvider::SecondFactor, OfProvider::Groups];
        let said = words(&Outside::Provider { changed }, Some(&by), AT, &place());
        assert_eq!(
            said.subject,
            "Wardesk: The settings of the sign-in provider were changed"
        );
        assert!(
            said.text.contains(
                "By:   Robin (stf_00000000000000000000000000000002)\nWhen: 2023-11-14 22:13:20 UTC\n\n\
                 Changed: what counts as a second factor shown there; which groups give which roles and teams."
            ),
            "{}",
            said.text
        );
    }

    #[test]
    fn no_notice_holds_a_link_or_breaks_whatever_tokens_are_called() {
        let evil = || "https://evil.example/\r\nBcc: all".to_owned();
        let all = [
            Outside::Provider { changed: vec![] },
            Outside::Directory {
                changed: vec![OfDirectory::Enabled, OfDirectory::SwitchesOffPrivileged],
            },
            Outside::TokenMade {
                name: evil(),
                days: 365,
            },
            Outside::TokenRevoked { name: evil() },
        ];
        let lines = words(&Outside::Directory { changed: vec![] }, None, AT, &place());
        let lines = lines.text.lines().count();
        for outside in all {
            let words = words(&outside, None, AT, &place());
            assert!(
                !words.text.contains("://") && !words.subject.contains("://"),
                "{}",
                words.text
            );
            assert_eq!(words.text.lines().count(), lines);
            assert!(Mail::new("a@example.org".parse().unwrap(), words.kind, words.subject, words.text).is_ok());
        }
    }
}
