//! Dates as clinical data has them: some days, some only months or years.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A date that may be known only to the month or the year (ISO 8601: `2024-03-05`, `2024-03`,
/// `2024`), kept as the first and the last day it can be. Nothing is imputed: comparing two
/// dates whose ranges overlap gives no answer.
///
/// ```
/// use oncorules_model::PartialDate;
/// let month: PartialDate = "2024-02".parse().unwrap();
/// let day: PartialDate = "2024-03-01".parse().unwrap();
/// assert_eq!(month.is_before(day), Some(true));
/// assert_eq!(month.is_before("2024-02-10".parse().unwrap()), None);
/// assert_eq!(month.to_string(), "2024-02");
/// assert_eq!(day.plus_days(28).unwrap().to_string(), "2024-03-29");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartialDate {
    earliest: i32,
    latest: i32,
}

/// Why a text is no date.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DateError {
    /// It has not the form of a date.
    #[error(
        "`{0}` is not a date; write it as 2024-03-05, or 2024-03 or 2024 where no more is known"
    )]
    Form(String),
    /// There is no such day in the calendar.
    #[error("there is no day `{0}` in the calendar")]
    Impossible(String),
    /// It lies outside the years that a case can have.
    #[error("the year of `{0}` is not between 1900 and 2199")]
    Year(String),
}

fn epoch_day(year: i16, month: i8, day: i8) -> Option<i32> {
    let date = Date::new(year, month, day).ok()?;
    let epoch = Date::constant(1970, 1, 1);
    date.since((jiff::Unit::Day, epoch)).ok().map(|s| s.get_days())
}

fn civil(day: i32) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(day).ok()?).ok()
}

impl PartialDate {
    /// The day `year-month-day`, or `None` where the calendar has no such day.
    pub fn day(year: i16, month: i8, day: i8) -> Option<Self> {
        epoch_day(year, month, day).map(|d| Self { earliest: d, latest: d })
    }

    /// The day that lies `days` after 1970-01-01.
    pub fn from_epoch_day(days: i32) -> Self {
        Self { earliest: days, latest: days }
    }

    /// The first day it can be, as days since 1970-01-01.
    pub fn earliest(self) -> i32 {
        self.earliest
    }

    /// The last day it can be, as days since 1970-01-01.
    pub fn latest(self) -> i32 {
        self.latest
    }

    /// Whether it is known to the day.
    pub fn is_exact(self) -> bool {
        self.earliest == self.latest
    }

    /// Whether it lies before `other`, where that is known.
    pub fn is_before(self, other: Self) -> Option<bool> {
        if self.latest < other.earliest {
            Some(true)
        } else if self.earliest >= other.latest {
            Some(false)
        } else {
            None
        }
    }

    /// The days from `self` to `other` (28 from 2024-02-01 to 2024-02-29: a difference, with no
    /// day added), where both are known to the day.
    pub fn days_until(self, other: Self) -> Option<i32> {
        (self.is_exact() && other.is_exact()).then(|| other.earliest - self.earliest)
    }

    /// The date `days` later (or earlier), or `None` outside the calendar.
    pub fn plus_days(self, days: i32) -> Option<Self> {
        let within = |d: i32| (-25_567..=84_006).contains(&d).then_some(d);
        Some(Self {
            earliest: within(self.earliest.checked_add(days)?)?,
            latest: within(self.latest.checked_add(days)?)?,
        })
    }
}

impl FromStr for PartialDate {
    type Err = DateError;

