//! The mail and the text message with a code.

use wd_kernel::Timestamp;
use wd_sms::{BadText, PhoneNumber, Text};

use super::place::Place;

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

/// One text message, which ends with the page the code belongs to. As much of the rest is said as fits beside that: a
/// name in other letters than those of GSM leaves no room, and is left out. Only a host that fills a message alone is not
/// named: then people get a code as before browsers knew of any of this.
pub(super) fn text(to: &PhoneNumber, organisation: &str, code: &str, place: &Place<'_>) -> Result<Text, BadText> {
    const WARNINGS: [&str; 3] = [
        "Type it into the chat, nowhere else. Our staff never ask for it. You asked for none? Give it to nobody.",
        "Type it into the chat only. Our staff never ask for it.",
        "Our staff never ask for it.",
    ];
    let organisation = wd_mail::one_line(organisation, 24).replace("://", " ");
    let beginnings = [
        format!("{code} is your code for {organisation}."),
        format!("{code} is your code."),
    ];
    let make = |said: String| Text::new(to.clone(), KIND, said, wd_customer_proof::CODE).map(Text::for_customer);
    for last in place.last_lines(code) {
        for warning in WARNINGS {
            for beginning in &beginnings {
                let made = make(format!("{beginning} {warning}\n{last}"));
                if made.is_ok() {
                    return made;
                }
            }
        }
    }
    let [warning, ..] = WARNINGS;
    make(format!("{code} is your code. {warning}"))
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

    fn place<'a>(desk: &'a str, site: &str) -> Place<'a> {
        let sites = [format!("https://{site}")];
        Place::new(desk, sites.first().map(String::as_str), &sites)
    }

    #[test]
    fn a_text_message_holds_code_and_page_whatever_organisation_and_website_are_called() {
        let number: PhoneNumber = "+4915123456789".parse().unwrap();
        for name in [
            "Analytical Engines",
            "Northwind Trading and Overnight Parcels International",
            "\u{7dda}\u{8def}",
            "{{{{{{{{{{{{{{{{{{{{{{{{",
        ] {
            for site in ["a.example", "www.northwind-overnight-parcels.example"] {
                let place = place("desk.northwind-overnight-parcels.example", site);
                let said = text(&number, name, "012345", &place).unwrap();
                let last = format!("\n@{site} #012345 %desk.northwind-overnight-parcels.example");
                assert!(said.body().ends_with(&last), "{}", said.body());
                assert!(said.body().starts_with("012345 is your code"));
                assert!(said.body().contains("staff never ask for it"));
            }
        }
    }

    #[test]
    fn a_website_that_leaves_no_room_is_left_out_and_our_own_page_is_not() {
        let number: PhoneNumber = "+4915123456789".parse().unwrap();
        let site = format!("{}.{}.example", "a".repeat(60), "b".repeat(60));
        let said = text(
            &number,
            "Analytical Engines",
            "012345",
            &place("desk.example.org", &site),
        )
        .unwrap();
        assert!(said.body().ends_with("\n@desk.example.org #012345"), "{}", said.body());
        let desk = format!("{site}.{site}");
        let none = text(&number, "Analytical Engines", "012345", &place(&desk, &site)).unwrap();
        assert!(!none.body().contains(['@', '#', '%']), "{}", none.body());
    }
}
