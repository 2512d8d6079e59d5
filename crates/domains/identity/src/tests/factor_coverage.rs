use wd_db::{both_databases, sql};
use wd_kernel::{Duration, Id as _, StaffId};

use super::{Desk, SCHEMA, authenticator::Authenticator, desk, passkeys, secret};
use crate::{
    Coverage, CoverageQuery, FactorKind, FactorPolicyChange, FactorPolicyError, FactorStrength, Figures, RiskReason,
};

const STRONG: FactorStrength = FactorStrength::PhishingResistant;
const DAY: u64 = 24 * 3600;

impl Desk {
    pub(super) async fn board(&self, query: CoverageQuery) -> Coverage {
        self.identity.factor_coverage(&self.admin(), &query).await.unwrap()
    }

    pub(super) fn holds(&self, staff: StaffId, roles: &[&str]) {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        self.roles.given.lock().unwrap().push((staff, roles));
    }

    async fn role_asks(&self, role: &str, strength: FactorStrength) {
        let change = FactorPolicyChange {
            version: 0,
            sign_in: strength,
            step_up: FactorStrength::Any,
            makes: None,
            due_at: Some(self.nobody().now() + Duration::from_secs(14 * DAY)),
        };
        self.identity
            .change_factor_policy(&self.admin(), role, change)
            .await
            .unwrap();
    }
}

fn logins(board: &Coverage) -> Vec<&str> {
    board.people.iter().map(|person| person.login.as_str()).collect()
}

