//! What people hear of what happens to their own accounts: what, when, in which browser, and what to do if it was not
//! them. Never a secret but the code of their own mail address, never a link.

use std::fmt::Write as _;

use wd_identity::{FactorStrength, Touch};
use wd_kernel::Timestamp;
use wd_mail::TooMany;
use wd_team_vault::events::SecretsWanted;

use super::words::{Person, Place, Words, foot, moment, named, said};

/// What a notice becomes when its recipient had too many: never nothing.
pub(super) const TOO_MANY: TooMany = TooMany::Collapse {
    kind: "own-more-notices",
    subject: "Wardesk: more about your account",
    text: "More happened to your account within an hour than is told one by one.\n\
        Look into your console, under My security.\n",
};

const fn kind(what: Touch) -> &'static str {
    match what {
        Touch::PasswordChanged => "own-password-changed",
        Touch::PasswordStopped => "own-password-stopped",
        Touch::PasswordBreached => "own-password-breached",
        Touch::PasswordFoundByScan => "own-password-found-by-scan",
        Touch::PasswordCheckAsked => "own-password-check-asked",
        Touch::FactorAdded => "own-factor-added",
        Touch::FactorRemoved => "own-factor-removed",
        Touch::FactorStopped => "own-factor-stopped",
        Touch::PasskeyCopied => "own-passkey-copied",
        Touch::RecoveryCodeUsed => "own-recovery-code-used",
        Touch::RecoveryCodesMade => "own-recovery-codes-made",
        Touch::NewBrowser => "own-new-browser",
        Touch::UnusualSignIn => "own-unusual-sign-in",
        Touch::SignInRefused => "own-sign-in-refused",
        Touch::SignInDisowned => "own-sign-in-disowned",
        Touch::BrowserCopied => "own-browser-copied",
        Touch::LinkMade => "own-link-made",
        Touch::Enabled => "own-enabled",
        Touch::SessionsEnded => "own-sessions-ended",
        Touch::BrowserForgotten => "own-browser-forgotten",
        Touch::ProviderBound => "own-provider-bound",
        Touch::ProviderUnbound => "own-provider-unbound",
        Touch::MailAddressChanged => "own-mail-address-changed",
    }
}

const fn happened(what: Touch) -> &'static str {
    match what {
        Touch::PasswordChanged => "Your password was changed",
        Touch::PasswordBreached | Touch::PasswordFoundByScan => "Your password is in a list of breached passwords",
        Touch::PasswordCheckAsked => "Please sign in with your password once",
        Touch::PasswordStopped => "Your password was stopped after a hundred wrong tries in a row",
        Touch::FactorAdded => "A second factor was added to your account",
        Touch::FactorRemoved => "A second factor was removed from your account",
        Touch::FactorStopped => "A second factor of yours was stopped after a hundred wrong codes in a row",
        Touch::PasskeyCopied => "A passkey of yours was stopped because it answered like a copy",
        Touch::RecoveryCodeUsed => "A recovery code of yours was used",
        Touch::RecoveryCodesMade => "New recovery codes were made for your account",
        Touch::NewBrowser => "Somebody signed in to your account from a browser that was not known",
        Touch::UnusualSignIn => "Somebody signed in to your account in an unusual way",
        Touch::SignInRefused => "Somebody with your password and your factor was not let in",
        Touch::SignInDisowned => "You said that a sign-in was not you",
        Touch::BrowserCopied => "A browser of yours that was remembered seems to have been copied",
        Touch::LinkMade => "A link was made with which your account can be set up anew",
        Touch::Enabled => "Your account was enabled again",
        Touch::SessionsEnded => "All your sessions were ended",
        Touch::BrowserForgotten => "A browser of yours was forgotten and signed out",
        Touch::ProviderBound => "An account at the sign-in provider was bound to your account",
        Touch::ProviderUnbound => "No account at the sign-in provider is bound to your account any more",
        Touch::MailAddressChanged => "Notices about your account come to this address now",
    }
}

