//! Which problem each error is.

use wd_kernel::{Problem, ProblemCode};
use wd_sms::Trouble;
use wd_web::Fails;

use crate::{
    BlindScanError, BreachError, ChangePasswordError, CheckError, DisableError, EnableError, FactorError, FactorKind,
    FactorPolicyError, InvitationError, InviteError, PolicyError, ProviderSignInError, ReProofingError, ReviewError,
    RiskPolicyError, RiskSignal, SessionError, SessionPolicyError, SignInError, SmsError, StaffError, TextMessageOffer,
    WaveError, model::BadWave, service::refusal_words,
};

wd_web::fails!(
    SignInError,
    ProviderSignInError,
    CheckError,
    ChangePasswordError,
    PolicyError,
    BreachError,
    BlindScanError,
    EnableError,
    FactorError,
    FactorPolicyError,
    InvitationError,
    ReProofingError,
    ReviewError,
    RiskPolicyError,
    SessionError,
    SessionPolicyError,
    SmsError,
    InviteError,
    StaffError,
    DisableError,
    WaveError
);

/// The same for everybody, so that it tells nobody whether the name is known or its password still works.
const REFUSED: &str = "The name or the password is not right. A password stops working after a hundred wrong tries in a \
    row; then sign in with a passkey, or ask your administrator for a new link.";
const NO_ACCOUNT: &str = "Nobody here has this account at the provider. If you have an account here, sign in with your password and bind it \
    under “My security”; if not, ask your administrator.";
const NO_FACTOR: &str = "The provider did not ask you for a second factor, and you have none here. Sign in there with a second factor, \
    or ask your administrator for a link.";
const WRONG_CODE: &str = "This code is not right, or was used already.";
const NO_CORPUS: &str =
    "There is no corpus of breached passwords here that can answer this; see docs/how-to/breach-corpus.md.";
const DEAD_LINK: &str = "This link does not work, or no longer. Ask for a new one.";
const LINK_TOO_EARLY: &str = "This link does not work yet: an account that was disabled opens again only after a waiting time, so that nobody \
    takes it over unseen. Keep the link and come back then.";
const WEAK: &str = "Your role asks for a passkey or security key here: a code could be given away to a false page. Use your passkey. If \
    you have lost it, ask your administrator for a new link.";
const IN_DOUBT: &str = "You signed in here in an unusual way, and a false page could have passed your code on. Confirm with a passkey; or \
    say under My security, in a browser that you used before, that this sign-in was you.";
const IN_DOUBT_AT_PROVIDER: &str = "You signed in here in an unusual way, so the provider's answer confirms nothing yet. You are still signed in. \
    Say under My security, in a browser that you used before, that this sign-in was you; or add a passkey there and confirm with it.";
const WRONG_PASSKEY: &str = "The passkey was not accepted. Try again.";

const NO_NUMBER: &str = "You cannot sign in by text message at present. Use another factor.";

fn wait(seconds: u64) -> Problem {
    Problem::new(ProblemCode::RateLimited)
        .detail("Too many attempts did not succeed. Wait a little before the next one.")
        .retry_after(seconds)
}

/// They have shown all their factors, so they may know why; whoever is refused like this has to ask a person.
fn risky(signals: &[RiskSignal]) -> Problem {
    let reasons: Vec<&str> = signals.iter().map(|signal| reason(*signal)).collect();
    let detail = format!(
        "You were not let in, because too much speaks against this sign-in: {}. Sign in from a browser and a place you have \
         used before, or ask your security officer. They have been told.",
        reasons.join(", ")
    );
    Problem::new(ProblemCode::Conflict).detail(detail)
}

const fn reason(signal: RiskSignal) -> &'static str {
    match signal {
        RiskSignal::NewBrowser => "a new browser",
        RiskSignal::NewNetwork => "a new network",
        RiskSignal::NewCountry => "a new country",
        RiskSignal::ImpossibleTravel => "nobody travels that fast from where you signed in last",
        RiskSignal::Failures => "many wrong passwords or codes just before",
        RiskSignal::BreachedPassword => "a password from a known breach",
        RiskSignal::Fraud => "signs of fraud",
        RiskSignal::DevicePosture => "the state of the device",
    }
}

/// What to do about a disabled factor.
const fn disabled(kind: FactorKind) -> &'static str {
    match kind {
        FactorKind::Recovery => {
            "Your recovery codes do not work any more: after a hundred wrong codes in a row, or because you said that a sign-in was not yours. Use another factor and make new codes, or ask your administrator for a new link."
        }
        FactorKind::Totp | FactorKind::Passkey | FactorKind::Sms => {
            "This factor does not work any more: after a hundred wrong codes in a row, or because you said that a sign-in was not yours. Use another one and add it anew, or ask your administrator for a new link."
        }
    }
}

