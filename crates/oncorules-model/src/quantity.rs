//! A number with its unit.

use crate::{Number, NumberError};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use thiserror::Error;

/// A number with the unit it was given in (`42 mm`, `4.2 cm`, `612 U/mL`, `21 d`). A bare number
/// has no unit of its own: it takes the unit that the ruleset declares for that fact.
///
/// ```
/// use oncorules_model::Quantity;
/// let q: Quantity = "4.2 cm".parse().unwrap();
/// assert_eq!(q.unit.as_deref(), Some("cm"));
/// assert_eq!(q.to_string(), "4.2 cm");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Quantity {
    /// The number.
    pub value: Number,
    /// The unit as written (UCUM), where one was written.
    pub unit: Option<Arc<str>>,
}

/// Why a text is no quantity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuantityError {
    /// The number in it is none.
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl Quantity {
    /// A number with a unit.
    pub fn new(value: Number, unit: impl Into<Arc<str>>) -> Self {
        Self { value, unit: Some(unit.into()) }
    }

    /// A bare number.
    pub fn bare(value: Number) -> Self {
        Self { value, unit: None }
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    /// Reads a number and, after a space or at once, a unit.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let mut end = text.len();
        for (at, c) in text.char_indices() {
            let part_of_number = c.is_ascii_digit()
                || matches!(c, '.' | '+' | '-') && at == 0
                || c == '.'
                || matches!(c, 'e' | 'E')
                    && text.get(at + 1..).is_some_and(|rest| {
                        let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
                        rest.starts_with(|d: char| d.is_ascii_digit())
                    })
                || matches!(c, '-' | '+')
                    && text.get(..at).is_some_and(|t| t.ends_with(['e', 'E']));
            if !part_of_number {
                end = at;
                break;
            }
        }
        let (number, unit) = text.split_at(end);
        if number.is_empty() {
            return Err(NumberError::NotANumber(text.chars().take(40).collect()).into());
        }
        // `2024-02-10` is a date, no quantity in `-02-10`.
        if unit.starts_with('-') {
            return Err(NumberError::NotANumber(text.chars().take(40).collect()).into());
        }
        let unit = unit.trim();
        let value = number.parse()?;
        Ok(Self { value, unit: (!unit.is_empty()).then(|| unit.into()) })
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit.as_deref() {
            None | Some("1") => write!(f, "{}", self.value),
            Some(unit) => write!(f, "{} {unit}", self.value),
        }
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.unit {
            None => self.value.serialize(serializer),
            Some(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct QuantityVisitor;
        impl Visitor<'_> for QuantityVisitor {
            type Value = Quantity;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity such as `42 mm`, or a number")
            }
            fn visit_i64<E: de::Error>(self, v: i64) -> Result<Quantity, E> {
                v.to_string().parse().map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, v: u64) -> Result<Quantity, E> {
                v.to_string().parse().map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, v: f64) -> Result<Quantity, E> {
                v.to_string().parse().map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Quantity, E> {
                v.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(QuantityVisitor)
    }
}

impl schemars::JsonSchema for Quantity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Quantity".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [{"type": "number"}, {"type": "string", "pattern": "^\\s*[+-]?[0-9.]"}],
            "description": "a number with its unit, such as `42 mm`; a bare number takes the unit that the ruleset declares",
            "examples": ["42 mm", "612 U/mL", 3]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_with_and_without_a_unit() {
        for (text, unit, back) in [
            ("42 mm", Some("mm"), "42 mm"),
            ("42mm", Some("mm"), "42 mm"),
            ("612 U/mL", Some("U/mL"), "612 U/mL"),
            ("3.5 10*9/L", Some("10*9/L"), "3.5 10*9/L"),
            ("1e3 mg", Some("mg"), "1000 mg"),
            ("7", None, "7"),
            ("30 %", Some("%"), "30 %"),
            ("-0.5 g/dL", Some("g/dL"), "-0.5 g/dL"),
        ] {
            let q: Quantity = text.parse().unwrap();
            assert_eq!((q.unit.as_deref(), q.to_string().as_str()), (unit, back));
        }
        for text in ["", "mm", "NaN mm", "--3", "2024-02-10"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
    }
}
