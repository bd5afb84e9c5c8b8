//! Exact numbers: every comparison gives what rational arithmetic gives.

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// An exact rational number with a 64-bit numerator and denominator.
///
/// Clinical input has up to some 10^6 with up to 4 decimals; sums, differences, products and
/// quotients of such values stay exact here, and comparisons multiply crosswise in 128 bits, so
/// that a fall from 33.0 mm to 23.1 mm *is* a fall of 30 %. Arithmetic that would leave the range
/// gives `None`, never a wrong value.
///
/// ```
/// use oncorules_model::Number;
/// let baseline: Number = "33.0".parse().unwrap();
/// let now: Number = "23.1".parse().unwrap();
/// let change = now.percent_change_from(baseline).unwrap();
/// assert_eq!(change, Number::from(-30));
/// assert_eq!(change.to_string(), "-30");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Number {
    numerator: i64,
    denominator: i64,
}

/// Decimals up to this many places share one denominator, which makes adding and comparing cheap.
const COMMON_PLACES: u32 = 4;
const COMMON: i64 = 10_i64.pow(COMMON_PLACES);

/// Why a text is no number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NumberError {
    /// It is not a decimal number.
    #[error("`{0}` is not a decimal number")]
    NotANumber(String),
    /// It has too many digits to be kept exactly.
    #[error("`{0}` has more digits than can be kept exactly (12 before and 6 after the point)")]
    TooLong(String),
}

impl Number {
    /// Zero.
    pub const ZERO: Number = Number { numerator: 0, denominator: COMMON };

    /// `numerator / denominator`, or `None` where the denominator is zero or the fraction in its
    /// lowest terms does not fit.
    pub fn ratio(numerator: i64, denominator: i64) -> Option<Number> {
        Self::fit(i128::from(numerator), i128::from(denominator))
    }

    #[inline]
    fn fit(numerator: i128, denominator: i128) -> Option<Number> {
        if denominator == 0 {
            return None;
        }
        let (numerator, denominator) =
            if denominator < 0 { (-numerator, -denominator) } else { (numerator, denominator) };
        if let (Ok(n), Ok(d)) = (i64::try_from(numerator), i64::try_from(denominator)) {
            return Some(Number { numerator: n, denominator: d });
        }
        let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i128::try_from(divisor).ok()?;
        match (i64::try_from(numerator / divisor), i64::try_from(denominator / divisor)) {
            (Ok(n), Ok(d)) => Some(Number { numerator: n, denominator: d }),
            _ => None,
        }
    }

    /// The sum, or `None` where it cannot be kept exactly.
    #[inline]
    pub fn plus(self, other: Number) -> Option<Number> {
        if self.denominator == other.denominator {
            let numerator = self.numerator.checked_add(other.numerator)?;
            return Some(Number { numerator, denominator: self.denominator });
        }
        let (a, b) = (i128::from(self.numerator), i128::from(other.numerator));
        let (p, q) = (i128::from(self.denominator), i128::from(other.denominator));
        Self::fit((a * q).checked_add(b * p)?, p * q)
    }

    /// The difference, or `None` where it cannot be kept exactly.
    #[inline]
    pub fn minus(self, other: Number) -> Option<Number> {
        self.plus(other.negated()?)
    }

    /// The product, or `None` where it cannot be kept exactly.
    pub fn times(self, other: Number) -> Option<Number> {
        Self::fit(
            i128::from(self.numerator) * i128::from(other.numerator),
            i128::from(self.denominator) * i128::from(other.denominator),
        )
        .map(Number::tidy)
    }

    /// The quotient, or `None` for a division by zero or where it cannot be kept exactly.
    pub fn divided_by(self, other: Number) -> Option<Number> {
        if self.denominator == other.denominator {
            return Self::fit(i128::from(self.numerator), i128::from(other.numerator));
        }
        Self::fit(
            i128::from(self.numerator) * i128::from(other.denominator),
            i128::from(self.denominator) * i128::from(other.numerator),
        )
    }

    /// The number with its sign turned.
    #[inline]
    pub fn negated(self) -> Option<Number> {
        Some(Number { numerator: self.numerator.checked_neg()?, denominator: self.denominator })
    }

