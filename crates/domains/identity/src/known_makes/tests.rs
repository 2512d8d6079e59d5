use super::*;
use crate::tests::authenticator::Maker;

const MAKE: &str =
    "[[make]]\naaguid = \"2fc0579f-8113-47ea-b116-bb5a8db9202a\"\nname = \"Key\"\nroots = [\"root.pem\"]\n";

fn opened(text: &str) -> Result<KnownMakes, MakesError> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("root.pem"), Maker::new("Root").root).unwrap();
    fs::write(folder.path().join("other.pem"), Maker::new("Other").root).unwrap();
    fs::write(folder.path().join("text.pem"), "no certificate").unwrap();
    let file = folder.path().join("makes.toml");
    fs::write(&file, text).unwrap();
    KnownMakes::open(&file)
}

#[test]
fn makes_are_listed_by_name() {
    let other = "[[make]]\naaguid = \"00000000-0000-0000-0000-000000000001\"\nname = \"A key\"\nroots = [\"root.pem\", \"other.pem\"]\n";
    let known = opened(&format!("{MAKE}{other}")).unwrap();
    let names: Vec<String> = known.list().into_iter().map(|make| make.name).collect();
    assert_eq!(names, ["A key", "Key"]);
    let only = Makes::Only(["2fc0579f-8113-47ea-b116-bb5a8db9202a".parse().unwrap()].into());
    assert_eq!(known.among(&only).len(), 1);
}

#[test]
fn a_root_vouches_for_the_makes_that_name_it_only() {
    let other =
        "[[make]]\naaguid = \"00000000-0000-0000-0000-000000000001\"\nname = \"A key\"\nroots = [\"other.pem\"]\n";
    let known = opened(&format!("{MAKE}{other}")).unwrap();
    let (key, other): (Aaguid, Aaguid) = (
        "2fc0579f-8113-47ea-b116-bb5a8db9202a".parse().unwrap(),
        "00000000-0000-0000-0000-000000000001".parse().unwrap(),
    );
    for (hash, root) in known.roots.cas() {
        assert_eq!(root.aaguids().len(), 1);
        let vouched = [key, other].map(|make| known.vouches(make, hash.as_slice()));
        assert!(vouched[0] != vouched[1]);
    }
    assert!(!known.vouches(key, &[0; 32]) && !known.vouches(key, &[]));
}

#[test]
fn what_is_not_such_a_file_is_refused_with_the_reason() {
    let refused = |text: String, part: &str| {
        let error = opened(&text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    refused(String::new(), "has no [[make]]");
    refused("make = 3".to_owned(), "is not a list of makes");
    refused(format!("{MAKE}colour = \"black\""), "is not a list of makes");
    refused(MAKE.replace("2fc0579f", "zzzz"), "the aaguid of make 1 is none");
    refused(MAKE.replace("\"Key\"", "\"\""), "1 to 128 characters");
    refused(MAKE.repeat(2), "is there twice");
    refused(MAKE.replace("\"root.pem\"", ""), "has no roots");
    refused(MAKE.replace("root.pem", "text.pem"), "is not a certificate");
    refused(MAKE.replace("root.pem", "gone.pem"), "cannot be read");
}
