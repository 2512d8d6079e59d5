//! What scripted customers write, and what the scripted colleague answers. The texts are scripted; everything they go
//! through (keys, groups, sending, taking) is the real thing.

/// A conversation.
pub(super) struct Story {
    /// The customer's number in the records.
    pub(super) customer: &'static str,
    /// The first letter. `{canary}` becomes a word that stands nowhere else.
    pub(super) letter: &'static str,
    /// The bird of the canary word.
    pub(super) bird: Option<&'static str>,
    /// Written after a while if nobody has answered: seconds, text.
    pub(super) reminder: Option<(u64, &'static str)>,
    /// What the customer answers, one after each message from the team.
    pub(super) replies: &'static [&'static str],
    /// What Robin writes, one after each message from the customer. Empty: the conversation waits for somebody else.
    pub(super) robin: &'static [&'static str],
    /// How many of Robin's messages belong to the set-up.
    pub(super) turns: usize,
    /// Whether Robin closes it in the set-up.
    pub(super) closed: bool,
}

const WAITING: Story = Story {
    customer: "",
    letter: "",
    bird: None,
    reminder: None,
    replies: &[],
    robin: &[],
    turns: 0,
    closed: false,
};

/// All of them, in the order in which they are written.
pub(super) const STORIES: [Story; 8] = [
    Story {
        customer: "NW-C-1007",
        letter: "Hello, the tracking page shows two numbers for one order. Which of them is mine, NW-2107 or NW-2108?",
        replies: &["That explains it. Thanks for the quick answer, all settled."],
        robin: &[
            "Hello, both: the order was packed into two parcels because of its weight. They arrive together on Thursday.",
        ],
        turns: 1,
        closed: true,
        ..WAITING
    },
    Story {
        customer: "NW-C-1008",
        letter: "The box of NW-2240 was torn open on one side when it came. The lamp inside has a crack. What do you need from me?",
        replies: &[
            "I have the box and the wrapping, yes. The crack is about 4 cm long, on the foot.",
            "Thank you. A replacement would be better than the money, if that is possible.",
            "Perfect, I will leave everything in its box until then.",
        ],
        robin: &[
            "I am sorry about that. Please keep the box and the wrapping. Do you have both, and how large is the crack?",
            "Then I open claim 5120 for you. The sender can refund it or send a new one: what would you like?",
            "I have passed that on. The driver who brings the new lamp takes the broken one with him.",
        ],
        turns: 2,
        ..WAITING
    },
    Story {
        customer: "NW-C-1004",
        letter: "I have 14 parcels of pottery for pick-up tomorrow. The form only lets me book 10. The gate word for the driver is {canary}, please tell nobody else.",
        bird: Some("SANDPIPER"),
        replies: &[
            "Between 9 and 11 would be best, the kiln needs me after that.",
            "Great. The labels are printed and on the boxes.",
        ],
        robin: &[
            "No problem, I book the other four by hand. Which hours suit you?",
            "Booked for 9 to 11 with a van that has room for all 14. The word goes to the driver only.",
        ],
        turns: 1,
        ..WAITING
    },
    Story {
        customer: "NW-C-1005",
        letter: "My order left your depot on Monday and has not moved since. NW-2198.",
        replies: &["Friday is fine, thanks for looking into it.", "Will do."],
        robin: &[
            "I see it: it missed the truck to Amsterdam and goes out tonight. It should be with you on Friday.",
            "If it is not there by Friday evening, write here and I start a search.",
        ],
        turns: 1,
        ..WAITING
    },
    Story {
        customer: "NW-C-1001",
        letter: "Good morning. My parcel NW-2231 shows as delivered since yesterday, but nothing arrived. The driver's note says it was left with a neighbour who knows the word {canary}. Nobody in our house does. Can you find out where it is?",
        bird: Some("KINGFISHER"),
        reminder: Some((
            150,
            "It is my daughter's birthday present, so Saturday would be too late.",
        )),
        replies: &[
            "Thank you. I was at home all day, by the way. Nobody rang.",
            "Third floor, the name on the bell is Bauer.",
            "That helps. I will wait for your message then.",
        ],
        ..WAITING
    },
    Story {
        customer: "NW-C-1002",
        letter: "We moved to Am Hafen 3 last week, and NW-2252 is on its way to the old office. Can you still redirect it?",
        reminder: Some((260, "The tracking page says it goes out for delivery tomorrow morning.")),
        replies: &[
            "The reception is on the ground floor and signs for everything.",
            "Many thanks. Please change the address for the next ones as well.",
        ],
        ..WAITING
    },
    Story {
        customer: "NW-C-1003",
        letter: "I would like to send back the shoes from NW-2219. The label you sent cannot be scanned at the shop. Could I get another one?",
        replies: &[
            "Thank you. The shop is open until seven, so today would still do.",
            "Received, this one works. Thank you.",
        ],
        ..WAITING
    },
    Story {
        customer: "NW-C-1006",
        letter: "To whom it may concern: the gate was open, the bell works, and yet your driver left a card saying that nobody was here. I kindly ask for a second attempt today.",
        reminder: Some((420, "It is now past noon. May I expect somebody today?")),
        replies: &["I am obliged to you. I shall be here until six.", "Very well."],
        ..WAITING
    },
];

/// What Robin writes in a conversation of somebody who is not scripted: once when it is handed over, once later.
pub(super) fn robin_to_a_stranger(written: usize, own: usize) -> Option<String> {
    match own {
        0 => Some(format!(
            "Hello, Robin here. I have read what was written before ({}) and am in this conversation now.",
            match written {
                1 => "one message".to_owned(),
                many => format!("{many} messages"),
            }
        )),
        1 => Some(
            "Thank you, I have it. I am a program that plays a colleague in this demo, so hand the conversation to a person if it needs a real answer.".to_owned(),
        ),
        _ => None,
    }
}

impl Story {
    /// The story that begins with this letter.
    pub(super) fn of(letter: &str) -> Option<&'static Self> {
        STORIES.iter().find(|story| {
            let start = story.letter.split('{').next().unwrap_or_default();
            !start.is_empty() && letter.starts_with(start)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::people::PEOPLE;

    #[test]
    fn every_story_is_told_by_a_customer_of_the_records() {
        assert!(
            STORIES
                .iter()
                .all(|story| PEOPLE.iter().any(|p| p.external_id == story.customer))
        );
    }

    #[test]
    fn a_story_is_recognised_by_its_letter_whatever_its_canary() {
        for story in &STORIES {
            let letter = story.letter.replace("{canary}", "KINGFISHER-123456");
            assert_eq!(Story::of(&letter).unwrap().customer, story.customer);
        }
        assert!(Story::of("Where is my bicycle?").is_none());
    }

    #[test]
    fn some_wait_some_are_taken_and_one_is_closed() {
        let waiting = STORIES.iter().filter(|story| story.turns == 0).count();
        let closed = STORIES.iter().filter(|story| story.closed).count();
        assert_eq!((waiting, closed), (4, 1));
        assert!(
            STORIES
                .iter()
                .all(|s| s.turns <= s.robin.len() && s.turns <= s.replies.len())
        );
    }
}
