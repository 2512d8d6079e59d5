//! What notices say: who, what, when, and where to look. Never a secret, never a link.

use wd_identity::{FactorKind, ReProofingStep, RiskSignal};
use wd_kernel::{StaffId, Timestamp};
use wd_mail::one_line;
use wd_team_vault::events::Purpose;

/// A staff member as a notice names them.
pub(super) struct Person {
    pub(super) id: StaffId,
    pub(super) name: String,
}

/// What a notice is about.
pub(super) enum What {
    Disabled,
    Enabled,
    LinkMade,
    Administrator {
        roles: Vec<String>,
    },
    FactorStopped {
        kind: FactorKind,
    },
    PasskeyCopied,
    BrowserCopied,
    PasswordStopped,
    PasswordBreached {
        by_scan: bool,
    },
    SignInRefused {
        signals: Vec<RiskSignal>,
    },
    SignInDisowned {
        by: String,
    },
    RecoveryCodeUsed {
        remaining: i64,
    },
    DeviceEnrolled {
        device: String,
    },
    SecretsOpened {
        purpose: Option<Purpose>,
    },
    ReProofing {
        step: ReProofingStep,
    },
    WaitsChanged {
        ordinary_hours: i64,
        administrative_hours: i64,
    },
    LeaverStays,
}

fn disowned(by: &str) -> String {
    let locked = match by {
        "provider" => {
            "It was done at your provider: have the account locked there, because Wardesk cannot lock it. Their sessions \
             here have ended."
        }
        "passkey" => "Their sessions have ended, and the passkey does not work any more. Ask them where it was kept.",
        _ => {
            "Their sessions have ended, and the password works only in a browser of theirs that is known, where it must be changed. \
             Look what was done in that session."
        }
    };
    format!("Somebody else signed in by: {}. {locked}", said(by, 40))
}

/// What is to be done about somebody whom the directory may not switch off.
const STAYS: &str = "The directory asked for it, as when somebody leaves, and was refused: this person has administrative rights. Their \
    sessions go on, and they can sign in. If they have left, disable them by hand in the console, under Staff; if they are the \
    last administrator, make somebody else one first. A directory may switch off people with administrative rights if the \
    setting for that is on, under Settings, Directory. If they stay, give them back in the directory: you are told once a day.";

const fn opened_for(purpose: Option<Purpose>) -> &'static str {
    match purpose {
        Some(Purpose::Export) => {
            "A whole folder of the team vault was opened, to be taken away as a file in clear. Ask whether that was meant."
        }
        Some(Purpose::Check) => {
            "A whole folder of the team vault was opened, to look for its passwords in breaches. Ask if that surprises you."
        }
        None => {
            "There were 60 within an hour; more are refused until time has passed. If that is not their work, disable them: \
             what they opened is marked to be changed."
        }
    }
}

/// Where notices come from, as they say it.
pub(super) struct Place {
    /// The organisation's name.
    pub(super) organisation: String,
    /// The host of the public address.
    pub(super) host: String,
}

/// A notice in words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) kind: &'static str,
    pub(super) subject: String,
    pub(super) text: String,
}

/// The subject of the mail that stands for many.
pub(super) const MORE_SUBJECT: &str = "Wardesk: more notices";
/// Its text.
pub(super) const MORE_TEXT: &str = "There were more notices for the security contact within an hour than are sent one by one.\n\
    Look into the audit log, in the console.\n";
/// Its kind.
pub(super) const MORE_KIND: &str = "more-notices";

