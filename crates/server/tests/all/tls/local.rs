//! The certificate of the local authority that a first start makes.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use rustls::{CertificateError, Error, RootCertStore, pki_types::pem::PemObject as _};
use wd_kernel::{Clock as _, Duration};
use wd_server::{SystemClock, local_authority};

use super::node::{Node, ask, client, folder, settings, trusting};
use crate::support::until;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[tokio::test]
async fn who_trusts_the_local_authority_and_nothing_else_gets_in_and_who_does_not_stays_out() {
    let folder = folder();
    let node = Node::start(settings(folder.path())).await;
    let authority = local_authority(folder.path());
    let answer = ask(node.shake(trusting(&authority), "desk.example.org").await.unwrap()).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let nobody = client(&[], rustls::DEFAULT_VERSIONS);
    let refusal = node.shakes_not(nobody, "desk.example.org").await;
    assert_eq!(refusal, Error::InvalidCertificate(CertificateError::UnknownIssuer));

    // Another installation's authority has the same name and another key.
    let other = self::folder();
    let elsewhere = Node::start(settings(other.path())).await;
    let wrong = trusting(&local_authority(other.path()));
    let refusal = node.shakes_not(wrong, "desk.example.org").await;
    assert!(matches!(refusal, Error::InvalidCertificate(_)), "{refusal}");
    elsewhere.stop().await;
    node.stop().await;
}

#[tokio::test]
async fn the_certificate_is_for_the_host_people_use_and_for_this_machine_and_for_nobody_else() {
    let folder = folder();
    let node = Node::start(settings(folder.path())).await;
    let authority = local_authority(folder.path());
    for name in ["desk.example.org", "localhost", "127.0.0.1", "::1"] {
        assert!(node.shake(trusting(&authority), name).await.is_ok(), "{name}");
    }
    for name in ["example.org", "other.example.org", "a.desk.example.org", "192.0.2.1"] {
        let refusal = node.shakes_not(trusting(&authority), name).await;
        assert!(
            matches!(
                refusal,
                Error::InvalidCertificate(CertificateError::NotValidForNameContext { .. })
            ),
            "{name}: {refusal}"
        );
    }
    node.stop().await;
}

#[tokio::test]
async fn the_files_are_for_their_owner_only() {
    let folder = folder();
    Node::start(settings(folder.path())).await.stop().await;
    let mode = |name: &str| {
        std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("tls"), 0o700);
    assert_eq!(mode("tls/authority.key"), 0o600);
    assert_eq!(mode("tls/authority.pem"), 0o600);
    assert_eq!(std::fs::read_dir(folder.path().join("tls")).unwrap().count(), 2);
}

#[tokio::test]
async fn a_second_start_uses_the_same_authority() {
    let folder = folder();
    let authority = local_authority(folder.path());
    Node::start(settings(folder.path())).await.stop().await;
    let (certificate, key) = (read(&authority), read(&authority.with_extension("key")));
    let installed = trusting(&authority);
    let node = Node::start(settings(folder.path())).await;
    assert_eq!(
        (read(&authority), read(&authority.with_extension("key"))),
        (certificate, key)
    );
    assert!(node.shake(installed, "desk.example.org").await.is_ok());
    node.stop().await;
}

#[tokio::test]
async fn a_running_node_renews_its_certificate_before_it_ends() {
    let folder = folder();
    // Clients look at the real clock: what is shown at the end must be valid by it, too.
    let node = Node::start_at(settings(folder.path()), SystemClock.now() - DAY * 59).await;
    let authority = local_authority(folder.path());
    let shown = async || {
        let stream = node.shake(trusting(&authority), "desk.example.org").await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].clone()
    };
    let first = shown().await;
    let (_, parsed) = x509_parser::parse_x509_certificate(&first).unwrap();
    let lasts = parsed.validity().not_after.timestamp() - parsed.validity().not_before.timestamp();
    assert!(lasts <= 90 * 24 * 3600, "{lasts} s");

    node.clock.advance(DAY * 57);
    assert_eq!(shown().await, first, "a third of its time is left");
    node.clock.advance(DAY * 2);
    let second = until("a new certificate", async || {
        Some(shown().await).filter(|now| *now != first)
    })
    .await;
    let (_, parsed) = x509_parser::parse_x509_certificate(&second).unwrap();
    let ends = node.clock.now() + DAY * 80;
    assert!(parsed.validity().not_after.timestamp() > ends.seconds());
    node.stop().await;
}

#[tokio::test]
async fn an_authority_that_ends_soon_is_renewed_with_the_same_key() {
    let folder = folder();
    let authority = local_authority(folder.path());
    let long_ago = SystemClock.now() - DAY * 3400;
    Node::start_at(settings(folder.path()), long_ago).await.stop().await;
    let (certificate, key) = (read(&authority), read(&authority.with_extension("key")));
    let installed = trusting(&authority);
    let node = Node::start(settings(folder.path())).await;
    assert_ne!(read(&authority), certificate);
    assert_eq!(read(&authority.with_extension("key")), key);
    // Who has not installed the new one yet gets in with the old one as long as it lasts.
    assert!(node.shake(installed, "desk.example.org").await.is_ok());
    assert!(node.shake(trusting(&authority), "desk.example.org").await.is_ok());
    node.stop().await;
}

#[tokio::test]
async fn a_start_that_was_broken_off_between_key_and_certificate_is_made_good() {
    let folder = folder();
    let authority = local_authority(folder.path());
    Node::start(settings(folder.path())).await.stop().await;
    std::fs::remove_file(&authority).unwrap();
    std::fs::write(authority.with_extension("new"), "half of a f").unwrap();
    let node = Node::start(settings(folder.path())).await;
    assert!(node.shake(trusting(&authority), "desk.example.org").await.is_ok());
    node.stop().await;
}

#[tokio::test]
async fn an_authority_key_that_is_none_is_named_at_start() {
    let folder = folder();
    let key = local_authority(folder.path()).with_extension("key");
    Node::start(settings(folder.path())).await.stop().await;
    std::fs::write(&key, "not a key").unwrap();
    let refusal = Node::refused(settings(folder.path())).await;
    assert!(refusal.contains("authority.key does not hold a PEM"), "{refusal}");
}

#[test]
fn an_authority_is_one_that_clients_accept_as_a_root() {
    let folder = folder();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { Node::start(settings(folder.path())).await.stop().await });
    let der = rustls::pki_types::CertificateDer::from_pem_file(local_authority(folder.path())).unwrap();
    RootCertStore::empty().add(der.clone()).unwrap();
    let (_, parsed) = x509_parser::parse_x509_certificate(&der).unwrap();
    let constraints = parsed.basic_constraints().unwrap().unwrap();
    assert!(constraints.critical && constraints.value.ca);
    assert_eq!(constraints.value.path_len_constraint, Some(0));
    let usage = parsed.key_usage().unwrap().unwrap().value;
    assert!(usage.key_cert_sign() && !usage.digital_signature());
}
