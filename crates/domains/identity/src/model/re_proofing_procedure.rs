//! The procedure by which a colleague finds out whether somebody who lost all factors is who they say: fixed questions
//! with fixed answers. Some answers stop it, whatever the others are.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProcedureStep {
    /// The name of the question in answers.
    pub step: &'static str,
    /// The question.
    pub question: &'static str,
    /// Why it is asked.
    pub why: &'static str,
    /// What can be answered.
    pub choices: &'static [ProcedureChoice],
}

/// An answer one can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProcedureChoice {
    /// The name of the answer.
    pub choice: &'static str,
    /// The answer in words.
    pub label: &'static str,
    /// Whether the procedure ends here: the case is refused and security hears of it.
    pub stops: bool,
}

const fn choice(choice: &'static str, label: &'static str) -> ProcedureChoice {
    ProcedureChoice {
        choice,
        label,
        stops: false,
    }
}

const fn stop(choice: &'static str, label: &'static str) -> ProcedureChoice {
    ProcedureChoice {
        choice,
        label,
        stops: true,
    }
}

/// A sign of pressure: yes stops.
const SIGN: &[ProcedureChoice] = &[choice("no", "No"), stop("yes", "Yes")];

const FACT: &[ProcedureChoice] = &[
    choice("right", "Answered, and a colleague confirmed it"),
    stop("wrong", "Answered wrongly"),
    choice("not-asked", "Not asked, or nobody could confirm it"),
];

/// The questions, in the order in which they are asked.
pub const PROCEDURE: &[ProcedureStep] = &[
    ProcedureStep {
        step: "call-back",
        question: "You hang up and call the number that HR has on file. Does the person answer there?",
        why: "Anybody can call you and show any number. Only the person has the phone that HR knows. Never take a number that the caller gives you.",
        choices: &[
            choice("reached", "Yes, I reached the person on the number on file"),
            choice("not-reached", "Nobody answered, or there is no number on file"),
            stop("refused", "The caller did not want to be called back"),
        ],
    },
    ProcedureStep {
        step: "seen",
        question: "Did you see the person, with an identity document?",
        why: "A voice can be imitated, and so can a picture in a video. A document in the same room is the strongest proof there is.",
        choices: &[
            choice("document", "Yes, in person, and the document fits"),
            choice("not-seen", "No"),
            stop("does-not-fit", "Yes, and the document or the person does not fit"),
        ],
    },
    ProcedureStep {
        step: "first-fact",
        question: "Ask for something from work of the last weeks that stands in no profile. Does a colleague confirm the answer?",
        why: "Birthdays, staff numbers and managers can be bought or looked up. Who sat beside whom last week cannot.",
        choices: FACT,
    },
    ProcedureStep {
        step: "second-fact",
        question: "Ask for a second thing, confirmed by another colleague if you can.",
        why: "One right answer may be luck, or overheard.",
        choices: FACT,
    },
    ProcedureStep {
        step: "presses-for-time",
        question: "Does the person press for time?",
        why: "Hurry keeps you from checking. Who really lost a phone can wait: the waiting period cannot be shortened by anybody.",
        choices: SIGN,
    },
    ProcedureStep {
        step: "asks-for-a-secret",
        question: "Does the person ask you to read out, send or type a password, code or link?",
        why: "Nothing in this procedure needs a secret. Nobody who works here has to hear one from you.",
        choices: SIGN,
    },
    ProcedureStep {
        step: "names-a-superior",
        question: "Does the person name a superior, or threaten with one, so that you skip a step?",
        why: "That a superior wants it quickly is what people say who are not allowed to.",
        choices: SIGN,
    },
    ProcedureStep {
        step: "wants-silence",
        question: "Does the person want that others are not told?",
        why: "Notices go to the person and to security. Only somebody who is not the person has a reason to keep them away.",
        choices: SIGN,
    },
];

/// What was chosen: step to choice.
pub type Answers = BTreeMap<String, String>;