    /// The number without its sign.
    pub fn absolute(self) -> Option<Number> {
        if self.numerator < 0 { self.negated() } else { Some(self) }
    }

    /// The change from `reference` to `self` in percent of `reference`; `None` where the
    /// reference is zero, for a change from nothing has no percentage.
    #[inline]
    pub fn percent_change_from(self, reference: Number) -> Option<Number> {
        if self.denominator == reference.denominator {
            let rise = i128::from(self.numerator) - i128::from(reference.numerator);
            return Self::fit(rise * 100, i128::from(reference.numerator));
        }
        self.minus(reference)?.times(Number::from(100))?.divided_by(reference)
    }

    /// Whether `self` lies at least `percent` above `reference` (or below, where `down`), multiplied
    /// crosswise: exact, and without a division that a reference of zero would spoil. `None` where
    /// that cannot be kept exactly.
    ///
    /// ```
    /// use oncorules_model::Number;
    /// let [from, to, by] = ["33.0", "23.1", "30"].map(|n| n.parse::<Number>().unwrap());
    /// assert_eq!(to.lies_from(from, by, true), Some(true));
    /// ```
    #[inline]
    pub fn lies_from(self, reference: Number, percent: Number, down: bool) -> Option<bool> {
        let all_common =
            [self, reference, percent].iter().all(|number| number.denominator == COMMON);
        if all_common {
            // 100 % in the common denominator.
            let whole = 100 * i128::from(COMMON);
            let by = i128::from(percent.numerator);
            let limit = i128::from(reference.numerator).checked_mul(if down {
                whole - by
            } else {
                whole + by
            })?;
            let to = i128::from(self.numerator) * whole;
            return Some(if down { to <= limit } else { to >= limit });
        }
        let hundred = Number::from(100);
        let rest = if down { hundred.minus(percent) } else { hundred.plus(percent) };
        let (to, limit) = (self.times(hundred)?, reference.times(rest?)?);
        Some(if down { to <= limit } else { to >= limit })
    }

    /// Whether it is a whole number.
    pub fn is_whole(self) -> bool {
        self.numerator % self.denominator == 0
    }

    /// Whether it is less than zero.
    pub fn is_negative(self) -> bool {
        self.numerator < 0
    }

    /// The whole number it is, where it is one.
    pub fn as_whole(self) -> Option<i64> {
        self.is_whole().then(|| self.numerator / self.denominator)
    }

    /// The nearest double; only for drawing and for serialisation.
    #[expect(clippy::cast_precision_loss, reason = "the nearest double is what is asked for")]
    pub fn to_f64(self) -> f64 {
        if let Some(whole) = self.as_whole() {
            return whole as f64;
        }
        let Decimal { units, places } = self.decimal();
        // Both sides are exact in a double, so the quotient is the double nearest to the decimal.
        if units < 1 << 53 {
            let value = units as f64 / 10_u64.pow(places) as f64;
            return if self.numerator < 0 { -value } else { value };
        }
        self.to_string().parse().unwrap_or(self.numerator as f64 / self.denominator as f64)
    }

    /// Back to the common denominator where that loses nothing, so that later steps stay cheap.
    fn tidy(self) -> Number {
        if self.denominator == COMMON {
            return self;
        }
        let scaled = i128::from(self.numerator) * i128::from(COMMON);
        let denominator = i128::from(self.denominator);
        match i64::try_from(scaled / denominator) {
            Ok(numerator) if scaled % denominator == 0 => Number { numerator, denominator: COMMON },
            _ => self,
        }
    }
}

fn greatest_common_divisor_64(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

impl From<i32> for Number {
    fn from(whole: i32) -> Self {
        Number { numerator: i64::from(whole) * COMMON, denominator: COMMON }
    }
}

impl PartialEq for Number {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if self.denominator == other.denominator {
            return self.numerator.cmp(&other.numerator);
        }
        let left = i128::from(self.numerator) * i128::from(other.denominator);
        let right = i128::from(other.numerator) * i128::from(self.denominator);
        left.cmp(&right)
    }
}

impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let divisor = greatest_common_divisor(
            u128::from(self.numerator.unsigned_abs()),
            u128::from(self.denominator.unsigned_abs()),
        );
        let divisor = i64::try_from(divisor).unwrap_or(1);
        (self.numerator / divisor).hash(state);
        (self.denominator / divisor).hash(state);
    }
}

impl FromStr for Number {
    type Err = NumberError;

    /// Reads a decimal number such as `29.4`, `-3`, `1e3`; never through a double.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let no_number = || NumberError::NotANumber(shorten(text));
        let too_long = || NumberError::TooLong(shorten(text));
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((m, e)) => (m, e.parse::<i32>().map_err(|_| no_number())?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(no_number());
        }
        let fraction = fraction.trim_end_matches('0');
        let mut value: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            value = value * 10 + i128::from(digit - b'0');
            if value > i128::from(i64::MAX) {
                return Err(too_long());
            }
        }
        let places = i32::try_from(fraction.len()).map_err(|_| too_long())? - exponent;
        if !(-18..=18).contains(&places) {
            return if value == 0 { Ok(Self::ZERO) } else { Err(too_long()) };
        }
        let power = 10_i128.pow(places.unsigned_abs());
        let value = if negative { -value } else { value };
        let (numerator, denominator) =
            if places <= 0 { (value * power, 1) } else { (value, power) };
        let limit = 10_i128.pow(12);
        if numerator.abs() / denominator >= limit || denominator > 1_000_000 {
            return Err(too_long());
        }
        Self::fit(numerator, denominator).map(Number::tidy).ok_or_else(too_long)
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() > 40 {
        format!("{}…", text.chars().take(40).collect::<String>())
    } else {
        text.to_string()
    }
}

/// A decimal without its sign: `units / 10^places`.
struct Decimal {
    units: u128,
    places: u32,
}

impl Number {
    /// The exact decimal where there is one of at most 9 places, else rounded to 6 places.
    fn decimal(self) -> Decimal {
        let (n, d) = (self.numerator.unsigned_abs(), self.denominator.unsigned_abs());
        let divisor = greatest_common_divisor_64(n, d);
        let (n, d) = (n / divisor, d / divisor);
        // A fraction in its lowest terms ends where its denominator is of twos and fives only.
        let twos = d.trailing_zeros();
        let mut rest = d >> twos;
        let mut fives = 0;
        while rest > 1 && rest.is_multiple_of(5) {
            rest /= 5;
            fives += 1;
        }
        let exact = Some(twos.max(fives)).filter(|places| rest == 1 && *places <= 9);
        let places = exact.unwrap_or(6);
        let power = 10_u64.pow(places);
        let units = match (exact, n.checked_mul(power)) {
            (Some(_), Some(scaled)) => u128::from(scaled / d),
            (Some(_), None) => u128::from(n) * u128::from(power) / u128::from(d),
            (None, _) => {
                let twice = 2 * u128::from(n) * u128::from(power) + u128::from(d);
                twice / (2 * u128::from(d))
            }
        };
        Decimal { units, places }
    }
}

impl fmt::Display for Number {
    /// The exact decimal where there is one of at most 9 places, else rounded to 6 places.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Decimal { units, places } = self.decimal();
        let sign = if self.numerator < 0 && units != 0 { "-" } else { "" };
        let power = u128::from(10_u64.pow(places));
        let (whole, mut fraction) = match u64::try_from(units) {
            // Division is quick in 64 bits.
            Ok(units) => {
                let power = 10_u64.pow(places);
                (u128::from(units / power), units % power)
            }
            Err(_) => (units / power, u64::try_from(units % power).unwrap_or(0)),
        };
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let mut width = usize::try_from(places).unwrap_or(0);
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            width -= 1;
        }
        write!(f, "{sign}{whole}.{fraction:0width$}")
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_whole() {
            Some(whole) => serializer.serialize_i64(whole),
            None => serializer.serialize_f64(self.to_f64()),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    /// Takes a number or a decimal text. A JSON number arrives as a double; its shortest decimal
    /// form is what was written for anything of up to 15 digits, so nothing is lost.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;
        impl Visitor<'_> for NumberVisitor {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal number")
            }
            fn visit_i64<E: de::Error>(self, v: i64) -> Result<Number, E> {
                Number::fit(i128::from(v), 1)
                    .map(Number::tidy)
                    .ok_or_else(|| E::custom("number too large"))
            }
            fn visit_u64<E: de::Error>(self, v: u64) -> Result<Number, E> {
                Number::fit(i128::from(v), 1)
                    .map(Number::tidy)
                    .ok_or_else(|| E::custom("number too large"))
            }
            fn visit_f64<E: de::Error>(self, v: f64) -> Result<Number, E> {
                v.to_string().parse().map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Number, E> {
                v.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(NumberVisitor)
    }
}

