//! What a text message tells the owner of an account about its recovery: no code, no link, nothing to answer.

use wd_kernel::Timestamp;

use super::ReProofingStep;

/// How whoever did not ask for it ends it.
const STOP: &str = "Not you? Sign in and press \"This was not me\", or call security.";

/// The message; `None`: this step is told by mail only, because nothing follows from it yet, or because the account
/// stays as it was by its owner's own press. `by_colleague`: a colleague asked, and not somebody with the password.
pub fn re_proofing_text(step: ReProofingStep, by_colleague: bool, ready_at: Option<Timestamp>) -> Option<String> {
    let happened = match step {
        ReProofingStep::Requested if by_colleague => "a colleague asks for new factors for your account.".to_owned(),
        ReProofingStep::Requested => "somebody with your password asks for new factors for your account.".to_owned(),
        ReProofingStep::ApprovedOnce => "one of two approved new factors for your account.".to_owned(),
        ReProofingStep::Waiting => ready_at.map_or_else(
            || "new factors for your account were approved.".to_owned(),
            |at| format!("new factors for your account can be set up from {}.", to_the_minute(at)),
        ),
        ReProofingStep::Ready => "new factors for your account can be set up now, with your password.".to_owned(),
        ReProofingStep::Used => {
            return Some(
                "Wardesk: new factors for your account are being set up now. Not you? Call security at once.".into(),
            );
        }
        ReProofingStep::Finished => {
            return Some(
                "Wardesk: your account has new factors; the old ones do not work any more. Not you? Call security at once."
                    .into(),
            );
        }
        ReProofingStep::Refused | ReProofingStep::Stopped => {
            return Some(
                "Wardesk: new factors for your account were refused. Nothing has changed. Not you who asked? Change your password."
                    .into(),
            );
        }
        ReProofingStep::Verified | ReProofingStep::Withdrawn | ReProofingStep::NotMe => return None,
    };
    Some(format!("Wardesk: {happened} {STOP}"))
}

fn to_the_minute(at: Timestamp) -> String {
    let minute = at.seconds() - at.seconds().rem_euclid(60);
    let text = Timestamp::from_seconds(minute).to_string();
    text.replace('T', " ").replace(":00Z", " UTC")
}

#[cfg(test)]
mod tests {
    use wd_kernel::Duration;
    use wd_sms::Text;

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

    #[test]
    fn each_message_is_one_and_holds_no_link_and_no_code() {
        let at = Some(Timestamp::from_seconds(1_700_000_000));
        let mut told = 0;
        for step in STEPS {
            for by_colleague in [false, true] {
                let Some(text) = re_proofing_text(step, by_colleague, at) else {
                    continue;
                };
                told += 1;
                assert!(text.is_ascii() && text.len() <= wd_sms::LONGEST_GSM, "{text}");
                assert!(
                    !text.contains("://") && !text.contains('@') && !text.contains('#'),
                    "{text}"
                );
                let to = "+49 151 23456789".parse().unwrap();
                assert!(Text::new(to, "re-proofing", text, Duration::from_secs(60)).is_ok());
            }
        }
        assert_eq!(told, 16);
    }

    #[test]
    fn a_message_says_who_asked_from_when_on_and_how_to_stop_it() {
        let at = Some(Timestamp::from_seconds(1_700_000_025));
        let text = |step, by_colleague| re_proofing_text(step, by_colleague, at).unwrap();
        assert_eq!(
            text(ReProofingStep::Requested, false),
            "Wardesk: somebody with your password asks for new factors for your account. Not you? Sign in and press \"This was not me\", or call security."
        );
        assert!(text(ReProofingStep::Requested, true).starts_with("Wardesk: a colleague asks"));
        assert!(text(ReProofingStep::Waiting, false).contains("from 2023-11-14 22:13 UTC."));
    }
}
