//! The JSON Schema of `ruleset.yaml`, for editors: completion, and the first mistakes underlined.

use serde_json::{Value, json};

/// The JSON Schema (2020-12) of a ruleset's main file.
pub fn ruleset_schema() -> Value {
    let text = || json!({"type": "string"});
    let scalar = || json!({"type": ["string", "number", "boolean"]});
    let texts = || json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": ["string", "number", "boolean"]}}]});
    let named = |value: Value| json!({"type": "object", "additionalProperties": value});
    let object = |properties: Value, required: &[&str]| json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false, "patternProperties": {"^x-": true}});
    let expression = || json!({"type": "string", "description": "an expression in Rhai's syntax"});
    let measure = object(
        json!({"unit": text(), "type": {"enum": ["number", "boolean", "date", "text"]}, "means": text(), "value": {"type": ["string", "number", "boolean"], "description": "an expression"}, "source": text()}),
        &["value"],
    );
    let row = object(
        json!({"id": scalar(), "then": scalar(), "take": expression(), "when": expression(), "because": text(), "source": text(), "interpretation": text(), "before": scalar(), "after": scalar(), "remove": {"type": ["boolean", "string"]}}),
        &[],
    );
    let decision = object(
        json!({
            "means": text(), "codes": texts(), "unknown": scalar(), "source": text(),
            "rows": {"type": "array", "items": row},
            "table": {"type": "string", "description": "columns separated by |; the last is `=> name`"},
            "hit": {"enum": ["unique", "any", "first"]},
            "row_notes": named(object(json!({"because": text(), "source": text(), "interpretation": text()}), &[])),
            "impossible": {"type": "array", "items": object(json!({"when": named(scalar()), "because": text()}), &["when", "because"])},
            "texts": named(object(json!({"clinician": text(), "patient": text()}), &[]))
        }),
        &[],
    );
    let part = || {
        object(
            json!({"measures": named(measure.clone()), "decisions": named(decision.clone())}),
            &[],
        )
    };
    let mut schema = object(
        json!({
            "format": {"const": 1, "description": "the version of the rule language"},
            "id": {"type": "string", "pattern": "^[a-z0-9.-]+$"},
            "version": {"type": "string", "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+"},
            "title": text(), "status": {"enum": ["draft", "active", "retired"]}, "disease": text(), "intended_use": text(), "limits": texts(),
            "authors": true, "reviewed": true, "funding": true, "metadata": true,
            "sources": named(object(json!({"citation": text(), "doi": text(), "url": text()}), &["citation"])),
            "sdtm": object(json!({"categories": texts(), "tests": named(scalar()), "codes": named(scalar()), "observations": named(scalar())}), &[]),
            "extends": {"type": "string", "description": "the ruleset under this one, `id` or `id@version`"},
            "uses": named(object(json!({"ruleset": text(), "version": scalar()}), &["ruleset"])),
            "observations": named(object(json!({"unit": text(), "type": {"enum": ["number", "boolean", "text", "date"]}, "codes": texts(), "means": text()}), &[])),
            "parameters": named(object(json!({"value": scalar(), "codes": texts(), "means": text(), "source": text()}), &[])),
            "timepoints": object(json!({"when": expression(), "means": text()}), &["when"]),
            "lesion": part(), "line": part(), "drug": part(), "class": part(),
            "measures": named(measure.clone()), "decisions": named(decision.clone()),
            "timing": named(object(json!({"when": expression(), "from": expression(), "to": expression(), "overdue_after": expression(), "done": expression(), "summary": text(), "patient": text(), "source": text(), "means": text()}), &["from", "to"])),
            "prompts": named(object(json!({"when": expression(), "level": {"enum": ["info", "warning", "critical"]}, "summary": text(), "detail": text(), "patient": text(), "options": texts(), "source": text()}), &["when", "summary"])),
            "findings": named(object(json!({"for": {"enum": ["line", "timepoint", "lesion"]}, "when": expression(), "message": text(), "source": text()}), &["when", "message"])),
            "functions": named(object(json!({"takes": texts(), "gives": text(), "means": text()}), &["gives"])),
            "drugs": named(object(json!({"class": text(), "cross_resistance": text(), "routes": {"type": "array", "items": {"enum": crate::ROUTES}}, "names": texts(), "source": text(), "note": text()}), &["class"])),
            "regimens": named(object(json!({"title": text(), "names": texts(), "drugs": texts(), "diseases": texts(), "cycle_length": text(), "source": text(), "note": text()}), &["title"]))
        }),
        &["format", "id", "version"],
    );
    if let Some(map) = schema.as_object_mut() {
        map.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        map.insert("title".into(), json!("Oncorules ruleset"));
    }
    schema
}
