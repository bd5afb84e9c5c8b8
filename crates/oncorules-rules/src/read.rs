//! Reading `ruleset.yaml`: from the tree with spans to [`RawRuleset`], all mistakes in one go.

use crate::fields::Fields;
use crate::raw::*;
use crate::types::Scope;
use oncorules_model::PromptLevel;
use oncorules_source::yaml::{self, Node, Readable};
use oncorules_source::{Diagnostic, Diagnostics, SourceFile};
use std::collections::BTreeSet;
use std::sync::Arc;

const TOP: &[&str] = &[
    "format",
    "id",
    "version",
    "title",
    "status",
    "disease",
    "intended_use",
    "limits",
    "sources",
    "sdtm",
    "extends",
    "uses",
    "observations",
    "parameters",
    "timepoints",
    "lesion",
    "measures",
    "decisions",
    "line",
    "drug",
    "class",
    "timing",
    "prompts",
    "findings",
    "functions",
    "drugs",
    "regimens",
    "metadata",
    "authors",
    "reviewed",
    "funding",
];

/// Routes of administration that a formulary may name.
pub const ROUTES: &[&str] = &[
    "intravenous",
    "intramuscular",
    "subcutaneous",
    "intrathecal",
    "intraperitoneal",
    "intrapleural",
    "oral",
    "topical",
];

/// Reads the main file of a ruleset.
///
/// Where the YAML is broken in places, the rest is read; the third part of the result holds the
/// words of what was left out.
pub(crate) fn read(
    file: &SourceFile,
) -> Result<(RawRuleset, Diagnostics, BTreeSet<String>), Diagnostics> {
    let Readable { node, wrong, left_out } = yaml::parse_readable(file);
    let Some(tree) = node else { return Err(wrong) };
    // The id is needed for every text's layer, so it is looked up first.
    let layer: Arc<str> = tree.get("id").and_then(Node::scalar).unwrap_or("?").into();
    let mut diagnostics = wrong;
    let before = diagnostics.len();
    let raw = {
        let mut top = Fields::new(&tree, file, layer, &mut diagnostics, "a ruleset", TOP);
        ruleset(&mut top)
    };
    if !left_out.is_empty() {
        // What seems to be missing may stand in what was left out.
        let mut at = 0;
        diagnostics.0.retain(|d| {
            at += 1;
            at <= before || d.code != "missing-key" && !d.message.ends_with("not nothing")
        });
    }
    match raw {
        Some(raw) => Ok((raw, diagnostics, left_out)),
        None => Err(diagnostics),
    }
}

