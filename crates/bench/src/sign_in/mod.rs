//! Signing in: passwords a second beside the bare hash, passkeys beside the bare signature, looks at a session beside an answer that looks at nothing, and
//! a thousand who come at once.

mod crowd;
mod passkey;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use futures::future::try_join_all;
use reqwest::Client;
use serde_json::json;
use wd_client::StaffClient;

use self::passkey::Passkey;
use crate::{
    database::Database,
    desk::{Desk, Login, house},
    measure::{count, now, seconds},
    process::Process,
    table::{Amount, Table},
};

/// Who signs in again and again, each from a house of their own.
const PEOPLE: usize = 8;

pub async fn run(small: bool) -> anyhow::Result<Table> {
    let (spell, clients) = if small {
        (Duration::from_millis(500), 100)
    } else {
        (Duration::from_secs(10), 1_000)
    };
    let mut table = Table::new(format!("sign-in ({PEOPLE} people at once, then {clients} clients)"));
    for database in Database::all("sign_in").await? {
        let name = database.name();
        let folder = tempfile::tempdir()?;
        let process = Process::start(folder.path(), &database).await?;
        let mut desk = Desk::open(&process).await?;
        // The server is ready before it says how passwords are hashed; by now one was.
        let bare = bare_hashes(spell, &process.hashing()?);
        let team = desk.first_team().await?;
        let (mut staff, logins): (Vec<StaffClient>, Vec<Login>) =
            desk.staff_with_logins(&[team; PEOPLE]).await?.into_iter().unzip();

        let before = process.processor()?;
        let (number, took) = passwords(&process.base(), &logins, spell).await?;
        let used = process.processor()? - before;
        table.beside(
            format!("{name}: right passwords"),
            Amount::PerSecond(number / took),
            "bare argon2id, all cores",
            Amount::PerSecond(bare),
        );
        table.alone(
            format!("{name}: processor time of 1,000 passwords"),
            Amount::Processor(used / number * 1e3),
        );
        let sessions = session_checks(&staff, spell).await?;
        table.beside(
            format!("{name}: looks at one's session, with rights and teams"),
            Amount::PerSecond(sessions),
            "/healthz, no look",
            Amount::PerSecond(healthy(&process.base(), spell).await?),
        );
        crowd::measure(&mut table, &name, &process, &staff, clients).await?;
        // The last, because each person's newest twenty sessions stay.
        let mut passkeys = Vec::new();
        for (number, person) in staff.iter_mut().enumerate() {
            passkeys.push(Passkey::of(person, number, &process.origin()).await?);
        }
        let before = process.processor()?;
        let (number, took) = passkey::sign_ins(&process.base(), &passkeys, spell).await?;
        let used = process.processor()? - before;
        table.beside(
            format!("{name}: sign-ins by passkey, question and answer"),
            Amount::PerSecond(number / took),
            "bare ES256 checks, all cores",
            Amount::PerSecond(passkey::bare_checks(spell / 5)?),
        );
        table.alone(
            format!("{name}: processor time of 1,000 sign-ins by passkey"),
            Amount::Processor(used / number * 1e3),
        );
        process.stop().await?;
        database.drop().await?;
    }
    Ok(table)
}

/// Hashes a second with the parameters of a sign-in, on as many threads as there are cores, in memory that is used
/// again.
fn bare_hashes(spell: Duration, params: &Params) -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let began = now();
    let threads: Vec<_> = (0..cores)
        .map(|_| {
            let params = params.clone();
            std::thread::spawn(move || {
                let mut memory = vec![Block::default(); params.block_count()];
                let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                let (mut out, mut number) = ([0; 32], 0_usize);
                while began.elapsed() < spell {
                    let hashed =
                        argon.hash_password_into_with_memory(b"a password", b"sixteen byte sal", &mut out, &mut memory);
                    number += usize::from(std::hint::black_box(hashed).is_ok());
                }
                number
            })
        })
        .collect();
    let number: usize = threads.into_iter().filter_map(|thread| thread.join().ok()).sum();
    count(number) / seconds(began.elapsed())
}

/// Everybody shows name and password again and again: how many were right, and in how many seconds.
async fn passwords(base: &str, logins: &[Login], spell: Duration) -> anyhow::Result<(f64, f64)> {
    let began = now();
    let people = logins.iter().enumerate().map(|(number, login)| async move {
        let client = Client::builder()
            .local_address(std::net::IpAddr::from(house(number)?))
            .build()?;
        let mut right = 0_usize;
        while began.elapsed() < spell {
            let request = client
                .post(format!("{base}/api/v1/session/password"))
                .json(&json!({ "login": login.login, "password": login.password }));
            let answer = request.send().await.context("asking to sign in")?;
            let status = answer.status().as_u16();
            answer.bytes().await?;
            ensure!(status == 200, "a right password was answered {status}");
            right += 1;
        }
        anyhow::Ok(right)
    });
    let number = try_join_all(people).await?.into_iter().sum();
    Ok((count(number), seconds(began.elapsed())))
}

/// Each asks for their own session again and again.
async fn session_checks(staff: &[StaffClient], spell: Duration) -> anyhow::Result<f64> {
    let began = now();
    let people = staff.iter().map(|person| async move {
        let mut number = 0_usize;
        while began.elapsed() < spell {
            person.get("/api/v1/session").await?;
            number += 1;
        }
        anyhow::Ok(number)
    });
    let number = try_join_all(people).await?.into_iter().sum();
    Ok(count(number) / seconds(began.elapsed()))
}

/// As many ask for what needs no look at a session.
async fn healthy(base: &str, spell: Duration) -> anyhow::Result<f64> {
    let began = now();
    let people = (0..PEOPLE).map(|_| async move {
        let client = Client::builder().build()?;
        let mut number = 0_usize;
        while began.elapsed() < spell {
            let answer = client.get(format!("{base}/healthz")).send().await?;
            answer.error_for_status()?.bytes().await?;
            number += 1;
        }
        anyhow::Ok(number)
    });
    let number = try_join_all(people).await?.into_iter().sum();
    Ok(count(number) / seconds(began.elapsed()))
}
