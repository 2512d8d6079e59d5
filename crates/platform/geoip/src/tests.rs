//! The databases of these tests are written here, by the specification of the format (MaxMind DB 2.0).

use std::fs;

use super::*;

enum Value {
    Text(&'static str),
    Double(f64),
    U16(u16),
    U32(u32),
    U64(u64),
    Map(Vec<(&'static str, Value)>),
    Array(Vec<Value>),
}

impl Value {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                out.push((2 << 5) | u8::try_from(text.len()).unwrap());
                out.extend(text.as_bytes());
            }
            Self::Double(number) => {
                out.push((3 << 5) | 8);
                out.extend(number.to_be_bytes());
            }
            Self::U16(number) => {
                out.push((5 << 5) | 2);
                out.extend(number.to_be_bytes());
            }
            Self::U32(number) => {
                out.push((6 << 5) | 4);
                out.extend(number.to_be_bytes());
            }
            Self::U64(number) => {
                out.extend([8, 9 - 7]);
                out.extend(number.to_be_bytes());
            }
            Self::Map(entries) => {
                out.push((7 << 5) | u8::try_from(entries.len()).unwrap());
                for (key, value) in entries {
                    Self::Text(key).write(out);
                    value.write(out);
                }
            }
            Self::Array(items) => {
                out.extend([u8::try_from(items.len()).unwrap(), 11 - 7]);
                for item in items {
                    item.write(out);
                }
            }
        }
    }
}

/// A database in which these first octets of an IPv4 address have these records.
fn database(records: &[(u8, Value)]) -> Vec<u8> {
    const NOTHING: u32 = u32::MAX;
    let mut data = Vec::new();
    let mut nodes = vec![[NOTHING; 2]];
    let mut leaves = Vec::new();
    for (octet, value) in records {
        let mut node = 0;
        for bit in (1..8).rev() {
            let side = usize::from(octet >> bit & 1);
            if nodes[node][side] == NOTHING {
                nodes[node][side] = u32::try_from(nodes.len()).unwrap();
                nodes.push([NOTHING; 2]);
            }
            node = usize::try_from(nodes[node][side]).unwrap();
        }
        leaves.push((node, usize::from(octet & 1), u32::try_from(data.len()).unwrap()));
        value.write(&mut data);
    }
    let count = u32::try_from(nodes.len()).unwrap();
    for (node, side, at) in leaves {
        nodes[node][side] = count + 16 + at;
    }
    let mut file = Vec::new();
    for record in nodes.into_iter().flatten() {
        let record = if record == NOTHING { count } else { record };
        file.extend(&record.to_be_bytes()[1..]);
    }
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    Value::Map(vec![
        ("node_count", Value::U32(count)),
        ("record_size", Value::U16(24)),
        ("ip_version", Value::U16(4)),
        ("database_type", Value::Text("Test")),
        ("languages", Value::Array(vec![Value::Text("en")])),
        ("binary_format_major_version", Value::U16(2)),
        ("binary_format_minor_version", Value::U16(0)),
        ("build_epoch", Value::U64(1_700_000_000)),
        ("description", Value::Map(vec![("en", Value::Text("test"))])),
    ])
    .write(&mut file);
    file
}

fn country(code: &'static str) -> Value {
    Value::Map(vec![("country", Value::Map(vec![("iso_code", Value::Text(code))]))])
}

fn opened(records: &[(u8, Value)]) -> (tempfile::TempDir, GeoIp) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.mmdb");
    fs::write(&path, database(records)).unwrap();
    let opened = GeoIp::open(&path).unwrap();
    (folder, opened)
}

fn code(geoip: &GeoIp, address: &str) -> Option<String> {
    geoip.locate(address.parse().unwrap()).map(|found| found.country.into())
}

#[test]
fn a_database_of_countries_tells_the_country() {
    let flat = Value::Map(vec![("country_code", Value::Text("NZ"))]);
    let (_folder, geoip) = opened(&[(81, country("FR")), (203, flat)]);
    assert_eq!(code(&geoip, "81.2.69.142").as_deref(), Some("FR"));
    assert_eq!(code(&geoip, "203.0.113.1").as_deref(), Some("NZ"));
    assert_eq!(code(&geoip, "::ffff:203.0.113.1").as_deref(), Some("NZ"));
    assert_eq!(code(&geoip, "127.0.0.1"), None);
    assert_eq!(code(&geoip, "2001:db8::1"), None, "a database of IPv4 addresses");
}

#[test]
fn a_database_of_cities_tells_the_place_and_how_sure_it_is() {
    let paris = Value::Map(vec![
        ("country", Value::Map(vec![("iso_code", Value::Text("FR"))])),
        (
            "location",
            Value::Map(vec![
                ("latitude", Value::Double(48.85)),
                ("longitude", Value::Double(2.35)),
                ("accuracy_radius", Value::U16(20)),
            ]),
        ),
    ]);
    let flat = Value::Map(vec![
        ("country_code", Value::Text("US")),
        ("latitude", Value::Double(40.71)),
        ("longitude", Value::Double(-74.0)),
    ]);
    let (_folder, geoip) = opened(&[(81, paris), (12, flat)]);
    let paris = geoip.locate([81, 2, 69, 142].into()).unwrap().spot.unwrap();
    let new_york = geoip.locate([12, 0, 0, 1].into()).unwrap().spot.unwrap();
    assert_eq!((paris.radius_km, new_york.radius_km), (20.0, UNSURE_BY_KM));
    let way = paris.distance_km(&new_york);
    assert!((5800.0..5880.0).contains(&way), "{way}");
    assert!(paris.distance_km(&paris) < 0.001);
}

#[test]
fn a_record_without_a_country_is_no_place() {
    let nothing = Value::Map(vec![("continent", Value::Text("EU"))]);
    let odd = country("Europe");
    let (_folder, geoip) = opened(&[(81, nothing), (82, odd)]);
    assert_eq!((code(&geoip, "81.0.0.1"), code(&geoip, "82.0.0.1")), (None, None));
}

#[test]
fn what_is_no_database_is_refused_and_does_not_take_the_place_of_one() {
    let (folder, geoip) = opened(&[(81, country("FR"))]);
    let path = folder.path().join("places.mmdb");
    let first = fs::metadata(&path).unwrap().modified().unwrap();
    let later = first + std::time::Duration::from_secs(5);
    let change = |bytes: &[u8], at: SystemTime| {
        fs::write(&path, bytes).unwrap();
        fs::File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .set_modified(at)
            .unwrap();
    };
    change(b"not a database", later);
    assert!(geoip.refresh().is_err() && GeoIp::open(&path).is_err());
    assert_eq!(code(&geoip, "81.0.0.1").as_deref(), Some("FR"));
    change(
        &database(&[(81, country("IT"))]),
        later + std::time::Duration::from_secs(5),
    );
    assert!(geoip.refresh().unwrap());
    assert_eq!(code(&geoip, "81.0.0.1").as_deref(), Some("IT"));
    assert!(!geoip.refresh().unwrap());
}

#[test]
fn a_country_is_two_capital_letters() {
    for text in ["", "F", "fr", "FRA", "F1", "ÄÖ"] {
        assert!(Country::try_from(text.to_owned()).is_err(), "{text}");
    }
    let france = Country::try_from("FR".to_owned()).unwrap();
    assert_eq!(String::from(france), "FR");
}