    /// Reads `2024-03-05`, `2024-03` or `2024`; a time of day after a `T` is passed over.
    fn from_str(text: &str) -> Result<Self, DateError> {
        let form = || DateError::Form(text.chars().take(40).collect());
        let impossible = || DateError::Impossible(text.chars().take(40).collect());
        let (date, time) = text.split_once('T').unwrap_or((text, ""));
        if time
            .bytes()
            .any(|b| !(b.is_ascii_digit() || matches!(b, b':' | b'.' | b'-' | b'+' | b'Z')))
        {
            return Err(form());
        }
        let mut parts = date.split('-');
        let mut part = |digits: usize| -> Result<Option<i16>, DateError> {
            match parts.next() {
                None => Ok(None),
                Some(p) if p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()) => {
                    p.parse().map(Some).map_err(|_| form())
                }
                Some(_) => Err(form()),
            }
        };
        let (year, month, day) = (part(4)?.ok_or_else(form)?, part(2)?, part(2)?);
        if parts.next().is_some() {
            return Err(form());
        }
        if !(1900..=2199).contains(&year) {
            return Err(DateError::Year(text.chars().take(40).collect()));
        }
        let narrow = |v: i16| i8::try_from(v).map_err(|_| impossible());
        let (first, last) = match (month, day) {
            (None, _) => ((1, 1), (12, 31)),
            (Some(m), Some(d)) => ((narrow(m)?, narrow(d)?), (narrow(m)?, narrow(d)?)),
            (Some(m), None) => {
                let m = narrow(m)?;
                let length = Date::new(year, m, 1).map_err(|_| impossible())?.days_in_month();
                ((m, 1), (m, length))
            }
        };
        let earliest = epoch_day(year, first.0, first.1).ok_or_else(impossible)?;
        let latest = epoch_day(year, last.0, last.1).ok_or_else(impossible)?;
        Ok(Self { earliest, latest })
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(first), Some(last)) = (civil(self.earliest), civil(self.latest)) else {
            return write!(f, "day {} of the epoch", self.earliest);
        };
        if first == last {
            write!(f, "{first}")
        } else if first.day() == 1 && last == first.last_of_month() {
            write!(f, "{:04}-{:02}", first.year(), first.month())
        } else if first == first.first_of_year() && last == first.last_of_year() {
            write!(f, "{:04}", first.year())
        } else {
            write!(f, "{first}/{last}")
        }
    }
}

impl Serialize for PartialDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartialDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        if let Some((first, last)) = text.split_once('/') {
            // `01/02/2024` is no range: the whole text is what is wrong.
            let whole = |error| match error {
                DateError::Form(_) => DateError::Form(text.chars().take(40).collect()),
                other => other,
            };
            let first: Self = first.parse().map_err(whole).map_err(de::Error::custom)?;
            let last: Self = last.parse().map_err(whole).map_err(de::Error::custom)?;
            return Ok(Self { earliest: first.earliest, latest: last.latest });
        }
        text.parse().map_err(de::Error::custom)
    }
}

impl schemars::JsonSchema for PartialDate {
    fn schema_name() -> Cow<'static, str> {
        "PartialDate".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "ISO 8601: 2024-03-05, or 2024-03 or 2024 where no more is known",
            "examples": ["2024-03-05", "2024-03"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_print_as_they_were_written() {
        for text in ["2024-03-05", "2024-02", "2023"] {
            assert_eq!(text.parse::<PartialDate>().unwrap().to_string(), text);
        }
        assert_eq!("2014-07-02T11:45".parse::<PartialDate>().unwrap().to_string(), "2014-07-02");
        let shifted = "2024-02".parse::<PartialDate>().unwrap().plus_days(28).unwrap();
        assert_eq!(shifted.to_string(), "2024-02-29/2024-03-28");
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in ["2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10"] {
            assert!(matches!(text.parse::<PartialDate>(), Err(DateError::Impossible(_))), "{text}");
        }
        for text in ["", "05.03.2024", "2024-3-5", "2024-03-05-07", "24-03-05", "tomorrow"] {
            assert!(matches!(text.parse::<PartialDate>(), Err(DateError::Form(_))), "{text}");
        }
        assert!(matches!("0001-01-01".parse::<PartialDate>(), Err(DateError::Year(_))));
    }
}