impl What {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Disabled => "staff-disabled",
            Self::Enabled => "staff-enabled",
            Self::LinkMade => "link-made",
            Self::Administrator { .. } => "administrator-made",
            Self::FactorStopped { .. } => "factor-stopped",
            Self::PasskeyCopied => "passkey-copied",
            Self::BrowserCopied => "browser-copied",
            Self::PasswordStopped => "password-stopped",
            Self::PasswordBreached { .. } => "password-breached",
            Self::SignInRefused { .. } => "sign-in-refused",
            Self::SignInDisowned { .. } => "sign-in-disowned",
            Self::RecoveryCodeUsed { .. } => "recovery-code-used",
            Self::DeviceEnrolled { .. } => "device-enrolled",
            Self::SecretsOpened { .. } => "shared-secrets-opened",
            Self::ReProofing { .. } => "re-proofing",
            Self::WaitsChanged { .. } => "re-proofing-waits",
            Self::LeaverStays => "leaver-stays",
        }
    }

    /// What happened to somebody of this name.
    fn happened_to(&self, name: &str) -> String {
        match self {
            Self::Disabled => format!("{name} was disabled"),
            Self::Enabled => format!("{name} was enabled again"),
            Self::LinkMade => format!("A set-up link was made for {name}"),
            Self::Administrator { .. } => format!("{name} is an administrator"),
            Self::FactorStopped { .. } => format!("A factor of {name} was stopped"),
            Self::BrowserCopied => format!("A remembered browser of {name} was copied"),
            Self::PasskeyCopied => format!("A passkey of {name} was copied"),
            Self::PasswordStopped => format!("The password of {name} was stopped"),
            Self::PasswordBreached { .. } => format!("The password of {name} is in a breach"),
            Self::SignInRefused { .. } => format!("A sign-in as {name} was refused"),
            Self::SignInDisowned { .. } => format!("{name} says that a sign-in was not theirs"),
            Self::RecoveryCodeUsed { .. } => format!("{name} used a recovery code"),
            Self::DeviceEnrolled { .. } => format!("{name} has a new device"),
            Self::SecretsOpened {
                purpose: Some(Purpose::Export),
            } => format!("{name} exports shared secrets"),
            Self::SecretsOpened { .. } => format!("{name} opened many shared secrets"),
            Self::ReProofing { step } => re_proofing(*step, name),
            Self::WaitsChanged { .. } => format!("{name} changed how long recovery waits"),
            Self::LeaverStays => format!("{name} is to be switched off, and still has access"),
        }
    }

    /// What there is to know besides.
    fn more(&self) -> Option<String> {
        match self {
            Self::Disabled | Self::Enabled => None,
            Self::LinkMade => {
                Some("Who opens the link chooses a password and sets up factors for this account.".into())
            }
            Self::Administrator { roles } => Some(format!("Roles now: {}.", said(&roles.join(", "), 200))),
            Self::FactorStopped { kind } => Some(format!(
                "There were a hundred wrong answers in a row. The factor ({}) does not work any more. Somebody may be guessing.",
                kind.as_str()
            )),
            Self::SignInRefused { signals } => {
                let words: Vec<&str> = signals.iter().map(|signal| signal.as_str()).collect();
                Some(format!(
                    "Password and factor were right, but too much speaks against it: {}. Ask them, by a way you know, whether it was them.",
                    words.join(", ")
                ))
            }
            Self::SignInDisowned { by } => Some(disowned(by)),
            Self::BrowserCopied => Some(
                "A token came that had been replaced. The browser is forgotten and what began in it has ended; its owner signs in \
                 with a second factor again. Either the browser was put back from a backup, or somebody took the token from \
                 the computer: ask its owner, and have the computer looked at."
                    .into(),
            ),
            Self::PasskeyCopied => Some(
                "It answered with a counter that it had shown before. It does not work any more, and all sessions of the account \
                 have ended, because nobody can tell which were the owner's: its owner signs in with another factor, or gets \
                 a new link. Ask them where the passkey was kept, and look at what was done in the account of late."
                    .into(),
            ),
            Self::PasswordStopped => Some(
                "There were a hundred wrong passwords in a row. It does not work any more. Somebody may be guessing."
                    .into(),
            ),
            Self::PasswordBreached { by_scan: true } => Some(
                "A scan of a newer list of breached passwords found it, without a sign-in. All sessions of the account have \
                 ended, and the password must be changed after the second factor. Look whether the account was used by \
                 somebody else before."
                    .into(),
            ),
            Self::PasswordBreached { by_scan: false } => Some(
                "Somebody signed in with the right password, and it is in the list of breached passwords. All sessions \
                 of the account have ended, and the password must be changed after the second factor. If the account \
                 was used by somebody else, disable it."
                    .into(),
            ),
            Self::SecretsOpened { purpose } => Some(opened_for(*purpose).into()),
            Self::RecoveryCodeUsed { remaining } => Some(format!("Codes left: {remaining}.")),
            Self::ReProofing { .. } => Some(
                "The account can get new factors when a colleague has checked who it is, another one has approved, and a \
                 waiting period is over. If that is not what you expect, stop it in the console, under Recovery."
                    .into(),
            ),
            Self::WaitsChanged {
                ordinary_hours,
                administrative_hours,
            } => Some(format!(
                "After an approval most people wait {ordinary_hours} hours now, those with administrative rights {administrative_hours}."
            )),
            Self::LeaverStays => Some(STAYS.into()),
            Self::DeviceEnrolled { device } => Some(format!(
                "Device: {device}. It can take part in conversations in the name of its owner."
            )),
        }
    }
}

