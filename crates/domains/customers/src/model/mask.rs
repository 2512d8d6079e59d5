/// What may be shown of a sealed value without a reveal: enough to recognise, not enough to use.
pub(crate) fn hint(field: &str, value: &str) -> String {
    match field {
        "mail" => mail(value),
        "phone" => {
            let code: String = value.chars().take(3).collect();
            format!("{code} ••• ••{}", last(value, 2))
        }
        "external_id" => format!("••••{}", last(value, 2)),
        _ => "•••••".into(),
    }
}

fn mail(value: &str) -> String {
    let (local, domain) = value.rsplit_once('@').unwrap_or((value, ""));
    let start: String = local
        .chars()
        .take(if local.chars().count() > 3 { 2 } else { 1 })
        .collect();
    let end = domain.rsplit_once('.').map_or("", |(_, end)| end);
    format!("{start}•••@•••.{end}")
}

fn last(value: &str, count: usize) -> String {
    // A short value would show whole: show nothing of it.
    if value.chars().count() < 4 + count {
        return String::new();
    }
    value.chars().skip(value.chars().count() - count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_shows_little() {
        assert_eq!(hint("mail", "jonas.k@example.de"), "jo•••@•••.de");
        assert_eq!(hint("mail", "ab@example.de"), "a•••@•••.de");
        assert_eq!(hint("phone", "+49301234517"), "+49 ••• ••17");
        assert_eq!(hint("external_id", "NW-2231"), "••••31");
        assert_eq!(hint("external_id", "42"), "••••");
        assert_eq!(hint("notes", "anything"), "•••••");
    }
}
