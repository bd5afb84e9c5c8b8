//! What Oncorules takes in and gives out: [`Case`], [`Report`], and the exact [`Number`]s,
//! [`Quantity`]s and [`PartialDate`]s in them. No file, no rule and no criterion is known here.

mod case;
mod date;
mod number;
mod quantity;
mod report;

pub use case::*;
pub use date::{DateError, PartialDate};
pub use number::{Number, NumberError};
pub use quantity::{Quantity, QuantityError};
pub use report::*;
