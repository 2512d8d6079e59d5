//! The page on which the chat stands when a code is asked for, as the last line of the text message names it. Browsers
//! offer the code there and nowhere else (origin-bound one-time codes delivered via SMS).

use url::Url;

/// Where a code belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// The host of our own pages, which is the widget's frame.
    desk: &'a str,
    /// The host of the website around the frame, where it is known.
    site: Option<String>,
}

impl<'a> Place<'a> {
    /// `told` is the origin of the page around the frame, as the customer's browser says. It counts only when it is one
    /// of the `sites` of the settings, so that nobody has us write a host of their own into a text message.
    pub(super) fn new(desk: &'a str, told: Option<&str>, sites: &[String]) -> Self {
        let site = told
            .and_then(|told| sites.iter().find(|site| *site == told))
            .and_then(|site| secure_host(site))
            .filter(|host| host != desk);
        Self { desk, site }
    }

    /// The last lines that say so, the best first: with the website, where one is known, and without.
    pub(super) fn last_lines(&self, code: &str) -> Vec<String> {
        let desk = self.desk;
        let framed = self.site.as_ref().map(|site| format!("@{site} #{code} %{desk}"));
        framed.into_iter().chain([format!("@{desk} #{code}")]).collect()
    }
}

/// The form names hosts of `https` alone.
fn secure_host(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok().filter(|url| url.scheme() == "https")?;
    url.host_str().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_names_a_website_of_the_settings_and_the_frame_in_it() {
        let sites = [
            "https://www.example.org".to_owned(),
            "https://shop.example.net:8443".to_owned(),
        ];
        for (told, site) in [(&sites[0], "www.example.org"), (&sites[1], "shop.example.net")] {
            let place = Place::new("desk.example.org", Some(told), &sites);
            assert_eq!(
                place.last_lines("012345"),
                [
                    format!("@{site} #012345 %desk.example.org"),
                    "@desk.example.org #012345".to_owned()
                ]
            );
        }
    }

    #[test]
    fn a_place_that_is_not_known_for_sure_is_our_own_page() {
        let sites = [
            "https://www.example.org".to_owned(),
            "http://localhost:5173".to_owned(),
            "https://desk.example.org".to_owned(),
        ];
        for told in [
            None,
            Some(""),
            Some("null"),
            Some("https://evil.example"),
            Some("https://www.example.org.evil.example"),
            Some("https://www.example.org/"),
            Some("https://www.example.org\n@evil.example #012345"),
            Some("https://evil.example@www.example.org"),
            Some("http://www.example.org"),
            Some("www.example.org"),
            Some("http://localhost:5173"),
            Some("https://desk.example.org"),
        ] {
            let place = Place::new("desk.example.org", told, &sites);
            assert_eq!(place.last_lines("012345"), ["@desk.example.org #012345"], "{told:?}");
        }
    }
}
