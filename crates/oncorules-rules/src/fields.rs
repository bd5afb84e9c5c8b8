//! The keys of a mapping, read one by one; unknown keys and wrong kinds of value are reported.

use crate::raw::Text;
use oncorules_source::yaml::{Node, Value};
use oncorules_source::{Diagnostic, Diagnostics, SourceFile, Span, did_you_mean, one_of};
use std::sync::Arc;

pub(crate) struct Fields<'a> {
    node: &'a Node,
    file: &'a SourceFile,
    layer: Arc<str>,
    diagnostics: &'a mut Diagnostics,
    what: String,
    /// The keys that unknown ones were probably meant to be.
    meant: Vec<String>,
    /// Where the thing as a whole stands: its key, or the first line of its mapping.
    place: Span,
}

impl<'a> Fields<'a> {
    /// Opens a mapping in which only `known` keys may stand (and keys that begin with `x-`).
    pub(crate) fn new(
        node: &'a Node,
        file: &'a SourceFile,
        layer: Arc<str>,
        diagnostics: &'a mut Diagnostics,
        what: &str,
        known: &[&str],
    ) -> Self {
        let mut meant = vec![];
        match node.entries() {
            Some(entries) => {
                for entry in entries {
                    let key = entry.key.as_str();
                    if known.contains(&key) || key.starts_with("x-") {
                        continue;
                    }
                    let help = match did_you_mean(key, known.iter().copied()) {
                        Some(near) => {
                            meant.push(near.to_string());
                            format!("did you mean `{near}`?")
                        }
                        None if entry.value.value == Value::Null => {
                            "a comma ended the value before it: put that value into quotes".into()
                        }
                        None => format!("known keys are {}", one_of(known.iter().copied())),
                    };
                    diagnostics.push(
                        Diagnostic::error("unknown-key", format!("{what} has no key `{key}`"))
                            .at(file, entry.key_span, "")
                            .help(help),
                    );
                }
            }
            None if node.value == Value::Null => {}
            None => diagnostics.push(
                Diagnostic::error(
                    "wrong-kind",
                    format!("{what} is a mapping, not {}", node.describe()),
                )
                .at(file, node.span, "")
                .help("write `key: value` lines"),
            ),
        }
        let place = node.entries().and_then(|e| e.first()).map_or(node.span, |e| e.key_span);
        Self { node, file, layer, diagnostics, what: what.to_string(), meant, place }
    }

    pub(crate) fn span(&self) -> Span {
        self.place
    }

    pub(crate) fn layer(&self) -> Arc<str> {
        self.layer.clone()
    }

    pub(crate) fn file(&self) -> &SourceFile {
        self.file
    }

    pub(crate) fn ignore(&mut self, _key: &str) {}

    pub(crate) fn error(&mut self, code: &'static str, message: String, at: &Text, help: &str) {
        self.diagnostics
            .push(Diagnostic::error(code, message).at(&at.file, at.span, "").help(help));
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some()
    }

    pub(crate) fn missing(&mut self, key: &str) {
        if self.meant.iter().any(|m| m == key) {
            return;
        }
        self.diagnostics.push(
            Diagnostic::error("missing-key", format!("{} lacks `{key}`", self.what))
                .at(self.file, self.place, "")
                .help(format!("add `{key}: …`")),
        );
    }