/// People who can sign in, written without their ways in: for counting.
pub(super) async fn crowd(desk: &Desk, people: u128) {
    let mut tx = desk.db.begin().await.unwrap();
    for n in 0..people {
        let id = StaffId::from_uuid(uuid::Uuid::from_u128(n + 1));
        let login = format!("crowd-{n:05}");
        sql!(
            tx,
            execute,
            "INSERT INTO staff (id, login, name, state, created_at) VALUES ($1, $2, 'Crowd', 'active', 1)",
            id,
            login.as_str()
        )
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
}

both_databases! { SCHEMA;
    async fn everybody_stands_on_the_board_once_and_who_is_at_most_risk_first(test) {
        let desk = desk(&test.db).await;
        let officer = desk.person("olga").await;
        let agent = desk.person("ada").await;
        let safe = desk.person("grace").await;
        desk.holds(officer.id, &["security-officer", "agent"]);
        passkeys::enrol(&desk, &safe.token, &mut Authenticator::new(1)).await.unwrap();
        desk.joining("unready").await;
        let board = desk.board(CoverageQuery::default()).await;
        assert_eq!(logins(&board), ["olga", "ada", "grace"], "who has not finished joining cannot sign in");
        assert_eq!(board.matching, 3);
        let olga = &board.people[0];
        assert_eq!(olga.reasons, [RiskReason::Administers, RiskReason::ChangesSecurity, RiskReason::NoPasskey, RiskReason::SeesContacts, RiskReason::ManyRoles]);
        assert_eq!((olga.score, olga.roles.len(), olga.satisfied), (75, 2, true));
        assert_eq!(olga.factors, [FactorKind::Recovery, FactorKind::Totp]);
        assert_eq!(board.people[1].id, agent.id);
        assert_eq!((board.people[2].score, board.people[2].reasons.as_slice()), (5, [RiskReason::SeesContacts].as_slice()));
        assert_eq!(board.total, Figures { people: 3, enrolled: 3, phishing_resistant: 1, satisfied: 3 });
        let officers = board.roles.iter().find(|of| of.role == "security-officer").unwrap();
        assert_eq!(officers.figures, Figures { people: 1, enrolled: 1, phishing_resistant: 0, satisfied: 1 });
    }

    async fn who_is_left_is_who_has_less_than_the_strictest_of_their_roles_will_ask(test) {
        let desk = desk(&test.db).await;
        let both = desk.person("olga").await;
        desk.person("ada").await;
        desk.holds(both.id, &["security-officer", "agent"]);
        desk.role_asks("security-officer", STRONG).await;
        let left = desk.board(CoverageQuery { left: true, ..CoverageQuery::default() }).await;
        assert_eq!((logins(&left), left.matching), (vec!["olga"], 1));
        assert_eq!((left.people[0].asked, left.people[0].due_at.is_some()), (STRONG, true));
        assert_eq!((left.total.people, left.total.satisfied), (2, 1), "the figures are of everybody");
        passkeys::enrol(&desk, &both.token, &mut Authenticator::new(1)).await.unwrap();
        let left = desk.board(CoverageQuery { left: true, ..CoverageQuery::default() }).await;
        assert_eq!(logins(&left), Vec::<&str>::new());
        let board = desk.board(CoverageQuery::default()).await;
        assert_eq!(board.people.iter().find(|person| person.login == "olga").unwrap().due_at, None);
    }

    async fn the_board_is_of_a_role_or_of_who_is_looked_for(test) {
        let desk = desk(&test.db).await;
        let officer = desk.person("olga").await;
        desk.person("ada").await;
        desk.holds(officer.id, &["security-officer"]);
        let of = |role: &str| CoverageQuery { role: Some(role.into()), ..CoverageQuery::default() };
        let officers = desk.board(of("security-officer")).await;
        assert_eq!((logins(&officers), officers.days.last().unwrap().figures.people), (vec!["olga"], 1));
        let unknown = desk.identity.factor_coverage(&desk.admin(), &of("pope")).await;
        assert!(matches!(unknown, Err(FactorPolicyError::NotFound)));
        let sought = desk.board(CoverageQuery { search: Some(" ADA ".into()), ..CoverageQuery::default() }).await;
        assert_eq!((logins(&sought), sought.matching), (vec!["ada"], 1));
    }

    async fn each_day_is_kept_once_and_today_is_counted_anew(test) {
        let desk = desk(&test.db).await;
        desk.person("ada").await;
        desk.identity.note_factor_coverage(&desk.admin()).await.unwrap();
        desk.wait(600);
        desk.identity.note_factor_coverage(&desk.admin()).await.unwrap();
        desk.wait(DAY);
        let grace = desk.person("grace").await;
        passkeys::enrol(&desk, &grace.token, &mut Authenticator::new(1)).await.unwrap();
        let people = |board: &Coverage| -> Vec<_> { board.days.iter().map(|day| (day.figures.people, day.figures.phishing_resistant)).collect() };
        assert_eq!(people(&desk.board(CoverageQuery::default()).await), [(1, 0), (2, 1)], "today, though nothing was written down yet");
        desk.identity.note_factor_coverage(&desk.admin()).await.unwrap();
        assert_eq!(people(&desk.board(CoverageQuery::default()).await), [(1, 0), (2, 1)]);
        let agents = desk.board(CoverageQuery { role: Some("agent".into()), ..CoverageQuery::default() }).await;
        assert_eq!(people(&agents), [(1, 0), (2, 1)]);
    }

    async fn a_leaver_and_a_stopped_factor_do_not_count(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let ada = desk.person("ada").await;
        desk.identity.disable(&desk.admin(), ada.id).await.unwrap();
        let mut tx = test.db.begin().await.unwrap();
        sql!(tx, execute, "UPDATE factor SET disabled_at = 1 WHERE kind = 'totp' AND staff = $1", grace.id).await.unwrap();
        tx.commit().await.unwrap();
        let board = desk.board(CoverageQuery::default()).await;
        assert_eq!(board.total, Figures { people: 1, enrolled: 0, phishing_resistant: 0, satisfied: 0 });
        assert!(board.people[0].reasons.contains(&RiskReason::NoFactor), "recovery codes are no factor of their own");
    }

    async fn a_breached_password_raises_the_risk_until_it_is_changed(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let calm = desk.board(CoverageQuery::default()).await.people[0].score;
        let mut tx = test.db.begin().await.unwrap();
        sql!(tx, execute, "UPDATE staff SET password_breached_at = 1 WHERE id = $1", grace.id).await.unwrap();
        tx.commit().await.unwrap();
        let board = desk.board(CoverageQuery::default()).await;
        assert_eq!((board.people[0].score, board.people[0].reasons[0]), (calm + 20, RiskReason::PasswordBreached));
        let acting = desk.acting(&grace.token).await;
        desk.identity.change_password(&acting, Some(&grace.token), &secret(super::PASSWORD), &secret("walnut ferry 93 lantern quiet river")).await.unwrap();
        assert_eq!(desk.board(CoverageQuery::default()).await.people[0].score, calm);
    }

    async fn of_a_thousand_people_five_hundred_are_shown_and_all_are_counted(test) {
        let desk = desk(&test.db).await;
        crowd(&desk, 1_000).await;
        let board = desk.board(CoverageQuery::default()).await;
        assert_eq!((board.matching, board.people.len(), board.total.people), (1_000, 500, 1_000));
        assert!(board.people[0].reasons.contains(&RiskReason::NeverSignedIn));
    }
}
