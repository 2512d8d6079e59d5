//! The mail and the text message with a code.

use wd_kernel::Timestamp;
use wd_sms::{BadText, PhoneNumber, Text};

/// What a message with a code is called in lists.
pub(super) const KIND: &str = "proof-code";

/// Subject and text. The code stands in the text alone: subjects show on locked screens.
pub(super) fn mail(organisation: &str, code: &str, until: Timestamp) -> (String, String) {
    let organisation = wd_mail::one_line(organisation, 80).replace("://", " ");
    let until = Timestamp::from_seconds(until.seconds())
        .to_string()
        .replace('T', " ")
        .replace('Z', " UTC");
    let subject = format!("Your code for {organisation}");
    let text = format!(
        "{organisation} asked you in a conversation to show that it is you.\n\
         \n\
         Your code: {code}\n\
         \n\
         Type it into the conversation on {organisation}'s site, on the device on which you asked for it. It works once, until {until}.\n\
         \n\
         Our staff never ask for this code, neither in writing nor on the phone. Do not give it to anybody.\n\
         \n\
         You did not write to {organisation} just now? Then somebody else may be trying to pass as you. Do not give the code to anybody, \
         and tell {organisation} in the way you know. Without the code they get no further.\n"
    );
    (subject, text)
}

/// One text message. A name in other letters than those of GSM leaves no room, and is left out.
pub(super) fn text(to: PhoneNumber, organisation: &str, code: &str) -> Result<Text, BadText> {
    const REST: &str =
        "Type it into the chat, nowhere else. Our staff never ask for it. You asked for none? Give it to nobody.";
    let organisation = wd_mail::one_line(organisation, 24).replace("://", " ");
    let life = wd_customer_proof::CODE;
    Text::new(
        to.clone(),
        KIND,
        format!("{code} is your code for {organisation}. {REST}"),
        life,
    )
    .or_else(|_| Text::new(to, KIND, format!("{code} is your code. {REST}"), life))
    .map(Text::for_customer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mail_says_who_asks_and_that_nobody_else_may_have_the_code() {
        let (subject, text) = mail("Analytical\nEngines", "012345", Timestamp::from_micros(1_500_000));
        assert_eq!(subject, "Your code for Analytical Engines");
        assert!(!subject.contains("012345"));
        assert!(text.contains("Your code: 012345\n"));
        assert!(text.contains("staff never ask for this code"));
        assert!(text.contains("Do not give the code to anybody"));
        assert!(text.contains("until 1970-01-01 00:00:01 UTC."));
        let (subject, text) = mail("https://evil.example", "012345", Timestamp::from_seconds(0));
        assert!(!subject.contains("://") && !text.contains("://"));
    }

    #[test]
    fn a_text_message_holds_the_code_whatever_the_organisation_is_called() {
        let number: PhoneNumber = "+4915123456789".parse().unwrap();
        for name in [
            "Analytical Engines",
            "Northwind Trading and Overnight Parcels International",
            "\u{7dda}\u{8def}",
            "{{{{{{{{{{{{{{{{{{{{{{{{",
        ] {
            text(number.clone(), name, "012345").unwrap();
        }
    }
}
