//! Units: UCUM, with the exact factors of conversion.

use oncorules_model::{Number, Quantity};

/// By what a value in `from` must be multiplied to stand in `to`; `None` where the two cannot be
/// converted (`U/mL` and `k[IU]/L` cannot: no general rule says what a unit of one assay is in another).
///
/// ```
/// use oncorules_rules::conversion_factor;
/// assert_eq!(conversion_factor("cm", "mm").unwrap().to_string(), "10");
/// assert_eq!(conversion_factor("wk", "d").unwrap().to_string(), "7");
/// assert!(conversion_factor("mm", "%").is_none());
/// ```
pub fn conversion_factor(from: &str, to: &str) -> Option<Number> {
    let (from, to) = (canonical(from), canonical(to));
    if from == to {
        return Some(Number::from(1));
    }
    // The common ones, exactly and at once.
    let known = match (from, to) {
        ("cm", "mm") => Some(10),
        ("m", "mm") => Some(1000),
        ("wk", "d") => Some(7),
        _ => None,
    };
    if let Some(factor) = known {
        return Some(Number::from(factor));
    }
    // A month is no fixed number of days, whatever UCUM's mean month says.
    if [from, to].iter().any(|u| matches!(*u, "mo" | "a" | "mo_g" | "a_g")) {
        return None;
    }
    let factor = octofhir_ucum::convert(1.0, from, to).ok()?;
    factor.to_string().parse().ok().filter(|n: &Number| *n > Number::ZERO)
}

/// Whether a unit is one of UCUM (or `1` for none).
pub fn is_unit(unit: &str) -> bool {
    canonical(unit) == "1" || octofhir_ucum::validate(canonical(unit)).is_ok()
}

/// Common ways to write a unit that UCUM writes otherwise.
pub(crate) fn canonical(unit: &str) -> &str {
    match unit.trim() {
        "days" | "day" => "d",
        "weeks" | "week" => "wk",
        "months" | "month" => "mo",
        "" => "1",
        other => other,
    }
}

/// The value of a quantity in `unit`; a bare number is taken to be in it already.
pub fn value_in(quantity: &Quantity, unit: &str) -> Option<Number> {
    match quantity.unit.as_deref() {
        None => Some(quantity.value),
        Some(own) if own == unit || canonical(own) == canonical(unit) => Some(quantity.value),
        Some(own) => quantity.value.times(conversion_factor(own, unit)?),
    }
}
