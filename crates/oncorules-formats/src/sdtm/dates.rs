//! Dates as SDTM writes them: ISO 8601 with parts missing.

use oncorules_model::{DateError, PartialDate};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};

/// The date in a cell; `None` for an empty one. A time is cut off; where a part is missing
/// (`2014-02`, `2014---15`, `2014-02-UN`) the parts before it are kept; `first/last` is a range.
///
/// # Errors
/// The code of the note that says what is wrong with it.
pub(super) fn read_date(text: &str) -> Result<Option<PartialDate>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<PartialDate>() {
        Ok(date) => return Ok(Some(date)),
        Err(DateError::Impossible(_) | DateError::Year(_)) => return Err("impossible-date"),
        Err(DateError::Form(_)) => {}
    }
    if text.contains('/') {
        let from: StrDeserializer<'_, ValueError> = text.into_deserializer();
        return PartialDate::deserialize(from)
            .ok()
            .filter(|d| d.earliest() <= d.latest())
            .map(Some)
            .ok_or("date-not-understood");
    }
    let day = text.split('T').next().unwrap_or(text);
    let mut known = vec![];
    let mut parts = day.split('-');
    let mut width = 4;
    for part in parts.by_ref() {
        if part.len() != width || !part.bytes().all(|b| b.is_ascii_digit()) {
            // A part that is there must be a mark of what is not known, or a day after it.
            if !missing(part) {
                return Err("date-not-understood");
            }
            break;
        }
        known.push(part);
        width = 2;
    }
    if known.is_empty() || !parts.all(|p| missing(p) || p.bytes().all(|b| b.is_ascii_digit())) {
        return Err("date-not-understood");
    }
    known.join("-").parse().map(Some).map_err(|_| "impossible-date")
}

fn missing(part: &str) -> bool {
    part.bytes().all(|b| matches!(b.to_ascii_uppercase(), b'U' | b'N' | b'K' | b'X'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_known_are_kept() {
        for (text, date) in [
            ("2014-02-10T11:45", "2014-02-10"),
            ("2014-02", "2014-02"),
            ("2014---15", "2014"),
            ("2014-02-UN", "2014-02"),
            ("2014-UNK-UN", "2014"),
            ("2014-02-01/2014-02-05", "2014-02-01/2014-02-05"),
        ] {
            assert_eq!(read_date(text).unwrap().unwrap().to_string(), date, "{text}");
        }
        assert_eq!(read_date("").unwrap(), None);
        assert_eq!(read_date("2014-02-30"), Err("impossible-date"));
        assert_eq!(read_date("1066-02-03"), Err("impossible-date"));
        for text in ["10FEB2014", "soon", "2014-2-3", "2014-02-05/2014-02-01", "-"] {
            assert_eq!(read_date(text), Err("date-not-understood"), "{text}");
        }
    }
}
