//! The small values of a case file: texts, dates, quantities, lengths and words.

use super::walk::Walk;
use oncorules_model::{
    DateError, Measurement, Number, NumberError, Observation, PartialDate, Quantity, QuantityError,
};
use oncorules_source::yaml::{Entry, Node, Value};
use oncorules_source::{Diagnostic, did_you_mean, one_of};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};
use std::sync::Arc;

impl Walk<'_> {
    pub(super) fn error(&mut self, code: &'static str, message: String, node: &Node) {
        self.wrong.push(Diagnostic::error(code, message).at(self.file, node.span, ""));
    }

    fn error_with_help(&mut self, code: &'static str, message: String, node: &Node, help: String) {
        let diagnostic = Diagnostic::error(code, message).at(self.file, node.span, "");
        self.wrong.push(diagnostic.help(help));
    }

    /// The entries of a mapping whose keys all belong to it; the others are said to be unknown.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        known: &[&'static str],
    ) -> &'n [Entry] {
        let Some(entries) = node.entries() else {
            let help = format!("{what} has the keys {}", one_of(known.iter().copied()));
            let message = format!("expected {what}, found {}", node.describe());
            self.error_with_help("wrong-kind", message, node, help);
            return &[];
        };
        for entry in entries.iter().filter(|e| !known.contains(&e.key.as_str())) {
            let shown: String = entry.key.chars().take(60).collect();
            let all = one_of(known.iter().copied());
            let help = match did_you_mean(&shown, known.iter().copied()).or(usual_name(&shown)) {
                Some(near) if known.contains(&near) => format!("did you mean `{near}`?"),
                _ => format!("{what} has the keys {all}"),
            };
            let message = format!("{what} has no key `{shown}`");
            self.wrong.push(
                Diagnostic::error("unknown-key", message)
                    .at(self.file, entry.key_span, "")
                    .help(help),
            );
        }
        entries
    }

    /// The entries of a mapping whose keys are free, such as the names of observations.
    pub(super) fn named<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Entry] {
        node.entries().unwrap_or_else(|| {
            if node.value != Value::Null {
                let message = format!("expected {what} by name, found {}", node.describe());
                self.error("wrong-kind", message, node);
            }
            &[]
        })
    }

    /// The items of a list; an empty value is an empty list.
    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        node.items().unwrap_or_else(|| {
            if node.value != Value::Null {
                let message = format!("expected a list of {what}, found {}", node.describe());
                let help = "write `[…]`, or each item on a line of its own after `- `";
                self.error_with_help("wrong-kind", message, node, help.to_string());
            }
            &[]
        })
    }

    /// A scalar as the file writes it: `007` stays `007`.
    fn written<'n>(&self, node: &'n Node) -> Option<&'n str>
    where
        Self: 'n,
    {
        if let Value::Number(_) = node.value {
            let text = self.file.text().get(node.span.start..node.span.end).unwrap_or_default();
            let text = text.trim();
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_');
            if !text.is_empty() && text.chars().all(plain) {
                return Some(text);
            }
        }
        node.scalar()
    }

    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<Arc<str>> {
        if let Some(text) = self.written(node) {
            return Some(text.into());
        }
        self.error("wrong-kind", format!("expected {what}, found {}", node.describe()), node);
        None
    }

    pub(super) fn date(&mut self, node: &Node) -> Option<PartialDate> {
        const HELP: &str = "write it as 2024-03-05, or 2024-03 or 2024 where no more is known";
        let Some(text) = self.written(node).map(str::to_string) else {
            let message = format!("expected a date, found {}", node.describe());
            self.error_with_help("wrong-kind", message, node, HELP.to_string());
            return None;
        };
        let from: StrDeserializer<'_, ValueError> = text.as_str().into_deserializer();
        match PartialDate::deserialize(from) {
            Ok(date) => Some(date),
            Err(error) => {
                match text.parse::<PartialDate>() {
                    Err(DateError::Impossible(_)) => {
                        self.error("impossible-date", error.to_string(), node);
                    }
                    _ => self.error("not-a-date", error.to_string(), node),
                }
                None
            }
        }
    }

    pub(super) fn quantity(&mut self, node: &Node, what: &str) -> Option<Quantity> {
        let parsed = match &node.value {
            Value::Text(text) | Value::Number(text) => text.parse::<Quantity>(),
            _ => {
                let message = format!("expected {what}, found {}", node.describe());
                self.error("wrong-kind", message, node);
                return None;
            }
        };
        match parsed {
            Ok(quantity) => Some(quantity),
            Err(error) => {
                let help = format!("{what} is a number with its unit, such as `42 mm` or `21 d`");
                self.error_with_help("not-a-quantity", error.to_string(), node, help);
                None
            }
        }
    }

    pub(super) fn measurement(&mut self, node: &Node) -> Option<Measurement> {
        const HELP: &str = "write `42 mm`, `0 mm` for a lesion that has disappeared, `too small to measure` or `not assessed`";
        let parsed = match &node.value {
            Value::Text(text) | Value::Number(text) => text.parse::<Measurement>(),
            _ => {
                let message = format!("expected a length, found {}", node.describe());
                self.error_with_help("wrong-kind", message, node, HELP.to_string());
                return None;
            }
        };
        match parsed {
            Ok(measurement) => Some(measurement),
            Err(error) => {
                let words = [Measurement::TOO_SMALL, Measurement::NOT_ASSESSED];
                let help = match did_you_mean(node.scalar().unwrap_or_default(), words) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => HELP.to_string(),
                };
                let message = match error {
                    QuantityError::Number(NumberError::NotANumber(_)) => {
                        format!("{} is not a length", node.describe())
                    }
                    too_long => too_long.to_string(),
                };
                self.error_with_help("not-a-length", message, node, help);
                None
            }
        }
    }

    pub(super) fn number_in<T: TryFrom<i64>>(&mut self, node: &Node, what: &str) -> Option<T> {
        let number = node.scalar().and_then(|t| t.parse::<Number>().ok());
        let whole = number.and_then(Number::as_whole).and_then(|n| T::try_from(n).ok());
        if whole.is_none() {
            let message = format!("expected {what}, found {}", node.describe());
            self.error("wrong-kind", message, node);
        }
        whole
    }

    pub(super) fn flag(&mut self, node: &Node) -> Option<bool> {
        if let Value::Bool(flag) = node.value {
            return Some(flag);
        }
        let message = format!("expected `true` or `false`, found {}", node.describe());
        let help = "`yes` and `no` are text here: write `true` or `false`".to_string();
        self.error_with_help("wrong-kind", message, node, help);
        None
    }

    /// A word of a closed vocabulary.
    pub(super) fn word<T: DeserializeOwned>(
        &mut self,
        node: &Node,
        what: &str,
        words: &[&'static str],
    ) -> Option<T> {
        let text = node.scalar().unwrap_or_default();
        let from: StrDeserializer<'_, ValueError> = text.into_deserializer();
        if let Ok(word) = T::deserialize(from) {
            return Some(word);
        }
        let vocabulary = one_of(words.iter().copied());
        let help = did_you_mean(text, words.iter().copied()).map_or_else(
            || format!("it is {vocabulary}"),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("expected {what} ({vocabulary}), found {}", node.describe());
        self.error_with_help("unknown-word", message, node, help);
        None
    }

    pub(super) fn observation(&mut self, node: &Node, name: &str) -> Option<Observation> {
        match &node.value {
            Value::Bool(flag) => Some(Observation::Flag(*flag)),
            Value::Number(_) => self.quantity(node, "an observation").map(Observation::Quantity),
            Value::Text(text) => Some(match text.parse() {
                Ok(quantity) => Observation::Quantity(quantity),
                Err(_) => Observation::Text(text.as_str().into()),
            }),
            Value::Map(_) => self.ranged(node).map(Observation::Ranged),
            Value::Null | Value::List(_) => {
                let message = format!("expected the value of `{name}`, found {}", node.describe());
                let help = "leave out what is not known; a value is `40 U/mL`, a word, `true` or `false`, or {value: …, upper_limit: …}";
                self.error_with_help("wrong-kind", message, node, help.to_string());
                None
            }
        }
    }
}

/// The key that a case file has for what other formats and people call otherwise.
fn usual_name(key: &str) -> Option<&'static str> {
    Some(match key.to_ascii_lowercase().as_str() {
        "diameter" | "size" | "ldiam" | "longest" | "longest diameter" => "longest_diameter",
        "shortest_diameter" | "saxis" | "lperp" | "perpendicular" => "short_axis",
        "location" | "organ" => "site",
        "type" | "kind" | "category" => "role",
        "state" => "status",
        "responses" | "response" => "reported",
        "markers" | "labs" | "lab" => "observations",
        "id" | "patient" | "subject" => "case",
        "scans" | "visits" | "timepoints" => "assessments",
        "adverse_events" | "toxicities" => "side_effects",
        "therapies" | "treatment" | "treatments" => "lines",
        "start" | "begin" => "started",
        "end" | "stopped" => "ended",
        "uln" => "upper_limit",
        "lln" => "lower_limit",
        "name" => "drug",
        _ => return None,
    })
}