fn busy() -> Problem {
    Problem::new(ProblemCode::Overloaded).retry_after(1)
}

impl Fails for SignInError {
    fn problem(&self) -> Problem {
        match self {
            Self::Refused => Problem::new(ProblemCode::Unauthenticated).detail(REFUSED),
            Self::NoSession => Problem::new(ProblemCode::Unauthenticated).detail("Begin with your password again."),
            Self::WrongCode => Problem::invalid("code", WRONG_CODE),
            Self::Disabled(kind) => Problem::new(ProblemCode::Conflict).detail(disabled(*kind)),
            Self::Weak => Problem::new(ProblemCode::Conflict).detail(WEAK),
            Self::InDoubt => Problem::new(ProblemCode::Conflict).detail(IN_DOUBT),
            Self::NoNumber => Problem::new(ProblemCode::Conflict).detail(NO_NUMBER),
            Self::WrongPasskey => Problem::invalid("credential", WRONG_PASSKEY),
            Self::Risky(signals) => risky(signals),
            Self::RateLimited(seconds) => wait(*seconds),
            Self::Overloaded(_) => busy(),
            Self::Ceremony(_) | Self::State(_) | Self::Texts(_) | Self::Vault(_) | Self::Db(_) => {
                ProblemCode::Internal.into()
            }
        }
    }
}

