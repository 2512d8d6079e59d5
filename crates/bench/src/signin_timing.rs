//! Whether the time of a refused sign-in tells if the name is known: known and unknown names by turns, then the
//! Mann-Whitney U test.

use anyhow::{Context as _, ensure};
use reqwest::{Client, header};
use serde_json::json;

use crate::{
    database::Database,
    desk::{Desk, house},
    measure::{count, median, now, quantile, seconds},
    process::Process,
    table::{Amount, Table},
};

/// A chance below this that equal distributions differ so much is called a difference.
const LEVEL: f64 = 0.01;
/// A known and an unknown name each; an address that fails more often has to wait.
const PAIRS_OF_AN_ADDRESS: usize = 8;

pub async fn run(names: usize) -> anyhow::Result<Table> {
    let mut table = Table::new(format!(
        "signin-timing ({names} known and {names} unknown names, one wrong password each)"
    ));
    for database in Database::all("signin_timing").await? {
        let folder = tempfile::tempdir()?;
        let process = Process::start(folder.path(), &database).await?;
        let mut desk = Desk::open(&process).await?;
        let team = desk.first_team().await?;
        desk.staff(&vec![team; names]).await?;
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for number in 0..names {
            // Who asks first changes by turns.
            let both = [("lead", true), ("none", false)];
            let order = if number % 2 == 0 { both } else { [both[1], both[0]] };
            for (name, is_known) in order {
                let took = refused(&process.base(), number, &format!("{name}{number}")).await?;
                if is_known { &mut known } else { &mut unknown }.push(took);
            }
        }
        let (z, chance, larger) = mann_whitney(&known, &unknown);
        let name = database.name();
        table.beside(
            format!("{name}: known name, median"),
            Amount::Seconds(median(&mut known)),
            "unknown name",
            Amount::Seconds(median(&mut unknown)),
        );
        table.beside(
            format!("{name}: known name, 10 % quantile"),
            Amount::Seconds(quantile(&mut known, 0.1)),
            "unknown name",
            Amount::Seconds(quantile(&mut unknown, 0.1)),
        );
        let verdict = if chance < LEVEL {
            "they can be told apart"
        } else {
            "they cannot be told apart"
        };
        table.remark(format!(
            "{name}: z {z:.2}, p {chance:.3}, a known name took longer in {:.1} % of pairs: with {names} tries each {verdict}",
            larger * 100.0
        ));
        process.stop().await?;
        database.drop().await?;
    }
    Ok(table)
}

/// How long a refusal took, on a connection that was open.
async fn refused(base: &str, number: usize, login: &str) -> anyhow::Result<f64> {
    let client = Client::builder()
        .local_address(std::net::IpAddr::from(house(number / PAIRS_OF_AN_ADDRESS)?))
        .build()?;
    client
        .get(format!("{base}/api/v1/session"))
        .send()
        .await?
        .text()
        .await?;
    let request = client
        .post(format!("{base}/api/v1/session/password"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(json!({ "login": login, "password": "a wrong password" }).to_string());
    let began = now();
    let answer = request.send().await.context("asking to sign in")?;
    let status = answer.status().as_u16();
    answer.bytes().await?;
    let took = seconds(began.elapsed());
    ensure!(status == 401, "{login}: {status} instead of a refusal");
    Ok(took)
}

/// The standardised U, the two-sided chance of one as large, and the share of pairs in which the first is larger.
fn mann_whitney(first: &[f64], second: &[f64]) -> (f64, f64, f64) {
    let (n, m) = (count(first.len()), count(second.len()));
    let wins: f64 = first
        .iter()
        .flat_map(|a| {
            second.iter().map(move |b| {
                if a > b {
                    1.0
                } else if a < b {
                    0.0
                } else {
                    0.5
                }
            })
        })
        .sum();
    let z = (wins - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt();
    (z, two_sided(z), wins / (n * m))
}

/// The two-sided tail of the normal distribution (Abramowitz and Stegun 7.1.26, error below 1.5e-7).
fn two_sided(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / 0.327_591_1_f64.mul_add(x, 1.0);
    let terms = [
        1.061_405_429,
        -1.453_152_027,
        1.421_413_741,
        -0.284_496_736,
        0.254_829_592,
    ];
    terms.iter().fold(0.0, |sum, term| (sum + term) * t) * (-x * x).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_tells_what_differs_and_leaves_what_does_not() {
        let even: Vec<f64> = (0..200).map(|n| f64::from(n % 40)).collect();
        let shifted: Vec<f64> = even.iter().map(|value| value + 8.0).collect();
        let (z, chance, larger) = mann_whitney(&even, &even);
        assert!(z.abs() < 1e-9 && chance > 0.99 && (larger - 0.5).abs() < 1e-9);
        assert!(mann_whitney(&shifted, &even).1 < LEVEL);
        // Known values of the normal distribution.
        assert!((two_sided(1.959_964) - 0.05).abs() < 1e-6);
        assert!((two_sided(2.575_829) - 0.01).abs() < 1e-6);
    }
}
