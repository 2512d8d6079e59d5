//! The five kinds of value that both databases store alike: integers, booleans, text, bytes, UUIDs.

use sqlx::{Row as _, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;
use wd_kernel::{Id, Timestamp};

use crate::DbError;

/// A value to bind.
#[derive(Debug, Clone)]
pub enum Bound {
    /// BIGINT / INTEGER.
    Int(Option<i64>),
    /// BOOLEAN / INTEGER.
    Bool(Option<bool>),
    /// TEXT.
    Text(Option<String>),
    /// BYTEA / BLOB.
    Bytes(Option<Vec<u8>>),
    /// UUID / BLOB of 16 bytes.
    Uuid(Option<Uuid>),
}

/// A type that is stored in a column.
pub trait Column: Sized {
    /// The value for a statement.
    fn bind(&self) -> Bound;
    /// No value of this type.
    fn null() -> Bound;
    /// The value of a column; `None` when it is NULL.
    fn read(row: &Row, at: Place<'_>) -> Result<Option<Self>, DbError>;
}

/// Where in a row.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// By the column's name.
    Name(&'a str),
    /// By its number from zero.
    Number(usize),
}

/// A row of either database.
pub enum Row {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of PostgreSQL.
    Postgres(PgRow),
}

/// A type that is read from a row.
pub trait FromRow: Sized {
    /// Reads it.
    fn from_row(row: &Row) -> Result<Self, DbError>;
}

/// A column that may or may not be NULL, as the type says.
pub trait Cell: Sized {
    /// Reads it.
    fn cell(row: &Row, at: Place<'_>) -> Result<Self, DbError>;
}

impl<T: Column> Cell for T {
    fn cell(row: &Row, at: Place<'_>) -> Result<Self, DbError> {
        T::read(row, at)?.ok_or_else(|| missing(at))
    }
}

/// A nullable column in a [`record!`](crate::record).
impl<T: Column> Column for Option<T> {
    fn bind(&self) -> Bound {
        self.as_ref().map_or_else(T::null, T::bind)
    }
    fn null() -> Bound {
        T::null()
    }
    fn read(row: &Row, at: Place<'_>) -> Result<Option<Self>, DbError> {
        T::read(row, at).map(Some)
    }
}

impl Row {
    /// A column by name.
    pub fn get<T: Cell>(&self, name: &str) -> Result<T, DbError> {
        T::cell(self, Place::Name(name))
    }

    /// A column by number.
    pub fn at<T: Cell>(&self, number: usize) -> Result<T, DbError> {
        T::cell(self, Place::Number(number))
    }
}

fn missing(at: Place<'_>) -> DbError {
    DbError::Column {
        column: match at {
            Place::Name(name) => name.to_owned(),
            Place::Number(number) => number.to_string(),
        },
    }
}

macro_rules! native {
    ($($ty:ty => $bound:ident),* $(,)?) => {$(
        impl Column for $ty {
            fn bind(&self) -> Bound {
                Bound::$bound(Some(self.clone()))
            }
            fn null() -> Bound {
                Bound::$bound(None)
            }
            fn read(row: &Row, at: Place<'_>) -> Result<Option<Self>, DbError> {
                match (row, at) {
                    (Row::Sqlite(row), Place::Name(name)) => row.try_get(name),
                    (Row::Sqlite(row), Place::Number(number)) => row.try_get(number),
                    (Row::Postgres(row), Place::Name(name)) => row.try_get(name),
                    (Row::Postgres(row), Place::Number(number)) => row.try_get(number),
                }.map_err(DbError::from)
            }
        }
    )*};
}

native! { i64 => Int, bool => Bool, String => Text, Vec<u8> => Bytes, Uuid => Uuid }

/// Text that is bound and never read.
impl Column for &str {
    fn bind(&self) -> Bound {
        Bound::Text(Some((*self).to_owned()))
    }
    fn null() -> Bound {
        Bound::Text(None)
    }
    fn read(_: &Row, at: Place<'_>) -> Result<Option<Self>, DbError> {
        Err(missing(at))
    }
}

/// Bytes that are bound and never read.
impl Column for &[u8] {
    fn bind(&self) -> Bound {
        Bound::Bytes(Some(self.to_vec()))
    }
    fn null() -> Bound {
        Bound::Bytes(None)
    }
    fn read(_: &Row, at: Place<'_>) -> Result<Option<Self>, DbError> {
        Err(missing(at))
    }
}

impl<const N: usize> Column for [u8; N] {
    fn bind(&self) -> Bound {
        Bound::Bytes(Some(self.to_vec()))
    }
    fn null() -> Bound {
        Bound::Bytes(None)
    }
    fn read(row: &Row, at: Place<'_>) -> Result<Option<Self>, DbError> {
        Vec::read(row, at)?
            .map(|bytes: Vec<u8>| bytes.try_into().map_err(|_| missing(at)))
            .transpose()
    }
}

impl Column for Timestamp {
    fn bind(&self) -> Bound {
        Bound::Int(Some(self.micros()))
    }
    fn null() -> Bound {
        Bound::Int(None)
    }
    fn read(row: &Row, at: Place<'_>) -> Result<Option<Self>, DbError> {
        Ok(i64::read(row, at)?.map(Self::from_micros))
    }
}

macro_rules! ids {
    ($($name:ident),* $(,)?) => {$(
        impl Column for wd_kernel::$name {
            fn bind(&self) -> Bound {
                Bound::Uuid(Some(self.uuid()))
            }
            fn null() -> Bound {
                Bound::Uuid(None)
            }
            fn read(row: &Row, at: Place<'_>) -> Result<Option<Self>, DbError> {
                Ok(Uuid::read(row, at)?.map(Self::from_uuid))
            }
        }
    )*};
}

wd_kernel::with_id_kinds!(ids);

macro_rules! tuples {
    ($(($($ty:ident $number:tt),+))*) => {$(
        impl<$($ty: Cell),+> FromRow for ($($ty,)+) {
            fn from_row(row: &Row) -> Result<Self, DbError> {
                Ok(($(row.at::<$ty>($number)?,)+))
            }
        }
    )*};
}

tuples! { (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) }
