use std::path::Path;

/// Compares a text with a committed file. With `UPDATE_GOLDEN=1` the file is written anew, to be read in a review.
pub fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = text.lines().zip(expected.lines()).find(|(now, then)| now != then);
    assert!(
        expected == text,
        "{} is not what the code says (first difference: {differs:?}). If that is meant, set UPDATE_GOLDEN=1 and commit.",
        path.display()
    );
}