fn ruleset(top: &mut Fields<'_>) -> Option<RawRuleset> {
    if let Some(format) = top.required("format")
        && format.value != "1"
    {
        top.error(
            "format",
            format!("format `{}` is not known", format.value),
            &format,
            "this version reads format 1",
        );
    }
    let id = top.required("id");
    let version = top.required("version");
    if let Some(version) = &version {
        let parts: Vec<&str> =
            version.value.split(['-', '+']).next().unwrap_or("").split('.').collect();
        if parts.len() != 3 || !parts.iter().all(|p| p.parse::<u32>().is_ok()) {
            top.error(
                "version",
                format!("`{}` is not a version", version.value),
                version,
                "write three numbers: 1.0.0",
            );
        }
    }
    if let Some(id) = &id {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        if id.value.is_empty() || !id.value.chars().all(good) {
            top.error(
                "id",
                format!("`{}` cannot be an id", id.value),
                id,
                "use lower-case letters, digits, `-` and `.`",
            );
        }
    }
    let status = top.one_of("status", &["draft", "active", "retired"]);
    let mut measures = vec![];
    let mut decisions = vec![];
    for (key, scope) in [
        ("lesion", Scope::Lesion),
        ("line", Scope::Line),
        ("drug", Scope::Drug),
        ("class", Scope::Class),
    ] {
        top.section(key, &["measures", "decisions"], |part| {
            read_measures(part, scope, &mut measures);
            read_decisions(part, scope, &mut decisions);
        });
    }
    read_measures(top, Scope::Timepoint, &mut measures);
    read_decisions(top, Scope::Timepoint, &mut decisions);
    let mut timepoints = None;
    top.section("timepoints", &["when", "means"], |part| {
        timepoints = part.required("when");
        part.text("means");
    });
    let mut sdtm = RawSdtm::default();
    top.section("sdtm", &["categories", "tests", "codes", "observations"], |part| {
        sdtm.categories = part.texts("categories");
        sdtm.tests = part.pairs("tests");
        sdtm.codes = part.pairs("codes");
        sdtm.observations = part.pairs("observations");
    });
    for free in ["metadata", "authors", "reviewed", "funding"] {
        top.ignore(free);
    }
    let raw = RawRuleset {
        title: top.text("title"),
        status,
        disease: top.text("disease"),
        intended_use: top.text("intended_use"),
        limits: top.texts("limits"),
        extends: top.text("extends"),
        uses: top.each("uses", &["ruleset", "version"], |alias, part| {
            Some(RawUse {
                alias,
                ruleset: part.required("ruleset")?,
                version: part.text("version"),
            })
        }),
        sources: top.each("sources", &["citation", "doi", "url"], |key, part| {
            part.text("url");
            Some(RawSource { key, citation: part.required("citation")?, doi: part.text("doi") })
        }),
        sdtm,
        observations: top.each(
            "observations",
            &["unit", "type", "codes", "means"],
            |name, part| {
                Some(RawObservation {
                    name,
                    unit: part.text("unit"),
                    kind: part.one_of("type", &["number", "boolean", "text", "date"]),
                    codes: part.texts("codes"),
                    means: part.text("means"),
                })
            },
        ),
        parameters: top.each("parameters", &["value", "codes", "means", "source"], |name, part| {
            Some(RawParameter {
                name,
                value: part.text("value"),
                codes: part.texts("codes"),
                means: part.text("means"),
                source: part.text("source"),
            })
        }),
        timepoints,
        measures,
        decisions,
        timings: top.each(
            "timing",
            &[
                "when",
                "from",
                "to",
                "overdue_after",
                "done",
                "summary",
                "patient",
                "source",
                "means",
            ],
            |name, part| {
                part.text("means");
                Some(RawTiming {
                    name,
                    when: part.text("when"),
                    from: part.required("from")?,
                    to: part.required("to")?,
                    overdue_after: part.text("overdue_after"),
                    done: part.text("done"),
                    summary: part.text("summary"),
                    patient: part.text("patient"),
                    source: part.text("source"),
                })
            },
        ),
        prompts: top.each(
            "prompts",
            &["when", "level", "summary", "detail", "patient", "options", "source"],
            |name, part| {
                let level = part.one_of("level", &["info", "warning", "critical"]);
                Some(RawPrompt {
                    name,
                    when: part.required("when")?,
                    level: match level.as_ref().map(|l| l.value.as_str()) {
                        Some("critical") => PromptLevel::Critical,
                        Some("warning") => PromptLevel::Warning,
                        _ => PromptLevel::Info,
                    },
                    summary: part.required("summary")?,
                    detail: part.text("detail"),
                    patient: part.text("patient"),
                    options: part.texts("options"),
                    source: part.text("source"),
                })
            },
        ),
        findings: top.each("findings", &["for", "when", "message", "source"], |name, part| {
            let scope = part.one_of("for", &["line", "timepoint", "lesion"]);
            if scope.is_none() && part.has("for") {
                // Nothing can be said of its expressions without a scope.
                return None;
            }
            Some(RawFinding {
                name,
                scope: match scope.as_ref().map(|s| s.value.as_str()) {
                    Some("timepoint") => Scope::Timepoint,
                    Some("lesion") => Scope::Lesion,
                    _ => Scope::Line,
                },
                when: part.required("when")?,
                message: part.required("message")?,
                source: part.text("source"),
            })
        }),
        functions: top.each("functions", &["takes", "gives", "means"], |name, part| {
            part.text("means");
            Some(RawFunction { name, takes: part.texts("takes"), gives: part.required("gives")? })
        }),
        drugs: top.each(
            "drugs",
            &["class", "cross_resistance", "routes", "names", "source", "note"],
            |name, part| {
                part.text("note");
                Some(RawDrug {
                    name,
                    class: part.required("class")?,
                    cross_resistance: part.text("cross_resistance"),
                    routes: part.texts_of("routes", ROUTES),
                    names: part.texts("names"),
                    source: part.text("source"),
                })
            },
        ),
        regimens: top.each(
            "regimens",
            &["title", "names", "drugs", "diseases", "cycle_length", "source", "note"],
            |id, part| {
                part.text("note");
                Some(RawRegimen {
                    id,
                    title: part.required("title")?,
                    names: part.texts("names"),
                    drugs: part.texts("drugs"),
                    diseases: part.texts("diseases"),
                    cycle_length: part.text("cycle_length"),
                    source: part.text("source"),
                })
            },
        ),
        digests: vec![],
        set: vec![],
        scripts: vec![],
        id: id?,
        version: version?,
    };
    if raw.title.is_none() && raw.extends.is_none() {
        top.missing("title");
    }
    Some(raw)
}

