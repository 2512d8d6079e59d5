//! What people hear of the recovery of their own accounts by mail: what happened, who asked, what comes when, and how to
//! stop it. Identity sends the same in short by text message.

use wd_identity::{ReProofingStep, ReProofingTold};
use wd_kernel::Timestamp;

use super::words::{Person, Place, Words, foot, moment, named, said};

/// A step of a case, as its owner is told of it.
pub(super) struct Recovery<'a> {
    pub(super) step: ReProofingStep,
    pub(super) told: &'a ReProofingTold,
    /// The colleague who asked; `None`: somebody at the sign-in form.
    pub(super) asked_by: Option<&'a Person>,
    /// The colleague who took this step, if one did.
    pub(super) by: Option<&'a Person>,
    pub(super) login: &'a str,
    pub(super) at: Timestamp,
}

pub(super) fn words(recovery: &Recovery<'_>, place: &Place) -> Words {
    let happened = happened(recovery.step);
    let asked_by = recovery.asked_by.map_or_else(
        || "somebody who knew your password, at the sign-in form".to_owned(),
        named,
    );
    let by = recovery
        .by
        .map_or_else(String::new, |by| format!("By:       {}\n", named(by)));
    Words {
        kind: "own-re-proofing",
        subject: format!("Wardesk: {happened}"),
        text: format!(
            "{happened}.\n\nAccount:  {}\nAsked by: {asked_by}\nAsked at: {}\n{by}When:     {}\n\n{}\n\n{}\n{}",
            said(recovery.login, 128),
            moment(recovery.told.requested_at),
            moment(recovery.at),
            next(recovery.step, recovery.told),
            not_you(recovery.step, recovery.asked_by.is_some(), place),
            foot(place),
        ),
    }
}

const fn happened(step: ReProofingStep) -> &'static str {
    match step {
        ReProofingStep::Requested => "You are said to have lost all your factors, and new ones are asked for",
        ReProofingStep::Verified => "A colleague found out that it is you who wants new factors",
        ReProofingStep::ApprovedOnce => "One of two colleagues approved new factors for your account",
        ReProofingStep::Waiting => "New factors for your account were approved, and the wait began",
        ReProofingStep::Ready => "New factors for your account can be set up now",
        ReProofingStep::Used => "New factors for your account are being set up",
        ReProofingStep::Finished => "Your account has new factors, and the old ones do not work any more",
        ReProofingStep::Refused | ReProofingStep::Stopped => "New factors for your account were refused",
        ReProofingStep::Withdrawn => "The request for new factors for your account was withdrawn",
        ReProofingStep::NotMe => "You did not ask for new factors, and stopped it",
    }
}

/// What comes next, and when.
fn next(step: ReProofingStep, told: &ReProofingTold) -> String {
    let until = moment(told.expires_at);
    let from = told.ready_at.map(moment);
    match step {
        ReProofingStep::Requested => format!(
            "Nothing of your account has changed. One colleague finds out whether it is you, another one approves, and then a wait \
             begins before new factors can be set up. If nobody decides, it is over by {until}."
        ),
        ReProofingStep::Verified => format!(
            "Nothing of your account has changed. Another colleague may approve now; then a wait begins before new factors can be \
             set up. If nobody decides, it is over by {until}."
        ),
        ReProofingStep::ApprovedOnce => format!(
            "Nothing of your account has changed. A second colleague must approve, too; then a wait begins before new factors can \
             be set up. If nobody decides, it is over by {until}."
        ),
        ReProofingStep::Waiting | ReProofingStep::Ready => format!(
            "From {} until {until} new factors can be set up once, by whoever signs in with your password. Until the new factor is \
             there, the old ones work and nothing changes; with it they stop working, and every session ends.",
            from.unwrap_or_else(|| "the end of the wait".to_owned()),
        ),
        ReProofingStep::Used => {
            "It happens in a session that began with your password just now. With the new factor the old ones \
             stop working, and every other session ends."
                .to_owned()
        }
        ReProofingStep::Finished => {
            "Every session of before has ended, recovery codes of before do not work, and known browsers are forgotten."
                .to_owned()
        }
        ReProofingStep::Refused | ReProofingStep::Stopped | ReProofingStep::Withdrawn | ReProofingStep::NotMe => {
            "It is over. Your factors are as they were.".to_owned()
        }
    }
}