/// What the owner should know besides, as a paragraph of its own.
const fn more(what: Touch) -> &'static str {
    match what {
        Touch::PasswordBreached => {
            "\nYou, or somebody who knows your password, signed in with it just now, and it is in the list of passwords that \
             were stolen somewhere. All your sessions have ended. Sign in with your second factor; you are then asked for a \
             new password. Where else you use this password, change it too.\n"
        }
        Touch::PasswordFoundByScan => {
            "\nWardesk held the passwords it keeps against a newer list of passwords that were stolen somewhere, and yours is \
             in it. All your sessions have ended. Sign in with your second factor; you are then asked for a new password. \
             Where else you use this password, change it too.\n"
        }
        Touch::PasswordCheckAsked => {
            "\nThere is a newer list of passwords that were stolen somewhere. Yours can be looked up in it only at the moment \
             you type it. So sign in once with your password, as you always do; a passkey alone is not enough for this. You \
             hear more only if it is in the list.\n"
        }
        Touch::UnusualSignIn => {
            "\nWhat was unusual stands in the console, under My security: a country you had not signed in from, a journey too fast \
             for anybody, or many wrong passwords before. If it was not you, say so there: one press ends every session and \
             locks what was signed in with.\n"
        }
        Touch::SignInRefused => {
            "\nToo much spoke against it. What, stands in the console, under My security. If it was not you, somebody else knows \
             your password and has one of your factors: say so there, and change your password.\n"
        }
        Touch::SignInDisowned => {
            "\nEvery session has ended. What was signed in with is locked, and so are factors that were added since; an account \
             at the provider and an address for notices that came since are taken away. Sign in again in the browser where you \
             said so; you are then asked for a new password. Your security officer has been told.\n"
        }
        Touch::PasskeyCopied => {
            "\nThere are two of this passkey, and nobody can tell which is yours. It does not work any more, all your sessions have \
             ended, and no browser is known any more. Sign in with another factor or a recovery code, add a new passkey, and \
             remove this one. If you have no other factor, ask your administrator for a new link.\n"
        }
        Touch::BrowserCopied => {
            "\nA mark by which this browser was remembered came twice. It is forgotten now, all sessions that began in it have \
             ended, and signing in there needs your second factor again. If you did not put the browser back from a backup, \
             somebody took the mark from your computer: have it looked at before you sign in there.\n"
        }
        Touch::ProviderBound => {
            "\nWhoever can sign in with that account at the provider gets into yours here. If you did not bind it, unbind it under My \
             security.\n"
        }
        Touch::ProviderUnbound => "\nYou sign in with your name, your password and a second factor from now on.\n",
        _ => "",
    }
}

/// The notice to the owner. `browser` is what the browser calls itself, if it was done in a session of theirs that still
/// holds; `by` is who did it, if somebody else.
pub(super) fn notice(
    what: Touch,
    browser: Option<&str>,
    by: Option<&Person>,
    login: &str,
    at: Timestamp,
    place: &Place,
) -> Words {
    let happened = happened(what);
    let browser = browser_named(browser);
    let by = by.map_or_else(String::new, |by| format!("By:      {}\n", named(by)));
    Words {
        kind: kind(what),
        subject: format!("Wardesk: {}", short(happened)),
        text: format!(
            "{happened}.\n{}\nAccount: {}\n{by}Browser: {browser}\nWhen:    {}\n{}{}",
            more(what),
            said(login, 128),
            moment(at),
            if matches!(what, Touch::PasswordCheckAsked | Touch::PasswordFoundByScan) {
                String::new()
            } else {
                not_you(place)
            },
            foot(place),
        ),
    }
}

/// To somebody whom a wave asks for a factor that they do not have.
pub(super) fn reminder(asks: FactorStrength, due_at: Timestamp, login: &str, now: Timestamp, place: &Place) -> Words {
    let (what, how) = match asks {
        FactorStrength::PhishingResistant | FactorStrength::Attested => (
            "a passkey",
            "You unlock it with your finger, your face or the PIN of your device, and that stays on the device. A false page gets \
             nothing from it; a code could be taken from you and used the same second.",
        ),
        FactorStrength::Any => (
            "a second factor",
            "With it nobody gets into your account who only knows a password.",
        ),
    };
    let due = moment(due_at);
    let subject = if now < due_at {
        format!("please add {what} by {due}")
    } else {
        format!("you need {what} now")
    };
    let then = match asks {
        FactorStrength::Any => String::new(),
        FactorStrength::PhishingResistant | FactorStrength::Attested if now < due_at => {
            " From then on you can do nothing else in the console before it is there.".to_owned()
        }
        FactorStrength::PhishingResistant | FactorStrength::Attested => {
            " You can do nothing else in the console before it is there; you are asked for it when you sign in."
                .to_owned()
        }
    };
    Words {
        kind: "own-factor-reminder",
        text: format!(
            "Your organisation asks you to add {what} to your account.{then}\n\nAccount: {}\nBy:      {due}\n\nIt takes less than a minute: \
             open the console of {} as you always do, and add it under My security. {how}\n{}",
            said(login, 128),
            said(&place.host, 253),
            foot(place),
        ),
        subject: format!("Wardesk: {subject}"),
    }
}