impl schemars::JsonSchema for Number {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Number".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "number"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn n(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn decimals_print_as_they_were_written() {
        for text in ["0", "35.21", "-0.5", "1000000.0001", "612", "29.4", "0.000001"] {
            assert_eq!(n(text).to_string(), text);
        }
        assert_eq!(n("1.10").to_string(), "1.1");
        assert_eq!(Number::ratio(-1, 3).unwrap().to_string(), "-0.333333");
        assert_eq!(Number::ratio(2, 3).unwrap().to_string(), "0.666667");
        assert_eq!(n("1e3"), Number::from(1000));
    }

    #[test]
    fn what_is_no_clinical_number_is_refused() {
        for text in [
            "",
            "NaN",
            "inf",
            "1.2.3",
            "0x10",
            "1,5",
            "--1",
            "1e99",
            "1e12",
            "9".repeat(40).as_str(),
        ] {
            assert!(text.parse::<Number>().is_err(), "{text}");
        }
    }

    #[test]
    fn exact_thresholds_that_doubles_miss() {
        for (b, c) in [("33.0", "23.1"), ("50.3", "35.21"), ("7", "4.9"), ("23.0", "16.1")] {
            assert_eq!(n(c).percent_change_from(n(b)).unwrap(), Number::from(-30), "{b} to {c}");
        }
        assert_eq!(n("8.2").minus(n("3.2")).unwrap(), Number::from(5));
    }

    proptest! {
        #[test]
        fn text_is_the_exact_decimal_or_rounded_half_up_to_six_places(
            a in -1_000_000_000_000_i64..1_000_000_000_000,
            b in 1_i64..100_000,
        ) {
            let shown = Number::ratio(a, b).unwrap().to_string();
            let (whole, fraction) = shown.split_once('.').unwrap_or((&shown, ""));
            prop_assert!(!fraction.ends_with('0') && fraction.len() <= 9);
            let places = u32::try_from(fraction.len()).unwrap();
            let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
            let shown_units: i128 = digits.parse().unwrap();
            let (a, b) = (i128::from(a.abs()), i128::from(b));
            // Twice the distance to the exact value, in units of the last place shown.
            let off = (shown_units * b - a * 10_i128.pow(places)).abs() * 2;
            if (0..=9).any(|p| a * 10_i128.pow(p) % b == 0) {
                prop_assert_eq!(off, 0);
            } else {
                let last = 10_i128.pow(6 - places.min(6));
                prop_assert!(off * last <= b, "{} for {}/{}", shown, a, b);
            }
        }

        #[test]
        fn comparisons_are_those_of_rationals(a in -10_000_000_000i64..10_000_000_000, b in 1i64..10_000_000_000, p in -100i64..200) {
            let (x, y) = (Number::ratio(a, 10_000).unwrap(), Number::ratio(b, 10_000).unwrap());
            let change = x.percent_change_from(y).unwrap();
            let expected = (i128::from(a) - i128::from(b)) * 100;
            prop_assert_eq!(change.cmp(&Number::from(i32::try_from(p).unwrap())), expected.cmp(&(i128::from(p) * i128::from(b))));
        }

        #[test]
        fn text_and_json_give_back_the_same_number(a in -10_000_000_000i64..10_000_000_000) {
            let x = Number::ratio(a, 10_000).unwrap();
            prop_assert_eq!(x.to_string().parse::<Number>().unwrap(), x);
            let json = serde_json::to_string(&x).unwrap();
            prop_assert_eq!(serde_json::from_str::<Number>(&json).unwrap(), x);
            prop_assert_eq!(json, x.to_string());
        }
    }
}