impl Fails for BreachError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NoCorpus => Problem::new(ProblemCode::NotFound).detail(NO_CORPUS),
            Self::Prefix => Problem::invalid("prefix", "The prefix is not five hexadecimal digits."),
            Self::RateLimited(seconds) => wait(*seconds),
            Self::Unreadable => busy(),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for ProviderSignInError {
    fn problem(&self) -> Problem {
        match self {
            Self::Left => Problem::new(ProblemCode::Unauthenticated).detail(NO_ACCOUNT),
            Self::NoFactor => Problem::new(ProblemCode::Unauthenticated).detail(NO_FACTOR),
            Self::NoSession => Problem::new(ProblemCode::Unauthenticated).detail("Begin again with the button."),
            Self::InDoubt => Problem::new(ProblemCode::Conflict).detail(IN_DOUBT_AT_PROVIDER),
            Self::Risky(signals) => risky(signals),
            Self::Weighing(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for ChangePasswordError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Wrong => Problem::invalid("present", "This is not your present password."),
            Self::PresentNeeded => Problem::invalid("present", "Give your present password too."),
            Self::Refused(reasons) => {
                let none = Problem::new(ProblemCode::InvalidFields);
                reasons
                    .iter()
                    .fold(none, |problem, reason| problem.field("new", reason))
            }
            Self::RateLimited(seconds) => wait(*seconds),
            Self::Overloaded(_) => busy(),
            Self::Vault(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for PolicyError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Field(bad) => Problem::invalid(bad.field, bad.why),
            Self::Reason => Problem::invalid(
                "reason",
                "This policy goes against NIST SP 800-63B-4. Say why, in 1 to 1000 characters.",
            ),
            Self::Stale => {
                Problem::new(ProblemCode::StaleVersion).detail("Load the policy again and repeat your change.")
            }
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for BlindScanError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NoCorpus => Problem::new(ProblemCode::Conflict).detail(
                "There is no corpus of breached passwords here that can be scanned: it must be one of SHA-1. See \
                 docs/how-to/breach-corpus.md.",
            ),
            Self::Reason => Problem::invalid("reason", "Say why, in 1 to 1000 characters."),
            Self::Stale => Problem::new(ProblemCode::StaleVersion)
                .detail("Somebody switched it meanwhile. Load the page again and look what holds now."),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for EnableError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::NotDisabled => Problem::new(ProblemCode::Conflict).detail("This person is not disabled."),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for CheckError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => Problem::new(ProblemCode::NotFound).detail(DEAD_LINK),
            Self::RateLimited(seconds) => Problem::new(ProblemCode::RateLimited).retry_after(*seconds),
            Self::Overloaded(_) => busy(),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for FactorError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Pending => ProblemCode::SecondFactorRequired.into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Last => Problem::new(ProblemCode::Conflict)
                .detail("This is your last second factor. Add another one before you remove it."),
            Self::Needed => Problem::new(ProblemCode::Conflict)
                .detail("Your role asks for a passkey or security key, and this is the last one. Add another one before you remove it."),
            Self::Weak => Problem::new(ProblemCode::Conflict)
                .detail("Your role asks for a passkey or security key. Add one of these; afterwards you can add others too."),
            Self::WrongCode => Problem::invalid("code", WRONG_CODE),
            Self::WrongPasskey => Problem::invalid("credential", WRONG_PASSKEY),
            Self::KnownPasskey => {
                Problem::new(ProblemCode::Conflict).detail("This passkey belongs to an account already.")
            }
            Self::Name => Problem::invalid("name", "A name has 1 to 128 characters and no line breaks."),
            Self::RateLimited(seconds) => wait(*seconds),
            Self::Overloaded(_) => busy(),
            Self::Ceremony(_)
            | Self::State(_)
            | Self::Generator
            | Self::Texts(_)
            | Self::Vault(_)
            | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for SmsError {
    fn problem(&self) -> Problem {
        let conflict = |detail: &str| Problem::new(ProblemCode::Conflict).detail(detail);
        match self {
            Self::Factor(error) => error.problem(),
            Self::NoSession => Problem::new(ProblemCode::Unauthenticated).detail("Begin with your password again."),
            Self::NotUsable => conflict(NO_NUMBER),
            Self::NotOffered(offer) => conflict(not_offered(*offer)),
            Self::Number(_) => Problem::invalid(
                "number",
                "Write the number with + and its calling code, as in +49 151 23456789.",
            ),
            Self::Known => Problem::invalid("number", "You have this number already."),
            Self::Limit(trouble) => limit(*trouble),
            Self::RateLimited(seconds) => Problem::new(ProblemCode::RateLimited)
                .detail("There were too many codes or too many tries. Wait, or use another factor.")
                .retry_after(*seconds),
            Self::Text(_) | Self::Texts(_) | Self::Vault(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

const fn not_offered(offer: TextMessageOffer) -> &'static str {
    match offer {
        TextMessageOffer::NotSetUp => "No text messages are sent here. Add another factor.",
        TextMessageOffer::TwoNumbers => "You have two numbers already. Remove one of them first.",
        TextMessageOffer::StrongerFirst | TextMessageOffer::Open => {
            "With your rights, a code by text message cannot be your only factor. Add an authenticator app or a passkey first."
        }
    }
}

/// What to do about a limit of text messages.
fn limit(trouble: Trouble) -> Problem {
    match trouble {
        Trouble::Country => Problem::new(ProblemCode::Conflict).detail(
            "No text messages go to this country. Use another number or another factor; whoever administers the server can name the country.",
        ),
        Trouble::NumberLimit => Problem::new(ProblemCode::RateLimited)
            .detail("This number had too many text messages. Use another factor, or try again in an hour."),
        Trouble::AddressLimit => Problem::new(ProblemCode::RateLimited)
            .detail("Too many text messages were asked for from your network. Use another factor, or try again in an hour."),
        _ => Problem::new(ProblemCode::RateLimited)
            .detail("No text messages can be sent at present. Use another factor, or try again later."),
    }
}

impl Fails for ReProofingError {
    fn problem(&self) -> Problem {
        let conflict = |detail: &str| Problem::new(ProblemCode::Conflict).detail(detail);
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Cursor => Problem::invalid("after", "This is not a cursor of this list."),
            Self::AlreadyOpen => conflict("There is an open case already."),
            Self::TooOften(seconds) => Problem::new(ProblemCode::RateLimited)
                .detail("There were three requests within thirty days. Ask the administrator of the machine for a new link.")
                .retry_after(*seconds),
            Self::NotActive => conflict("This person is not set up, or has left."),
            Self::NobodyCan => conflict(
                "Nobody else administers, so nobody here may approve this. Whoever has the machine can make a new link with: wardesk admin new-link",
            ),
            Self::Own => conflict("Nobody runs the procedure about themselves. Ask a colleague."),
            Self::Answers("") => {
                Problem::invalid("answers", "Each question is answered once, and no other.")
            }
            Self::Answers(step) => Problem::invalid("answers", format!("The question {step} needs one of its answers.")),
            Self::Reason => Problem::invalid("reason", "Choose not-the-person, suspicious or not-needed."),
            Self::NotOpen => conflict("This case is over, or somebody decided meanwhile."),
            Self::NotReady => conflict("The waiting period is not over, or the time to set up new factors has passed."),
            Self::ApproverGone => conflict(
                "Somebody who vouched for you has left or has fewer rights than you now. Ask again.",
            ),
            Self::Refused(refusal) => conflict(refusal_words(*refusal)),
            Self::Waits => Problem::invalid(
                "ordinary_hours",
                "Choose 1 to 336 hours, and not less for those with administrative rights than for others.",
            ),
            Self::Stale => ProblemCode::StaleVersion.into(),
            Self::Text(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for FactorPolicyError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Stale => ProblemCode::StaleVersion.into(),
            Self::Past => Problem::invalid(
                "due_at",
                "This lies in the past. Choose a later day, or let it hold at once.",
            ),
            Self::NoMakes => Problem::invalid(
                "makes",
                "No makes are known here, so nobody could have an attested key. Whoever runs Wardesk sets up the file of makes \
                 first (docs/how-to/makes-of-keys.md).",
            ),
            Self::Makes => Problem::invalid("makes", "Choose one make or more, of those that are known here."),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for SessionPolicyError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Field(bad) => Problem::invalid(bad.field, bad.why),
            Self::Administrative => Problem::invalid(
                "remember_days",
                "This role has administrative rights: who holds it shows the second factor at each sign-in. Choose 0.",
            ),
            Self::Reason => Problem::invalid(
                "reason",
                "This goes against NIST SP 800-63B-4. Say why, in 1 to 1000 characters.",
            ),
            Self::Stale => {
                Problem::new(ProblemCode::StaleVersion).detail("Load the limits again and repeat your change.")
            }
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for WaveError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Stale => ProblemCode::StaleVersion.into(),
            Self::Ended => Problem::new(ProblemCode::Conflict).detail("This wave has ended. Make a new one."),
            Self::Own => Problem::new(ProblemCode::Conflict).detail(
                "This wave asks you for a factor that you do not have yet. Add it first, or let a colleague do this.",
            ),
            Self::Field(BadWave::Name) => Problem::invalid("name", "Use 1 to 80 characters."),
            Self::Field(BadWave::Asks) => Problem::invalid(
                "asks",
                "A wave can ask for any factor or a passkey. Attested ones are asked for by the policy of a role.",
            ),
            Self::Field(BadWave::Grace) => Problem::invalid("grace_days", "Choose 0 to 180 days."),
            Self::Taken => Problem::invalid("name", "Another wave has this name."),
            Self::Past => Problem::invalid("starts_at", "This lies in the past. Choose a later day, or begin now."),
            Self::UnknownRole => Problem::invalid("roles", "One of these roles does not exist."),
            Self::UnknownPerson => Problem::invalid("people", "One of these people does not exist."),
            Self::NoMembers => Problem::invalid("roles", "Choose a role or a person."),
            Self::TooMany => Problem::invalid("people", "These are more than 1,000 people. Choose a role instead."),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for InvitationError {
    fn problem(&self) -> Problem {
        match self {
            Self::NotFound => Problem::new(ProblemCode::NotFound).detail(DEAD_LINK),
            Self::NotYet(seconds) => Problem::new(ProblemCode::Conflict)
                .detail(LINK_TOO_EARLY)
                .retry_after(*seconds),
            Self::Password(reasons) => {
                let none = Problem::new(ProblemCode::InvalidFields);
                reasons
                    .iter()
                    .fold(none, |problem, reason| problem.field("password", reason))
            }
            Self::Overloaded(_) => busy(),
            Self::Vault(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for SessionError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Cursor => Problem::invalid("after", "This is not a cursor of this list."),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for InviteError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Login(_) => Problem::invalid("login", "A login has 1 to 128 characters, without spaces and colons."),
            Self::Name(_) => Problem::invalid("name", "A name has 1 to 128 characters and no line breaks."),
            Self::Taken => Problem::invalid("login", "Somebody has this login already."),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for StaffError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Cursor => Problem::invalid("after", "This is not a cursor of this list."),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for DisableError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for ReviewError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::NotFound => ProblemCode::NotFound.into(),
            Self::Disowned => Problem::new(ProblemCode::Conflict)
                .detail("You said already that this was not you. What follows from that has been done."),
            Self::InQuestion => Problem::new(ProblemCode::Conflict).detail(
                "From the browser in question nobody can say that it was you. Say it in one you have used before.",
            ),
            Self::Vault(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl Fails for RiskPolicyError {
    fn problem(&self) -> Problem {
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Stale => {
                Problem::new(ProblemCode::StaleVersion).detail("Load the policy again and repeat your change.")
            }
            Self::TooStrict(_) => Problem::invalid(
                "decisions",
                "Refusing new browsers, new networks, wrong tries before, or breached passwords would keep owners out of their own accounts.",
            ),
            Self::Empty => Problem::invalid("decisions", "Name each signal once, and at least one."),
            Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}