/// What follows from the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the person, as far as one can know.
    Passed,
    /// An answer stops it.
    Stopped,
    /// Nothing speaks against it, and not enough for it.
    NotProven,
}

/// A step is not answered, or with what is none of its choices. Names the step; empty when there is one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadAnswers(pub &'static str);

/// Judges the answers: every step must be answered, but for those after an answer that stops. The person was reached on the number on file or seen with a document,
/// and both facts are right; anything less proves nothing.
pub fn judge_answers(answers: &Answers) -> Result<Verdict, BadAnswers> {
    if answers
        .keys()
        .any(|name| PROCEDURE.iter().all(|step| step.step != name))
    {
        return Err(BadAnswers(""));
    }
    let mut stops = false;
    for step in PROCEDURE {
        let Some(chosen) = answers.get(step.step) else {
            if stops {
                continue;
            }
            return Err(BadAnswers(step.step));
        };
        let chosen = step.choices.iter().find(|choice| choice.choice == chosen);
        stops |= chosen.ok_or(BadAnswers(step.step))?.stops;
    }
    if stops {
        return Ok(Verdict::Stopped);
    }
    let is = |step: &str, choice: &str| answers.get(step).is_some_and(|chosen| chosen == choice);
    let met = is("call-back", "reached") || is("seen", "document");
    let knows = is("first-fact", "right") && is("second-fact", "right");
    Ok(if met && knows {
        Verdict::Passed
    } else {
        Verdict::NotProven
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with which the procedure passes.
    fn good() -> Answers {
        let mut answers: Answers = PROCEDURE.iter().map(|step| (step.step.into(), "no".into())).collect();
        for (step, choice) in [
            ("call-back", "reached"),
            ("seen", "not-seen"),
            ("first-fact", "right"),
            ("second-fact", "right"),
        ] {
            answers.insert(step.into(), choice.into());
        }
        answers
    }

    fn but(step: &str, choice: &str) -> Result<Verdict, BadAnswers> {
        let mut answers = good();
        answers.insert(step.into(), choice.into());
        judge_answers(&answers)
    }

    #[test]
    fn each_answer_that_stops_stops_whatever_the_others_are() {
        assert_eq!(judge_answers(&good()), Ok(Verdict::Passed));
        let mut stopping = 0;
        for step in PROCEDURE {
            for choice in step.choices.iter().filter(|choice| choice.stops) {
                assert_eq!(
                    but(step.step, choice.choice),
                    Ok(Verdict::Stopped),
                    "{} {}",
                    step.step,
                    choice.choice
                );
                stopping += 1;
            }
        }
        assert_eq!(stopping, 8);
        // What comes after it is not asked any more; what comes before it was.
        let early: Answers = [("call-back".into(), "refused".into())].into();
        assert_eq!(judge_answers(&early), Ok(Verdict::Stopped));
        let late: Answers = [("wants-silence".into(), "yes".into())].into();
        assert_eq!(judge_answers(&late), Err(BadAnswers("call-back")));
    }

    #[test]
    fn what_was_not_found_out_proves_nothing() {
        assert_eq!(but("call-back", "not-reached"), Ok(Verdict::NotProven));
        assert_eq!(but("first-fact", "not-asked"), Ok(Verdict::NotProven));
        assert_eq!(but("second-fact", "not-asked"), Ok(Verdict::NotProven));
        let mut seen = good();
        seen.insert("call-back".into(), "not-reached".into());
        seen.insert("seen".into(), "document".into());
        assert_eq!(judge_answers(&seen), Ok(Verdict::Passed));
    }

    #[test]
    fn every_step_is_answered_with_one_of_its_choices() {
        for step in PROCEDURE {
            let mut answers = good();
            answers.remove(step.step);
            assert_eq!(judge_answers(&answers), Err(BadAnswers(step.step)));
            assert_eq!(but(step.step, "maybe"), Err(BadAnswers(step.step)));
        }
        assert_eq!(but("favourite-colour", "teal"), Err(BadAnswers("")));
    }
}