/// A step on the way of somebody who lost all factors.
fn re_proofing(step: ReProofingStep, name: &str) -> String {
    match step {
        ReProofingStep::Requested => format!("{name} is said to have lost all factors"),
        ReProofingStep::Verified => format!("A colleague checked who {name} is"),
        ReProofingStep::Stopped => format!("Somebody who wanted into the account of {name} was stopped"),
        ReProofingStep::ApprovedOnce => format!("One of two approved new factors for {name}"),
        ReProofingStep::Waiting => format!("New factors for {name} were approved, and the wait began"),
        ReProofingStep::Ready => format!("New factors for {name} can be set up now"),
        ReProofingStep::Refused => format!("New factors for {name} were refused"),
        ReProofingStep::Withdrawn => format!("The request for new factors for {name} was withdrawn"),
        ReProofingStep::NotMe => format!("{name} did not ask for new factors, and stopped it"),
        ReProofingStep::Used => format!("New factors are being set up for {name}"),
        ReProofingStep::Finished => format!("{name} has new factors instead of the lost ones"),
    }
}

/// The notice. `by` is who did it, if somebody of the staff did it to somebody else.
pub(super) fn notice(what: &What, who: &Person, by: Option<&Person>, at: Timestamp, place: &Place) -> Words {
    let happened = what.happened_to(&said(&who.name, 60));
    let by = match what {
        What::ReProofing { .. } => by.map_or_else(String::new, |by| format!("By:   {}\n", named(by))),
        What::Disabled | What::Enabled | What::LinkMade | What::Administrator { .. } => {
            let by = by.map_or_else(|| "the command line, or Wardesk itself".to_owned(), named);
            format!("By:   {by}\n")
        }
        _ => String::new(),
    };
    let more = what.more().map_or_else(String::new, |more| format!("\n{more}\n"));
    let (who, when, look) = (named(who), moment(at), look(place));
    let text = format!("{happened}.\n\nWho:  {who}\n{by}When: {when}\n{more}{look}");
    Words {
        kind: what.kind(),
        subject: format!("Wardesk: {happened}"),
        text,
    }
}

/// To the address that was the security contact until now.
pub(super) fn contact_changed(by: Option<&Person>, at: Timestamp, place: &Place) -> Words {
    let by = by.map_or_else(|| "Wardesk itself".to_owned(), named);
    Words {
        kind: "contact-changed",
        subject: "Wardesk: this address is not the security contact any more".into(),
        text: format!(
            "Notices do not come to this address any more. If you did not expect that, somebody may want them not to be read.\n\n\
             By:   {by}\nWhen: {}\n{}",
            moment(at),
            look(place)
        ),
    }
}

/// To the security contact, because somebody wants to see whether mail arrives.
pub(super) fn test(by: Option<&Person>, at: Timestamp, place: &Place) -> Words {
    let by = by.map_or_else(|| "Wardesk itself".to_owned(), named);
    Words {
        kind: "test",
        subject: "Wardesk: a test".into(),
        text: format!(
            "This is a test: notices for the security contact arrive here.\n\nBy:   {by}\nWhen: {}\n{}",
            moment(at),
            foot(place)
        ),
    }
}

pub(super) fn named(person: &Person) -> String {
    format!("{} ({})", said(&person.name, 120), person.id)
}

/// A text that others chose, as one line, and none that a mail program makes a link of by its scheme.
pub(super) fn said(text: &str, longest: usize) -> String {
    one_line(text, longest).replace("://", " ")
}

/// To the second, in UTC.
pub(super) fn moment(at: Timestamp) -> String {
    let text = Timestamp::from_seconds(at.seconds()).to_string();
    text.replace('T', " ").replace('Z', " UTC")
}

pub(super) fn look(place: &Place) -> String {
    format!(
        "\nWhere to look: the console of {}, under Audit log. Open it as you always do.\n{}",
        said(&place.host, 253),
        foot(place)
    )
}