/// How to stop it, or what is left to do.
fn not_you(step: ReProofingStep, by_colleague: bool, place: &Place) -> String {
    let password = if by_colleague {
        "Somebody may have pretended to be you."
    } else {
        "Whoever asked knew your password: change it."
    };
    match step {
        ReProofingStep::Requested
        | ReProofingStep::Verified
        | ReProofingStep::ApprovedOnce
        | ReProofingStep::Waiting
        | ReProofingStep::Ready => format!(
            "Did you lose your factors? Then there is nothing to do. If not, stop it: open the console of {} as you always do, sign in, \
             and press This was not me. Without a factor at hand your password is enough: choose I have lost my factors, and \
             press it there. Or call your security officer, who can refuse it. {password}",
            said(&place.host, 253)
        ),
        ReProofingStep::Used => format!(
            "Is it not you? Call your security officer at once: they can disable the account. As long as you can sign in with a factor \
             of yours, do that and change your password, which ends every other session. {password}"
        ),
        ReProofingStep::Finished => {
            format!("Was it not you? Call your security officer at once: they can disable the account. {password}")
        }
        ReProofingStep::Refused | ReProofingStep::Stopped | ReProofingStep::Withdrawn | ReProofingStep::NotMe => {
            format!(
                "Did you lose your factors? Then speak with a colleague in person. If you did not: {} Tell your security officer.",
                if by_colleague {
                    "somebody may have pretended to be you."
                } else {
                    "whoever asked knew your password, so change it."
                }
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use wd_kernel::{Id as _, StaffId};
    use wd_mail::Mail;

    use super::*;

    const STEPS: [ReProofingStep; 11] = [
        ReProofingStep::Requested,
        ReProofingStep::Verified,
        ReProofingStep::Stopped,
        ReProofingStep::ApprovedOnce,
        ReProofingStep::Waiting,
        ReProofingStep::Ready,
        ReProofingStep::Refused,
        ReProofingStep::Withdrawn,
        ReProofingStep::NotMe,
        ReProofingStep::Used,
        ReProofingStep::Finished,
    ];
    const AT: Timestamp = Timestamp::from_micros(1_700_000_000_123_456);

    fn told() -> ReProofingTold {
        ReProofingTold {
            requested_by: None,
            requested_at: Timestamp::from_seconds(1_699_990_000),
            ready_at: Some(Timestamp::from_seconds(1_700_086_400)),
            expires_at: Timestamp::from_seconds(1_700_172_800),
        }
    }

    fn place() -> Place {
        Place {
            organisation: "Example Ltd".into(),
            host: "desk.example.org".into(),
        }
    }

    fn person(name: &str) -> Person {
        Person {
            id: StaffId::from_uuid(uuid::Uuid::from_u128(2)),
            name: name.into(),
        }
    }

    fn said_of(step: ReProofingStep, asked_by: Option<&Person>, login: &str) -> Words {
        let told = told();
        let recovery = Recovery {
            step,
            told: &told,
            asked_by,
            by: asked_by,
            login,
            at: AT,
        };
        words(&recovery, &place())
    }

    #[test]
    fn the_owner_is_told_who_asked_what_comes_when_and_how_to_stop_it() {
        let words = said_of(ReProofingStep::Waiting, None, "grace");
        assert_eq!(
            words.subject,
            "Wardesk: New factors for your account were approved, and the wait began"
        );
        for said in [
            "Account:  grace\nAsked by: somebody who knew your password, at the sign-in form\nAsked at: 2023-11-14 19:26:40 UTC\n",
            "When:     2023-11-14 22:13:20 UTC\n",
            "From 2023-11-15 22:13:20 UTC until 2023-11-16 22:13:20 UTC new factors can be set up once",
            "open the console of desk.example.org as you always do, sign in, and press This was not me.",
            "Or call your security officer, who can refuse it. Whoever asked knew your password: change it.",
        ] {
            assert!(words.text.contains(said), "{said}\n\n{}", words.text);
        }
        let olga = person("Olga");
        let words = said_of(ReProofingStep::Requested, Some(&olga), "grace");
        assert!(
            words
                .text
                .contains("Asked by: Olga (stf_00000000000000000000000000000002)\n"),
            "{}",
            words.text
        );
        assert!(
            words.text.contains("it is over by 2023-11-16 22:13:20 UTC"),
            "{}",
            words.text
        );
    }

    #[test]
    fn no_step_holds_a_link_or_breaks_whatever_people_are_called() {
        let (evil, calm) = (person("https://evil.example/\r\nBcc: all"), person("Olga"));
        for step in STEPS {
            let words = said_of(step, Some(&evil), "https://evil.example/\r\nBcc: all");
            let plain = said_of(step, Some(&calm), "grace");
            assert!(
                !words.text.contains("://") && !words.subject.contains("://"),
                "{}",
                words.text
            );
            assert_eq!(words.text.lines().count(), plain.text.lines().count(), "{}", words.text);
            assert!(Mail::new("a@example.org".parse().unwrap(), words.kind, words.subject, words.text).is_ok());
        }
    }
}