/// To somebody who may change folders of the team vault in which new secrets are wanted.
pub(super) fn secrets_wanted(wanted: &SecretsWanted, place: &Place) -> Words {
    let some = |count: i64, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    let mut lines = String::new();
    if wanted.due > 0 {
        let due = some(wanted.due, "secret is", "secrets are");
        let _ = writeln!(lines, "{due} due to be changed.");
    }
    if wanted.left > 0 {
        let left = some(wanted.left, "secret was", "secrets were");
        let _ = writeln!(lines, "{left} known to somebody who left: they may still know it.");
    }
    Words {
        kind: "own-secrets-wanted",
        subject: "Wardesk: secrets of the team vault are to be changed".into(),
        text: format!(
            "In {} of the team vault that you may change:\n\n{lines}\nChange each at the service that it is for, then in the \
             vault: open the console of {} as you always do, and look under Vault. Colleagues who may change the folder are \
             told, too, and all are told again every week. Names and secrets are sealed on your devices, so this mail cannot \
             name them.\n{}",
            some(wanted.folders, "folder", "folders"),
            said(&place.host, 253),
            foot(place),
        ),
    }
}

/// The code that proves an address.
pub(super) fn code(code: &str, login: &str, place: &Place) -> Words {
    Words {
        kind: "own-mail-code",
        subject: "Wardesk: the code for your mail address".into(),
        text: format!(
            "Somebody who is signed in as {} in the console of {} says that this is their mail address. If that is you, \
             type this code there within ten minutes:\n\n    {code}\n\nIf it is not you, do nothing: without the code this address gets no more \
             mail. Give the code to nobody, whoever asks.\n\n--\nWardesk of {}.\n",
            said(login, 128),
            said(&place.host, 253),
            said(&place.organisation, 120),
        ),
    }
}

/// To the address that notices went to until now.
pub(super) fn address_changed(login: &str, browser: Option<&str>, at: Timestamp, place: &Place) -> Words {
    let browser = browser_named(browser);
    Words {
        kind: "own-mail-address-gone",
        subject: "Wardesk: notices about your account do not come here any more".into(),
        text: format!(
            "Notices about your account do not come to this address any more.\n\nAccount: {}\nBrowser: {browser}\nWhen:    {}\n{}{}",
            said(login, 128),
            moment(at),
            not_you(place),
            foot(place),
        ),
    }
}

fn browser_named(browser: Option<&str>) -> String {
    browser.map_or_else(
        || "unknown, or not signed in any more".to_owned(),
        |name| said(name, 160),
    )
}