    fn scalar(&mut self, node: &Node, what: &str) -> Option<Text> {
        match node.scalar() {
            Some(value) => Some(Text {
                value: value.to_string(),
                span: node.span,
                file: self.file.clone(),
                layer: self.layer.clone(),
            }),
            None => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "wrong-kind",
                        format!("{what} is a text, not {}", node.describe()),
                    )
                    .at(self.file, node.span, ""),
                );
                None
            }
        }
    }

    /// The scalar under `key`, where there is one.
    pub(crate) fn text(&mut self, key: &str) -> Option<Text> {
        let node = self.node.get(key)?;
        self.scalar(node, &format!("`{key}`"))
    }

    /// The scalar under `key`; its absence is an error.
    pub(crate) fn required(&mut self, key: &str) -> Option<Text> {
        if self.node.get(key).is_none() {
            self.missing(key);
            return None;
        }
        self.text(key)
    }

    /// The scalar under `key`, which must be one of a closed set.
    pub(crate) fn one_of(&mut self, key: &str, known: &[&str]) -> Option<Text> {
        let text = self.text(key)?;
        self.member(text, key, known)
    }

    fn member(&mut self, text: Text, key: &str, known: &[&str]) -> Option<Text> {
        if known.contains(&text.value.as_str()) {
            return Some(text);
        }
        let help = match did_you_mean(&text.value, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("expected {}", one_of(known.iter().copied())),
        };
        let message = format!("`{}` is no value of `{key}`", text.value);
        self.error("unknown-word", message, &text, &help);
        None
    }

    /// The scalars of the list under `key` (one scalar stands for a list of one).
    pub(crate) fn texts(&mut self, key: &str) -> Vec<Text> {
        let Some(node) = self.node.get(key) else { return vec![] };
        match &node.value {
            Value::List(items) => items
                .iter()
                .filter_map(|i| self.scalar(i, &format!("an item of `{key}`")))
                .collect(),
            Value::Null => vec![],
            _ => self.scalar(node, &format!("`{key}`")).into_iter().collect(),
        }
    }

    /// As [`Self::texts`], each of them one of a closed set.
    pub(crate) fn texts_of(&mut self, key: &str, known: &[&str]) -> Vec<Text> {
        let texts = self.texts(key);
        texts.into_iter().filter_map(|t| self.member(t, key, known)).collect()
    }

    /// The entries of the mapping of scalars under `key`.
    pub(crate) fn pairs(&mut self, key: &str) -> Vec<(Text, Text)> {
        let Some(node) = self.node.get(key) else { return vec![] };
        let Some(entries) = self.mapping(node, key) else { return vec![] };
        entries
            .iter()
            .filter_map(|e| {
                let value = self.scalar(&e.value, &format!("`{}`", e.key))?;
                Some((self.key(e), value))
            })
            .collect()
    }

    fn key(&self, entry: &oncorules_source::yaml::Entry) -> Text {
        Text {
            value: entry.key.clone(),
            span: entry.key_span,
            file: self.file.clone(),
            layer: self.layer.clone(),
        }
    }

    fn mapping<'n>(
        &mut self,
        node: &'n Node,
        key: &str,
    ) -> Option<&'n [oncorules_source::yaml::Entry]> {
        if node.value == Value::Null {
            return None;
        }
        let entries = node.entries();
        if entries.is_none() {
            self.diagnostics.push(
                Diagnostic::error(
                    "wrong-kind",
                    format!("`{key}` is a mapping, not {}", node.describe()),
                )
                .at(self.file, node.span, "")
                .help("write `name: {…}` entries"),
            );
        }
        entries
    }

    /// The mapping under `key`, where there is one.
    pub(crate) fn section(
        &mut self,
        key: &str,
        known: &[&str],
        read: impl FnOnce(&mut Fields<'_>),
    ) {
        let Some(node) = self.node.get(key) else { return };
        let mut part = Fields::new(
            node,
            self.file,
            self.layer.clone(),
            self.diagnostics,
            &format!("`{key}`"),
            known,
        );
        read(&mut part);
    }

    /// The named mappings under `key`.
    pub(crate) fn each<T>(
        &mut self,
        key: &str,
        known: &[&str],
        mut read: impl FnMut(Text, &mut Fields<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(node) = self.node.get(key) else { return vec![] };
        let Some(entries) = self.mapping(node, key) else { return vec![] };
        let mut all = vec![];
        for entry in entries {
            let name = self.key(entry);
            let what = format!("`{key}.{}`", entry.key);
            let mut part = Fields::new(
                &entry.value,
                self.file,
                self.layer.clone(),
                self.diagnostics,
                &what,
                known,
            );
            part.place = entry.key_span;
            all.extend(read(name, &mut part));
        }
        all
    }

    /// The mappings of the list under `key`.
    pub(crate) fn list<T>(
        &mut self,
        key: &str,
        known: &[&str],
        mut read: impl FnMut(&mut Fields<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(node) = self.node.get(key) else { return vec![] };
        let Some(items) = node.items() else {
            self.diagnostics.push(
                Diagnostic::error(
                    "wrong-kind",
                    format!("`{key}` is a list, not {}", node.describe()),
                )
                .at(self.file, node.span, "")
                .help("begin each item with `- `"),
            );
            return vec![];
        };
        let mut all = vec![];
        for item in items {
            let what = format!("an item of `{key}`");
            let mut part =
                Fields::new(item, self.file, self.layer.clone(), self.diagnostics, &what, known);
            all.extend(read(&mut part));
        }
        all
    }
}
