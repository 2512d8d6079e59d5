//! Notices about proofs of customers: whoever answers wrong again and again may be trying to pass as somebody else.

use wd_customer_proof::{WRONG, events::CodesStopped};
use wd_kernel::Timestamp;

use super::words::{Place, Words, look, moment};

pub(super) fn words(stopped: &CodesStopped, at: Timestamp, place: &Place) -> Words {
    let happened = "Somebody may be trying to pass as a customer";
    Words {
        kind: "customer-codes-stopped",
        subject: format!("Wardesk: {happened}"),
        text: format!(
            "{happened}.\n\nCustomer:     {}\nConversation: {}\nWhen:         {}\n\n\
             Wrong answers within a day, when asked to prove who they are: {WRONG}. No code is asked for or taken for this \
             customer until a day has passed; a passkey still is. Talk to the agents who asked, have nothing changed or told \
             meanwhile, and call the customer on the number on file.\n{}",
            stopped.customer,
            stopped.conversation,
            moment(at),
            look(place)
        ),
    }
}

#[cfg(test)]
mod tests {
    use wd_kernel::{ConversationId, CustomerId, Id as _};
    use wd_mail::Mail;

    use super::*;

    #[test]
    fn the_notice_says_which_customer_and_what_to_do_and_holds_no_link() {
        let stopped = CodesStopped {
            conversation: ConversationId::from_uuid(uuid::Uuid::from_u128(1)),
            customer: CustomerId::from_uuid(uuid::Uuid::from_u128(2)),
        };
        let place = Place {
            organisation: "Example Ltd".into(),
            host: "desk.example.org".into(),
        };
        let said = words(&stopped, Timestamp::from_seconds(1_700_000_000), &place);
        assert!(
            said.text.contains(
                "Customer:     cus_00000000000000000000000000000002\nConversation: cnv_00000000000000000000000000000001\n\
                 When:         2023-11-14 22:13:20 UTC\n"
            ),
            "{}",
            said.text
        );
        assert!(said.text.contains("to prove who they are: 10.") && !said.text.contains("://"));
        assert!(Mail::new("a@example.org".parse().unwrap(), said.kind, said.subject, said.text).is_ok());
    }
}