fn short(happened: &'static str) -> String {
    let mut letters = happened.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn not_you(place: &Place) -> String {
    format!(
        "\nWas it you? Then there is nothing to do. If not: open the console of {} as you always do, go to My security, end the \
         sessions you do not recognise, change your password, and tell your security officer.\n",
        said(&place.host, 253)
    )
}

#[cfg(test)]
mod tests {
    use wd_kernel::{Id as _, StaffId};
    use wd_mail::Mail;

    use super::*;

    const ALL: [Touch; 23] = [
        Touch::PasswordChanged,
        Touch::PasswordStopped,
        Touch::PasswordBreached,
        Touch::PasswordFoundByScan,
        Touch::PasswordCheckAsked,
        Touch::FactorAdded,
        Touch::FactorRemoved,
        Touch::FactorStopped,
        Touch::PasskeyCopied,
        Touch::RecoveryCodeUsed,
        Touch::RecoveryCodesMade,
        Touch::NewBrowser,
        Touch::UnusualSignIn,
        Touch::SignInRefused,
        Touch::SignInDisowned,
        Touch::BrowserCopied,
        Touch::LinkMade,
        Touch::Enabled,
        Touch::SessionsEnded,
        Touch::BrowserForgotten,
        Touch::ProviderBound,
        Touch::ProviderUnbound,
        Touch::MailAddressChanged,
    ];
    const AT: Timestamp = Timestamp::from_micros(1_700_000_000_123_456);

    fn place() -> Place {
        Place {
            organisation: "Example Ltd".into(),
            host: "desk.example.org".into(),
        }
    }

    #[test]
    fn a_reminder_of_secrets_says_how_many_and_holds_no_link() {
        let staff = StaffId::from_uuid(uuid::Uuid::from_u128(1));
        let wanted = |due, left, folders| SecretsWanted {
            staff,
            due,
            left,
            folders,
        };
        let words = secrets_wanted(&wanted(1, 2, 2), &place());
        assert!(words.text.starts_with(
            "In 2 folders of the team vault that you may change:\n\n1 secret is due to be changed.\n2 secrets were known to \
             somebody who left"
        ));
        assert!(!words.text.contains("://"));
        let words = secrets_wanted(&wanted(3, 0, 1), &place());
        assert!(words.text.starts_with(
            "In 1 folder of the team vault that you may change:\n\n3 secrets are due to be changed.\n\nChange each"
        ));
    }

    #[test]
    fn a_notice_says_what_where_when_and_what_to_do_if_it_was_not_you() {
        let words = notice(
            Touch::PasswordChanged,
            Some("Firefox on Linux"),
            None,
            "grace",
            AT,
            &place(),
        );
        assert_eq!(words.subject, "Wardesk: your password was changed");
        assert_eq!(
            words.text,
            "Your password was changed.\n\n\
             Account: grace\nBrowser: Firefox on Linux\nWhen:    2023-11-14 22:13:20 UTC\n\n\
             Was it you? Then there is nothing to do. If not: open the console of desk.example.org as you always do, go to My security, \
             end the sessions you do not recognise, change your password, and tell your security officer.\n\n\
             --\nWardesk of Example Ltd. Notices hold no links, and never ask for a password or a code.\n"
        );
    }

    #[test]
    fn no_notice_holds_a_link_or_breaks_whatever_people_and_browsers_are_called() {
        let by = Person {
            id: StaffId::from_uuid(uuid::Uuid::from_u128(2)),
            name: "https://evil.example/\r\nBcc: all".into(),
        };
        let somebody = Person {
            id: by.id,
            name: "Grace".into(),
        };
        let long = "https://evil.example/".repeat(90);
        for browser in [
            "a\r\n\r\nType your password here: https://evil.example",
            "\u{202e}\0",
            &long,
        ] {
            for what in ALL {
                let words = notice(what, Some(browser), Some(&by), "grace", AT, &place());
                assert!(
                    !words.text.contains("://") && !words.subject.contains("://"),
                    "{}",
                    words.text
                );
                let plain = notice(what, Some("Firefox"), Some(&somebody), "grace", AT, &place());
                assert_eq!(words.text.lines().count(), plain.text.lines().count(), "{}", words.text);
                assert!(Mail::new("a@example.org".parse().unwrap(), words.kind, words.subject, words.text).is_ok());
            }
        }
    }

    #[test]
    fn a_reminder_says_what_is_asked_by_when_and_how_and_holds_no_link() {
        let due = Timestamp::from_seconds(1_700_100_000);
        let words = reminder(FactorStrength::PhishingResistant, due, "grace", AT, &place());
        assert_eq!(
            words.subject,
            "Wardesk: please add a passkey by 2023-11-16 02:00:00 UTC"
        );
        assert!(
            words
                .text
                .contains("Account: grace\nBy:      2023-11-16 02:00:00 UTC\n"),
            "{}",
            words.text
        );
        assert!(words.text.contains("the console of desk.example.org as you always do"));
        let over = reminder(FactorStrength::PhishingResistant, AT, "grace", due, &place());
        assert_eq!(over.subject, "Wardesk: you need a passkey now");
        let any = reminder(
            FactorStrength::Any,
            due,
            "https://evil.example/\r\nBcc: all",
            AT,
            &place(),
        );
        for words in [words, over, any] {
            assert!(!words.text.contains("://") && !words.subject.contains("://"));
            assert!(Mail::new("a@example.org".parse().unwrap(), words.kind, words.subject, words.text).is_ok());
        }
    }

    #[test]
    fn the_code_stands_in_the_text_and_not_in_the_subject() {
        let words = code("012345", "grace", &place());
        assert!(words.text.contains("012345") && !words.subject.contains("012345"));
        assert!(!words.text.contains("://"));
        assert!(Mail::new("a@example.org".parse().unwrap(), words.kind, words.subject, words.text).is_ok());
    }
}