fn read_measures(part: &mut Fields<'_>, scope: Scope, into: &mut Vec<RawMeasure>) {
    into.extend(part.each(
        "measures",
        &["unit", "type", "means", "value", "source"],
        |name, part| {
            let kind = part.one_of("type", &["number", "boolean", "date", "text"]);
            let kind = kind.filter(|k| k.value != "number");
            Some(RawMeasure {
                scope,
                name,
                unit: part.text("unit").or(kind),
                means: part.text("means"),
                value: part.required("value")?,
                source: part.text("source"),
            })
        },
    ));
}

fn read_decisions(part: &mut Fields<'_>, scope: Scope, into: &mut Vec<RawDecision>) {
    let keys = &[
        "means",
        "codes",
        "unknown",
        "source",
        "rows",
        "table",
        "hit",
        "row_notes",
        "impossible",
        "texts",
    ];
    into.extend(part.each("decisions", keys, |name, part| {
        Some(RawDecision {
            scope,
            name,
            means: part.text("means"),
            codes: part.texts("codes"),
            unknown: part.text("unknown"),
            source: part.text("source"),
            rows: part.list("rows", ROW, |row| Some(read_row(row))),
            table: part.text("table"),
            hit: part.one_of("hit", &["unique", "any", "first"]),
            row_notes: part.each(
                "row_notes",
                &["because", "source", "interpretation"],
                |id, part| {
                    let mut row = read_row(part);
                    row.id = Some(id);
                    Some(row)
                },
            ),
            impossible: part.list("impossible", &["when", "because"], |part| {
                Some(RawImpossible { when: part.pairs("when"), because: part.required("because")? })
            }),
            texts: part.each("texts", &["clinician", "patient"], |code, part| {
                Some(RawCodeText {
                    code,
                    clinician: part.text("clinician"),
                    patient: part.text("patient"),
                })
            }),
        })
    }));
}

const ROW: &[&str] = &[
    "id",
    "then",
    "take",
    "when",
    "because",
    "source",
    "interpretation",
    "before",
    "after",
    "remove",
];

fn read_row(row: &mut Fields<'_>) -> RawRow {
    let then = row.text("then");
    RawRow {
        // A row without an id is called by its code.
        id: row.text("id").or_else(|| then.clone()),
        span: row.span(),
        then,
        take: row.text("take"),
        when: row.text("when"),
        because: row.text("because"),
        source: row.text("source"),
        interpretation: row.text("interpretation"),
        before: row.text("before"),
        after: row.text("after"),
        remove: row.text("remove").is_some_and(|t| matches!(t.value.as_str(), "true" | "yes")),
        layer: row.layer(),
        file: row.file().clone(),
    }
}

/// A diagnostic that points at a text.
pub(crate) fn error_at(code: &'static str, message: impl Into<String>, text: &Text) -> Diagnostic {
    Diagnostic::error(code, message).at(&text.file, text.span, "")
}
