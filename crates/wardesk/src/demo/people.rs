//! The customers of Northwind Parcels. Nobody here exists: mail addresses are in domains for examples (RFC 2606), phone
//! numbers in ranges that regulators keep free for films and books.

/// What the records say of a customer.
pub(super) struct Person {
    pub(super) external_id: &'static str,
    pub(super) name: &'static str,
    pub(super) mail: &'static str,
    pub(super) phone: &'static str,
    pub(super) address: &'static str,
    pub(super) notes: &'static str,
    pub(super) tags: &'static [&'static str],
}

#[rustfmt::skip]
const fn person(
    external_id: &'static str, name: &'static str, mail: &'static str, phone: &'static str, address: &'static str,
    notes: &'static str, tags: &'static [&'static str],
) -> Person {
    Person { external_id, name, mail, phone, address, notes, tags }
}

/// Everybody in the records.
#[rustfmt::skip]
pub(super) const PEOPLE: [Person; 26] = [
    person("NW-C-1001", "Ines Bauer", "ines.bauer@example.org", "+49 30 23125 017", "Lindenstraße 12, 10969 Berlin", "Prefers deliveries after 17:00.", &["regular"]),
    person("NW-C-1002", "Jonas Keller", "jonas.keller@example.com", "+49 30 23125 044", "Am Hafen 3, 20457 Hamburg", "", &["business"]),
    person("NW-C-1003", "Amara Okoye", "amara.okoye@example.net", "+44 7700 900118", "8 Quay Street, Bristol BS1 4DJ", "Two returns this month, both in order.", &["returns"]),
    person("NW-C-1004", "Lucía Fernández", "lucia.fernandez@example.org", "+1 202 555 0134", "1412 Harbor Ave, Baltimore, MD 21230", "Small shop, ships pottery.", &["business", "fragile"]),
    person("NW-C-1005", "Pieter van Dijk", "p.vandijk@example.com", "+44 7700 900233", "Prinsengracht 88, 1015 DX Amsterdam", "", &["regular"]),
    person("NW-C-1006", "Maximiliane-Charlotte von Hohenstein-Wiesenbach zu Altenkirchen", "mchw@example.org", "+49 30 23125 201", "Schlossweg 1, 57610 Altenkirchen", "Letterbox is at the gate.", &["vip"]),
    person("NW-C-1007", "Chen Wei", "chen.wei@example.net", "+1 202 555 0177", "77 Mott Street, New York, NY 10013", "", &["regular"]),
    person("NW-C-1008", "Sofia Lindgren", "sofia.lindgren@example.org", "+46 8 465 004 12", "Götgatan 21, 116 46 Stockholm", "Claim 4471 for a damaged lamp was paid in spring.", &["claim"]),
    person("NW-C-1009", "Mateusz Nowak", "mateusz.nowak@example.com", "+44 7700 900301", "ul. Długa 5, 31-147 Kraków", "", &[]),
    person("NW-C-1010", "Yuki Tanaka", "yuki.tanaka@example.net", "+1 202 555 0102", "2-8 Kanda, Chiyoda, Tokyo 101-0047", "Writes English, reads Japanese.", &["international"]),
    person("NW-C-1011", "Fatima Al-Sayed", "fatima.alsayed@example.org", "+44 7700 900412", "31 Cedar Road, Leeds LS7 2AB", "", &["regular"]),
    person("NW-C-1012", "Liam O’Connor", "liam.oconnor@example.com", "+44 7700 900455", "4 Shop Street, Galway H91 XY2K", "Gate code changes often: always ask.", &["business"]),
    person("NW-C-1013", "Élodie Marchand", "elodie.marchand@example.org", "+33 1 99 00 12 34", "19 rue des Lilas, 69003 Lyon", "", &["regular"]),
    person("NW-C-1014", "Noah Schmid", "noah.schmid@example.net", "+49 30 23125 333", "Seestrasse 40, 8002 Zürich", "Moved in March, old address is in Winterthur.", &["moved"]),
    person("NW-C-1015", "Priya Raman", "priya.raman@example.com", "+44 7700 900512", "12 Temple Lane, Leicester LE2 0QB", "", &[]),
    person("NW-C-1016", "Tom Ashworth", "tom.ashworth@example.org", "+44 7700 900530", "The Old Mill, Skipton BD23 1NX", "Farm track: small van only.", &["rural"]),
    person("NW-C-1017", "Giulia Romano", "giulia.romano@example.net", "+33 1 99 00 56 78", "Via Garibaldi 9, 16124 Genova", "", &["regular"]),
    person("NW-C-1018", "Abdul Rahman", "abdul.rahman@example.com", "+1 202 555 0188", "560 Lake Street, Chicago, IL 60601", "Asked for a copy of his data in May; sent.", &["privacy"]),
    person("NW-C-1019", "Hanna Virtanen", "hanna.virtanen@example.org", "+46 8 465 004 45", "Mannerheimintie 30, 00100 Helsinki", "", &[]),
    person("NW-C-1020", "Kwame Mensah", "kwame.mensah@example.net", "+44 7700 900601", "22 Ring Road, Accra", "Ships once a quarter, 40 parcels.", &["business", "international"]),
    person("NW-C-1021", "Zofia Kowalczyk", "zofia.kowalczyk@example.com", "+49 30 23125 404", "Marktplatz 2, 02826 Görlitz", "", &["regular"]),
    person("NW-C-1022", "Daniel Petit", "daniel.petit@example.org", "+33 1 99 00 90 12", "3 place du Marché, 44000 Nantes", "Refund of 2 June went to the wrong card; corrected.", &["claim"]),
    person("NW-C-1023", "Aisha Khan", "aisha.khan@example.net", "+44 7700 900644", "9 Mill Lane, Bradford BD1 3QT", "", &["returns"]),
    person("NW-C-1024", "Rasmus Holm", "rasmus.holm@example.com", "+46 8 465 004 71", "Nyhavn 14, 1051 København", "", &["business"]),
    person("NW-C-1025", "Olena Shevchenko", "olena.shevchenko@example.org", "+49 30 23125 512", "Hauptstraße 77, 50996 Köln", "Call before delivering.", &["regular"]),
    person("NW-C-1026", "Grace Thompson", "grace.thompson@example.com", "+1 202 555 0119", "230 Elm Street, Portland, OR 97205", "", &["new"]),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nobody_in_the_records_can_be_reached() {
        let free = ["+4930 23125", "+4477009", "+120255501", "+331990", "+46846500"];
        for person in &PEOPLE {
            let phone = person.phone.replace(' ', "");
            assert!(
                free.iter().any(|range| phone.starts_with(&range.replace(' ', ""))),
                "{phone}"
            );
            let domain = person.mail.rsplit('@').next().unwrap();
            assert!(
                ["example.org", "example.com", "example.net"].contains(&domain),
                "{domain}"
            );
        }
    }

    #[test]
    fn every_customer_has_a_number_of_their_own() {
        let numbers: HashSet<_> = PEOPLE.iter().map(|p| p.external_id).collect();
        assert_eq!(numbers.len(), PEOPLE.len());
    }
}
