//! Notices about rules of sign-in that ask for less than before: whoever wants into accounts wants that first.

use wd_identity::{
    RiskSignal, WaveStep,
    events::{
        BlindScanSwitched, FactorPolicyChanged, FactorWaveMoved, PasswordPolicyChanged, RiskPolicyChanged,
        SessionPolicyChanged,
    },
};
use wd_kernel::{EventEnvelope, FactorWaveId, StaffId, Timestamp};

use super::words::{Person, Place, Words, look, moment, named, said};

/// A rule that asks for less than before.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lowered {
    Factors { role: String },
    Passwords { role: String },
    Risk { signals: Vec<RiskSignal> },
    Sessions { role: String },
    Wave { wave: FactorWaveId, ended: bool },
    BlindScan,
}

/// The rule that an event lowers, if it does, and who did it.
pub(super) fn read(event: &EventEnvelope) -> Option<(Lowered, Option<StaffId>)> {
    if let Some(FactorPolicyChanged { role, lowered, by, .. }) = event.read() {
        return lowered.then_some((Lowered::Factors { role }, by));
    }
    if let Some(PasswordPolicyChanged { role, lowered, by, .. }) = event.read() {
        return lowered.then_some((Lowered::Passwords { role }, by));
    }
    if let Some(RiskPolicyChanged { lowered, by }) = event.read() {
        return (!lowered.is_empty()).then_some((Lowered::Risk { signals: lowered }, by));
    }
    if let Some(SessionPolicyChanged { role, lowered, by, .. }) = event.read() {
        return lowered.then_some((Lowered::Sessions { role }, by));
    }
    if let Some(BlindScanSwitched { enabled, by, .. }) = event.read() {
        return enabled.then_some((Lowered::BlindScan, by));
    }
    let FactorWaveMoved { wave, step, by, .. } = event.read()?;
    match step {
        WaveStep::Lowered => Some((Lowered::Wave { wave, ended: false }, by)),
        WaveStep::Ended => Some((Lowered::Wave { wave, ended: true }, by)),
        WaveStep::Made | WaveStep::Changed => None,
    }
}

/// The notice. `wave` is the name of the wave, if it is about one.
pub(super) fn words(lowered: &Lowered, wave: &str, by: Option<&Person>, at: Timestamp, place: &Place) -> Words {
    let wave = said(wave, 80);
    let (kind, happened) = match lowered {
        Lowered::Factors { role } => (
            "factor-policy-lowered",
            format!("The role {} asks for less when people sign in", said(role, 60)),
        ),
        Lowered::Passwords { role } => (
            "password-policy-lowered",
            format!("Passwords of the role {} may be weaker", said(role, 60)),
        ),
        Lowered::Risk { signals } => {
            let words: Vec<&str> = signals.iter().map(|signal| signal.as_str()).collect();
            (
                "risk-policy-lowered",
                format!("Unusual sign-ins lead to less: {}", words.join(", ")),
            )
        }
        Lowered::Sessions { role } => (
            "session-policy-lowered",
            format!("Sessions of the role {} may last longer", said(role, 60)),
        ),
        Lowered::Wave { ended: false, .. } => (
            "factor-wave-lowered",
            format!("The wave “{wave}” asks for less, later, or of fewer people"),
        ),
        Lowered::BlindScan => (
            "blind-scan-on",
            "A keyed index of each password is kept, so that a scan can test them without sign-in".to_owned(),
        ),
        Lowered::Wave { ended: true, .. } => ("factor-wave-ended", format!("The wave “{wave}” was ended")),
    };
    let by = by.map_or_else(|| "the command line, or Wardesk itself".to_owned(), named);
    let text = format!(
        "{happened}.\n\nBy:   {by}\nWhen: {}\n\nThe audit log has what was asked before, and what is asked now. If you do not know why, ask who did it.\n{}",
        moment(at),
        look(place)
    );
    Words {
        kind,
        subject: format!("Wardesk: {happened}"),
        text,
    }
}

#[cfg(test)]
mod tests {
    use wd_kernel::Id as _;
    use wd_mail::Mail;

    use super::*;

    const AT: Timestamp = Timestamp::from_micros(1_700_000_000_123_456);

    #[test]
    fn a_notice_says_what_was_lowered_by_whom_and_when_whatever_things_are_called() {
        let place = Place {
            organisation: "Example Ltd".into(),
            host: "desk.example.org".into(),
        };
        let by = Person {
            id: StaffId::from_uuid(uuid::Uuid::from_u128(2)),
            name: "Robin".into(),
        };
        let wave = FactorWaveId::from_uuid(uuid::Uuid::from_u128(3));
        let ended = words(&Lowered::Wave { wave, ended: true }, "Officers", Some(&by), AT, &place);
        assert_eq!(ended.subject, "Wardesk: The wave “Officers” was ended");
        assert!(
            ended
                .text
                .contains("By:   Robin (stf_00000000000000000000000000000002)\nWhen: 2023-11-14 22:13:20 UTC")
        );
        let all = [
            Lowered::Factors { role: "agent".into() },
            Lowered::Passwords { role: "agent".into() },
            Lowered::Sessions { role: "agent".into() },
            Lowered::Wave { wave, ended: false },
            Lowered::Wave { wave, ended: true },
            Lowered::BlindScan,
        ];
        for lowered in all {
            let said = words(&lowered, "https://evil.example/\r\nBcc: all", None, AT, &place);
            assert!(
                !said.text.contains("://") && !said.subject.contains("://"),
                "{}",
                said.text
            );
            assert_eq!(said.text.lines().count(), ended.text.lines().count());
            assert!(Mail::new("a@example.org".parse().unwrap(), said.kind, said.subject, said.text).is_ok());
        }
    }
}