pub(super) fn foot(place: &Place) -> String {
    format!(
        "\n--\nWardesk of {}. Notices hold no links, and never ask for a password or a code.\n",
        said(&place.organisation, 120)
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wd_kernel::Id as _;
    use wd_mail::Mail;

    use super::*;

    fn person(n: u128, name: &str) -> Person {
        Person {
            id: StaffId::from_uuid(uuid::Uuid::from_u128(n)),
            name: name.into(),
        }
    }

    fn place() -> Place {
        Place {
            organisation: "Example Ltd".into(),
            host: "desk.example.org".into(),
        }
    }

    fn all() -> Vec<What> {
        vec![
            What::Disabled,
            What::Enabled,
            What::LinkMade,
            What::Administrator {
                roles: vec!["administrator".into(), "agent".into()],
            },
            What::FactorStopped { kind: FactorKind::Totp },
            What::PasskeyCopied,
            What::BrowserCopied,
            What::PasswordStopped,
            What::PasswordBreached { by_scan: false },
            What::PasswordBreached { by_scan: true },
            What::SignInRefused {
                signals: vec![RiskSignal::NewCountry, RiskSignal::Failures],
            },
            What::SignInDisowned { by: "totp".into() },
            What::SignInDisowned { by: "provider".into() },
            What::RecoveryCodeUsed { remaining: 3 },
            What::DeviceEnrolled {
                device: "dev_00000000000000000000000000000001".into(),
            },
            What::ReProofing {
                step: ReProofingStep::NotMe,
            },
            What::WaitsChanged {
                ordinary_hours: 24,
                administrative_hours: 48,
            },
            What::ReProofing {
                step: ReProofingStep::Ready,
            },
            What::ReProofing {
                step: ReProofingStep::Finished,
            },
            What::LeaverStays,
        ]
    }

    const AT: Timestamp = Timestamp::from_micros(1_700_000_000_123_456);

    #[test]
    fn a_notice_says_who_what_by_whom_when_and_where_to_look() {
        let words = notice(
            &What::Disabled,
            &person(1, "Mia"),
            Some(&person(2, "Robin")),
            AT,
            &place(),
        );
        assert_eq!(words.subject, "Wardesk: Mia was disabled");
        assert_eq!(
            words.text,
            "Mia was disabled.\n\n\
             Who:  Mia (stf_00000000000000000000000000000001)\n\
             By:   Robin (stf_00000000000000000000000000000002)\n\
             When: 2023-11-14 22:13:20 UTC\n\n\
             Where to look: the console of desk.example.org, under Audit log. Open it as you always do.\n\n\
             --\nWardesk of Example Ltd. Notices hold no links, and never ask for a password or a code.\n"
        );
    }

    #[test]
    fn a_notice_about_a_leaver_who_stays_says_who_and_what_to_do() {
        let words = notice(&What::LeaverStays, &person(1, "Mia"), None, AT, &place());
        assert_eq!(
            words.subject,
            "Wardesk: Mia is to be switched off, and still has access"
        );
        assert!(
            words
                .text
                .contains("Who:  Mia (stf_00000000000000000000000000000001)\n"),
            "{}",
            words.text
        );
        assert!(
            words.text.contains("disable them by hand in the console, under Staff"),
            "{}",
            words.text
        );
    }

    #[test]
    fn no_notice_holds_a_link() {
        let (mia, robin) = (person(1, "https://example.com/reset"), person(2, "Robin"));
        for what in all() {
            let words = notice(&what, &mia, Some(&robin), AT, &place());
            assert!(
                !words.text.contains("://") && !words.subject.contains("://"),
                "{}",
                words.text
            );
        }
    }

    proptest! {
        /// Whatever people are called, the notice about them can be sent, and has the lines it has to have.
        #[test]
        fn a_name_breaks_no_notice(name in any::<String>(), organisation in any::<String>()) {
            let place = Place { organisation, host: "desk.example.org".into() };
            let person = person(1, &name);
            let calm = person_of_calm_name();
            let mut made: Vec<(Words, Words)> = all().iter()
                .map(|what| (notice(what, &person, Some(&person), AT, &place), notice(what, &calm, Some(&calm), AT, &place)))
                .collect();
            made.push((contact_changed(Some(&person), AT, &place), contact_changed(Some(&calm), AT, &place)));
            made.push((test(Some(&person), AT, &place), test(Some(&calm), AT, &place)));
            for (words, calm) in made {
                prop_assert_eq!(words.text.lines().count(), calm.text.lines().count());
                prop_assert!(Mail::new("a@example.org".parse().unwrap(), words.kind, words.subject, words.text).is_ok());
            }
        }
    }

    fn person_of_calm_name() -> Person {
        person(2, "Mia")
    }
}
