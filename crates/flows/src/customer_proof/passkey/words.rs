//! The mail about a passkey.

use wd_kernel::Timestamp;
use wd_mail::TooMany;

/// What such a mail is called in lists.
pub(super) const KIND: &str = "customer-passkey";

/// What the mail becomes when its recipient had too many: never nothing.
pub(super) const TOO_MANY: TooMany = TooMany::Collapse {
    kind: "customer-passkey-more",
    subject: "More about your passkeys",
    text: "More happened to your passkeys within an hour than is told one by one. Look at them in the chat, and write to us \
           in the way you know if it was not you.\n",
};

/// What happened to a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::customer_proof) enum Happened {
    /// It was added.
    Added,
    /// It was removed.
    Removed,
    /// It answered like a copy, and was stopped.
    Stopped,
}

/// Subject and text. No link: whoever gets such a mail knows how to reach the organisation.
pub(super) fn mail(organisation: &str, happened: Happened, at: Timestamp) -> (String, String) {
    let organisation = wd_mail::one_line(organisation, 80).replace("://", " ");
    let at = Timestamp::from_seconds(at.seconds())
        .to_string()
        .replace('T', " ")
        .replace('Z', " UTC");
    let (subject, what) = match happened {
        Happened::Added => (
            format!("A passkey was added for you at {organisation}"),
            "a passkey was added with which you can show that it is you. It counts in 24 hours.",
        ),
        Happened::Removed => (
            format!("A passkey of yours at {organisation} was removed"),
            "a passkey of yours was removed. Nobody can show with it any more that they are you.",
        ),
        Happened::Stopped => (
            format!("A passkey of yours at {organisation} was stopped"),
            "a passkey of yours answered like a copy of itself. It was stopped for good: somebody else may have it, too. \
             Remove it, and add a new one.",
        ),
    };
    let text = format!(
        "On {at}, in the chat of {organisation}, {what}\n\
         \n\
         If this was not you, write to {organisation} in the way you know. There is nothing to click in this mail.\n"
    );
    (subject, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mail_says_what_happened_when_and_what_to_do_and_has_no_link() {
        for (happened, what) in [
            (Happened::Added, "was added"),
            (Happened::Removed, "was removed"),
            (Happened::Stopped, "was stopped"),
        ] {
            let (subject, text) = mail("https://evil.example", happened, Timestamp::from_micros(1_500_000));
            assert!(subject.contains(what), "{subject}");
            assert!(text.contains("On 1970-01-01 00:00:01 UTC"), "{text}");
            assert!(text.contains("If this was not you, write to"), "{text}");
            assert!(!subject.contains("://") && !text.contains("://"), "{text}");
        }
    }
}
