//! Sealing a field and its blind index, beside the bare primitives of the same library.

use std::hint::black_box;

use anyhow::anyhow;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad as GcmAad, LessSafeKey, Nonce, UnboundKey},
    hmac,
};
use wd_crypto::{Aad, BlindIndex, Key, KeyRef, envelope};
use wd_kernel::{Id as _, KeyId};
use wd_server::SystemEntropy;

use crate::{
    measure::{count, median, now, seconds},
    table::{Amount, Table},
};

const ROUNDS: usize = 9;
const SIZES: [(usize, &str); 3] = [(64, "64 B"), (1024, "1 KiB"), (64 * 1024, "64 KiB")];

pub fn run(small: bool) -> anyhow::Result<Table> {
    let mut table = Table::new(format!("seal (one thread, medians of {ROUNDS})"));
    let span = if small { 0.005 } else { 0.1 };
    for (size, name) in SIZES {
        cipher(&mut table, size, name, span)?;
    }
    let index = BlindIndex::new(&[7; 32], "customer", "mail");
    let bare = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
    let mail = "ada.lovelace@example.org";
    let [ours, theirs] = beside(
        span,
        &mut || {
            black_box(index.of(black_box(mail)));
            Ok(())
        },
        &mut || {
            black_box(hmac::sign(&bare, black_box(mail).as_bytes()));
            Ok(())
        },
    )?;
    table.beside(
        "blind index of a mail address",
        ours,
        "bare HMAC-SHA-256, key prepared",
        theirs,
    );
    table.remark("an envelope makes its key schedule, a key commitment (HKDF) and a random nonce each time; the bare cipher has its key prepared and counts its nonces");
    Ok(table)
}

fn cipher(table: &mut Table, size: usize, name: &str, span: f64) -> anyhow::Result<()> {
    let key = Key::from_bytes([7; 32]);
    let key_ref = KeyRef {
        id: KeyId::from_uuid(uuid::Uuid::from_u128(7)),
        version: 1,
    };
    let place = Aad::field("org_bench", "customer", "notes", &[1; 16]);
    let clear = vec![b'x'; size];
    let bare =
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).map_err(|_| anyhow!("the key is not accepted"))?);
    let failed = |_| anyhow!("the cipher failed");

    let mut number: u128 = 0;
    let mut buffer = clear.clone();
    let [ours, theirs] = beside(
        span,
        &mut || {
            black_box(envelope::seal(
                &key,
                key_ref,
                &place,
                black_box(&clear),
                &SystemEntropy,
            )?);
            Ok(())
        },
        &mut || {
            number += 1;
            let tag = bare
                .seal_in_place_separate_tag(nonce(number), GcmAad::from(b"place"), black_box(&mut buffer))
                .map_err(failed)?;
            let _ = black_box(tag);
            Ok(())
        },
    )?;
    table.beside(format!("seal {name}"), ours, "bare AES-256-GCM", theirs);

    let sealed = envelope::seal(&key, key_ref, &place, &clear, &SystemEntropy)?;
    let mut bare_sealed = clear.clone();
    bare.seal_in_place_append_tag(nonce(0), GcmAad::from(b"place"), &mut bare_sealed)
        .map_err(failed)?;
    let mut scratch = bare_sealed.clone();
    let [ours, theirs] = beside(
        span,
        &mut || {
            black_box(envelope::open(&key, &place, black_box(&sealed))?);
            Ok(())
        },
        &mut || {
            scratch.copy_from_slice(&bare_sealed);
            black_box(
                bare.open_in_place(nonce(0), GcmAad::from(b"place"), &mut scratch)
                    .map_err(failed)?,
            );
            Ok(())
        },
    )?;
    table.beside(format!("open {name}"), ours, "bare AES-256-GCM", theirs);
    Ok(())
}

fn nonce(number: u128) -> Nonce {
    let mut bytes = [0; 12];
    for (byte, from) in bytes.iter_mut().zip(number.to_le_bytes()) {
        *byte = from;
    }
    Nonce::assume_unique_for_key(bytes)
}

/// Medians of the time for one call of each, measured in turn so that both meet the same machine.
fn beside(
    span: f64,
    ours: &mut dyn FnMut() -> anyhow::Result<()>,
    theirs: &mut dyn FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<[Amount; 2]> {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let [first, second] = &mut times;
        first.push(each(span, ours)?);
        second.push(each(span, theirs)?);
    }
    Ok(times.map(|mut times| Amount::Seconds(median(&mut times))))
}

fn each(span: f64, call: &mut dyn FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    const AT_A_TIME: usize = 32;
    let began = now();
    let mut calls = 0;
    loop {
        for _ in 0..AT_A_TIME {
            call()?;
        }
        calls += AT_A_TIME;
        let took = seconds(began.elapsed());
        if took >= span {
            return Ok(took / count(calls));
        }
    }
}
