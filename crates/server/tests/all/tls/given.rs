//! Certificate and key from files.

use std::path::{Path, PathBuf};

use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, SignatureAlgorithm,
};
use time::OffsetDateTime;
use wd_config::{Settings, Tls};
use wd_kernel::Clock as _;
use wd_server::SystemClock;

use super::node::{Node, ask, folder, settings, trusting};
use crate::support::until;

const DAYS: i64 = 24 * 3600;

/// A self-signed certificate, valid from and to so many days from now, with its key.
fn make(folder: &Path, algorithm: &'static SignatureAlgorithm, from: i64, to: i64) -> Tls {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let mut params = CertificateParams::new(vec!["desk.example.org".to_owned()]).unwrap();
    let at = |days: i64| OffsetDateTime::from_unix_timestamp(SystemClock.now().seconds() + days * DAYS).unwrap();
    (params.not_before, params.not_after) = (at(from), at(to));
    let tls = Tls {
        certificate: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    };
    std::fs::write(&tls.certificate, params.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(&tls.key, key.serialize_pem()).unwrap();
    tls
}

fn with(folder: &Path, tls: &Tls) -> Settings {
    Settings {
        tls: Some(tls.clone()),
        ..settings(folder)
    }
}

#[tokio::test]
async fn certificates_with_rsa_and_ecdsa_keys_are_shown() {
    for algorithm in [&PKCS_RSA_SHA256, &PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384] {
        let folder = folder();
        let tls = make(folder.path(), algorithm, -1, 30);
        let node = Node::start(with(folder.path(), &tls)).await;
        let stream = node
            .shake(trusting(&tls.certificate), "desk.example.org")
            .await
            .unwrap();
        assert!(ask(stream).await.starts_with("HTTP/1.1 200"), "{algorithm:?}");
        assert!(!folder.path().join("tls").exists(), "no local authority is made");
        node.stop().await;
    }
}

/// A start with files that were changed so, and what it says.
async fn refusal(change: impl FnOnce(&Tls, &Path)) -> (String, PathBuf) {
    let folder = folder();
    let tls = make(folder.path(), &PKCS_ECDSA_P256_SHA256, -1, 30);
    change(&tls, folder.path());
    (Node::refused(with(folder.path(), &tls)).await, folder.path().to_owned())
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named_at_start() {
    let (said, folder) = refusal(|tls, _| std::fs::remove_file(&tls.certificate).unwrap()).await;
    let path = folder.join("certificate.pem");
    assert_eq!(
        said,
        format!(
            "TLS cannot be spoken: {} cannot be read or written: No such file or directory (os error 2)",
            path.display()
        )
    );
    let (said, folder) = refusal(|tls, _| {
        std::fs::remove_file(&tls.key).unwrap();
        std::fs::create_dir(&tls.key).unwrap();
    })
    .await;
    assert!(
        said.contains(&format!("{} cannot be read", folder.join("key.pem").display())),
        "{said}"
    );
    let (said, _) = refusal(|tls, _| std::fs::write(&tls.certificate, "").unwrap()).await;
    assert!(
        said.contains("certificate.pem does not hold a PEM certificate"),
        "{said}"
    );
    let (said, _) = refusal(|tls, _| {
        std::fs::copy(&tls.certificate, &tls.key).unwrap();
    })
    .await;
    assert!(said.contains("key.pem does not hold a PEM"), "{said}");
    let (said, _) = refusal(|tls, _| {
        std::fs::write(
            &tls.certificate,
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        )
        .unwrap();
    })
    .await;
    assert!(
        said.contains("certificate.pem does not hold an X.509 certificate"),
        "{said}"
    );
}

#[tokio::test]
async fn a_key_of_another_certificate_is_named_at_start() {
    let (said, folder) = refusal(|tls, folder| {
        let kept = std::fs::read(&tls.certificate).unwrap();
        make(folder, &PKCS_ECDSA_P256_SHA256, -1, 30);
        std::fs::write(&tls.certificate, kept).unwrap();
    })
    .await;
    let expected = format!(
        "TLS cannot be spoken: the key in {} does not belong to the certificate in {}",
        folder.join("key.pem").display(),
        folder.join("certificate.pem").display()
    );
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_certificate_out_of_its_time_is_named_at_start() {
    let (said, _) = refusal(|_, folder| drop(make(folder, &PKCS_ECDSA_P256_SHA256, -30, -1))).await;
    assert!(said.contains("certificate.pem expired at 20"), "{said}");
    let (said, _) = refusal(|_, folder| drop(make(folder, &PKCS_ECDSA_P256_SHA256, 1, 30))).await;
    assert!(said.contains("certificate.pem is not valid before 20"), "{said}");
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart() {
    let folder = folder();
    let tls = make(folder.path(), &PKCS_ECDSA_P256_SHA256, -1, 30);
    let node = Node::start(with(folder.path(), &tls)).await;
    let first = trusting(&tls.certificate);
    assert!(node.shake(first, "desk.example.org").await.is_ok());
    make(folder.path(), &PKCS_ECDSA_P384_SHA384, -1, 60);
    let second = trusting(&tls.certificate);
    until("the renewed certificate", async || {
        node.shake(second.clone(), "desk.example.org").await.ok()
    })
    .await;
    node.stop().await;
}
