//! Where an address is, as far as a GeoIP database knows: a file in the MaxMind DB format 2.0 that the organisation
//! chose. It is read into memory (a database of countries is some megabytes, one of cities more than a hundred); no
//! address leaves the machine.
//!
//! Two shapes of records are understood: that of GeoIP2, GeoLite2 and DB-IP (`country.iso_code`, `location`), and the flat
//! one of databases without names (`country_code`, `latitude`, `longitude`).

#[cfg(test)]
mod tests;

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use maxminddb::{MaxMindDbError, Reader};
use serde::{Deserialize, Serialize};
use tracing::warn;

/// How far off the place of an address may be, where the database does not say: kilometres.
const UNSURE_BY_KM: f64 = 200.0;

/// Where an address is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// The country.
    pub country: Country,
    /// The place; `None`: the database knows countries only.
    pub spot: Option<Spot>,
}

/// A country by its two letters (ISO 3166-1 alpha-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// Not two capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a country is two letters from A to Z")]
pub struct BadCountry;

/// A place on the earth, with how far off it may be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// How far off it may be, in kilometres.
    pub radius_km: f64,
}

/// Tells where an address is.
pub trait Geography: Send + Sync {
    /// Where; `None`: it is not known, or the address is nobody's in particular.
    fn locate(&self, address: IpAddr) -> Option<Location>;
}

/// A GeoIP database. Another file may take the place of the one it was opened from.
pub struct GeoIp {
    path: PathBuf,
    opened: RwLock<Opened>,
}

struct Opened {
    reader: Arc<Reader<Vec<u8>>>,
    changed_at: Option<SystemTime>,
}

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("the GeoIP database cannot be read")]
pub struct OpenError(#[from] MaxMindDbError);

#[derive(Deserialize)]
struct Record {
    country: Option<CountryRecord>,
    country_code: Option<String>,
    location: Option<LocationRecord>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

#[derive(Deserialize)]
struct CountryRecord {
    iso_code: Option<String>,
}

#[derive(Deserialize)]
struct LocationRecord {
    latitude: Option<f64>,
    longitude: Option<f64>,
    accuracy_radius: Option<u16>,
}

impl TryFrom<String> for Country {
    type Error = BadCountry;

    fn try_from(text: String) -> Result<Self, BadCountry> {
        match *text.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self([a, b])),
            _ => Err(BadCountry),
        }
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0.iter().copied().map(char::from).collect()
    }
}

impl Spot {
    /// The shortest way between two places on a sphere of the earth's mean radius, in kilometres.
    pub fn distance_km(&self, other: &Self) -> f64 {
        const EARTH_RADIUS_KM: f64 = 6371.0;
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half_north = (to - from) / 2.0;
        let half_east = (other.longitude - self.longitude).to_radians() / 2.0;
        let chord = half_north.sin().powi(2) + from.cos() * to.cos() * half_east.sin().powi(2);
        2.0 * EARTH_RADIUS_KM * chord.clamp(0.0, 1.0).sqrt().asin()
    }
}

impl GeoIp {
    /// Opens a database.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self {
            opened: RwLock::new(Opened::read(path)?),
            path: path.to_owned(),
        })
    }

    /// Reads the file again if it was replaced; whether it was. What cannot be read leaves the one of before in use. It
    /// reads a whole file: do not call it where others wait.
    pub fn refresh(&self) -> Result<bool, OpenError> {
        let known = self.opened.read().unwrap_or_else(PoisonError::into_inner).changed_at;
        if changed_at(&self.path) == known {
            return Ok(false);
        }
        let anew = Opened::read(&self.path)?;
        *self.opened.write().unwrap_or_else(PoisonError::into_inner) = anew;
        Ok(true)
    }
}

impl Geography for GeoIp {
    fn locate(&self, address: IpAddr) -> Option<Location> {
        let reader = {
            let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&opened.reader)
        };
        let found = reader
            .lookup(address.to_canonical())
            .and_then(|found| found.decode::<Record>());
        match found {
            Ok(record) => record.and_then(Record::location),
            // An IPv6 address in a database of IPv4 addresses is simply not in it.
            Err(MaxMindDbError::InvalidInput { .. }) => None,
            Err(fault) => {
                warn!(error = %fault, "the GeoIP database could not be asked");
                None
            }
        }
    }
}

impl Opened {
    fn read(path: &Path) -> Result<Self, OpenError> {
        // Asked before: a file that is replaced meanwhile is read again.
        let changed_at = changed_at(path);
        Ok(Self {
            reader: Arc::new(Reader::open_readfile(path)?),
            changed_at,
        })
    }
}

impl Record {
    fn location(self) -> Option<Location> {
        let code = self
            .country
            .and_then(|country| country.iso_code)
            .or(self.country_code)?;
        let (latitude, longitude, radius) = match self.location {
            Some(place) => (place.latitude, place.longitude, place.accuracy_radius),
            None => (self.latitude, self.longitude, None),
        };
        let spot = latitude.zip(longitude).map(|(latitude, longitude)| Spot {
            latitude,
            longitude,
            radius_km: radius.map_or(UNSURE_BY_KM, f64::from),
        });
        Some(Location {
            country: Country::try_from(code).ok()?,
            spot,
        })
    }
}

fn changed_at(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|file| file.modified()).ok()
}
