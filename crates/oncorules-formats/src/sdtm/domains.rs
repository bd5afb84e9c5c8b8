//! From the CSV files of the domains to rows by subject.

use super::rows::{
    AeRow, DmRow, ExRow, LbRow, Observed, Place, RsRow, StudyRows, SubjectRows, SuppRow, TrRow,
    TuRow,
};
use super::table::{Row, Table};
use oncorules_model::Problem;
use oncorules_source::Diagnostics;
use std::path::Path;
use std::sync::Arc;

struct ObservedColumns {
    subject: Option<usize>,
    columns: [Option<usize>; 7],
}

impl ObservedColumns {
    fn new(table: &Table, prefix: &str) -> Self {
        let own = |name: &str| table.column(&format!("{prefix}{name}"));
        Self {
            subject: table.column("USUBJID"),
            columns: [
                own("SEQ"),
                own("EVAL"),
                own("EVALID"),
                own("ACPTFL"),
                table.column("VISITNUM"),
                table.column("VISIT"),
                own("DTC"),
            ],
        }
    }
}

fn place(file: &Arc<str>, row: &Row<'_>) -> Place {
    Place { file: file.clone(), line: row.line }
}

impl StudyRows {
    fn observed(&mut self, file: &Arc<str>, row: &Row<'_>, columns: &ObservedColumns) -> Observed {
        let [sequence, evaluator, reader, accepted, number, visit, date] = columns.columns;
        let words = &mut self.words;
        Observed {
            place: place(file, row),
            sequence: row.text(sequence).parse().ok(),
            evaluator: words.capitals(row.text(evaluator)),
            reader: words.capitals(row.text(reader)),
            accepted: row.text(accepted).eq_ignore_ascii_case("Y"),
            number: row.text(number).parse().ok(),
            // A visit number that is no number still tells visits apart.
            visit: match (row.text(visit), row.text(number)) {
                ("", other) => words.keep(other),
                (name, _) => words.keep(name),
            },
            date: words.keep(row.text(date)),
        }
    }

    /// The subject of a row, or a problem where it names none.
    fn subject(
        &mut self,
        file: &Arc<str>,
        row: &Row<'_>,
        column: Option<usize>,
    ) -> Option<Arc<str>> {
        let id = row.text(column);
        if !id.is_empty() {
            return Some(self.words.keep(id));
        }
        let same =
            |p: &&mut Problem| &*p.code == "row-without-subject" && p.file.as_deref() == Some(file);
        if self.problems.iter_mut().find(same).is_none() {
            self.problems.push(Problem {
                case: None,
                code: "row-without-subject".into(),
                problem: format!("`{file}` line {} (the first of them) names no subject in USUBJID; such rows belong to nobody and were left out", row.line).into(),
                file: Some(file.clone()),
                line: Some(row.line),
                column: None,
                help: Some("fill in USUBJID".into()),
            });
        }
        None
    }

    fn of(&mut self, subject: Arc<str>) -> &mut SubjectRows {
        self.subjects.entry(subject).or_default()
    }

    /// Reads one domain; `domain` in lower case. Domains that are not known are not read.
    pub(super) fn read(&mut self, domain: &str, path: &Path, file: &str, wrong: &mut Diagnostics) {
        let table = match Table::open(path, file) {
            Ok(table) => table,
            Err(diagnostic) => return wrong.push(diagnostic),
        };
        table.need(&["USUBJID"], wrong);
        match domain {
            "dm" => self.read_dm(table, wrong),
            "ex" => self.read_ex(table, wrong),
            "ae" => self.read_ae(table, wrong),
            "tu" => self.read_tu(table, wrong),
            "tr" => self.read_tr(table, wrong),
            "rs" => self.read_rs(table, wrong),
            "lb" => self.read_lb(table, wrong),
            "supprs" => self.read_supprs(table, wrong),
            _ => {}
        }
    }

    fn read_dm(&mut self, table: Table, wrong: &mut Diagnostics) {
        self.has_dm = true;
        let file = table.file.clone();
        let c = ["USUBJID", "RFXSTDTC", "RFSTDTC", "RFXENDTC", "ACTARM", "ARM", "DTHDTC"]
            .map(|n| table.column(n));
        let [id, first, reference, last, actual, planned, death] = c;
        table.each(wrong, |row| {
            let Some(subject) = self.subject(&file, row, id) else { return };
            let arm = match row.text(actual) {
                "" => row.text(planned),
                arm => arm,
            };
            let new = DmRow {
                place: place(&file, row),
                first_treatment: self.words.keep(row.text(first)),
                reference_start: self.words.keep(row.text(reference)),
                last_treatment: self.words.keep(row.text(last)),
                arm: self.words.keep(arm),
                death: self.words.keep(row.text(death)),
            };
            self.of(subject).dm.push(new);
        });
    }

    fn read_ex(&mut self, table: Table, wrong: &mut Diagnostics) {
        let file = table.file.clone();
        let c = ["USUBJID", "EXTRT", "EXSTDTC", "VISIT", "EPOCH", "EXTPT"].map(|n| table.column(n));
        let [id, treatment, start, visit, epoch, point] = c;
        table.each(wrong, |row| {
            let Some(subject) = self.subject(&file, row, id) else { return };
            let words = &mut self.words;
            let new = ExRow {
                place: place(&file, row),
                treatment: words.keep(row.text(treatment)),
                start: words.keep(row.text(start)),
                when: [visit, epoch, point].map(|at| words.capitals(row.text(at))),
            };
            self.of(subject).ex.push(new);
        });
    }

    fn read_ae(&mut self, table: Table, wrong: &mut Diagnostics) {
        let file = table.file.clone();
        let c = ["USUBJID", "AEDECOD", "AETERM", "AETOXGR", "AESTDTC", "AEENDTC"]
            .map(|n| table.column(n));
        let [id, coded, verbatim, grade, from, to] = c;
        table.each(wrong, |row| {
            let Some(subject) = self.subject(&file, row, id) else { return };
            let term = match row.text(coded) {
                "" => row.text(verbatim),
                term => term,
            };
            let new = AeRow {
                place: place(&file, row),
                term: self.words.keep(&term.to_lowercase()),
                grade: self.words.keep(row.text(grade)),
                from: self.words.keep(row.text(from)),
                to: self.words.keep(row.text(to)),
            };
            self.of(subject).ae.push(new);
        });
    }

    fn read_tu(&mut self, table: Table, wrong: &mut Diagnostics) {
        let file = table.file.clone();
        table.need(&["TUSTRESC", "TUORRES"], wrong);
        let observed = ObservedColumns::new(&table, "TU");
        let c = ["TULNKID", "TULINKID", "TUTESTCD", "TUSTRESC", "TUORRES", "TULOC", "TUMETHOD"]
            .map(|n| table.column(n));
        let [link, old_link, test, standard, original, site, method] = c;
        table.each(wrong, |row| {
            let Some(subject) = self.subject(&file, row, observed.subject) else { return };
            let either = |a, b| match row.text(a) {
                "" => row.text(b),
                text => text,
            };
            let new = TuRow {
                at: self.observed(&file, row, &observed),
                lesion: self.words.keep(either(link, old_link)),
                test: self.words.capitals(row.text(test)),
                said: self.words.capitals(either(standard, original)),
                site: self.words.keep(&row.text(site).to_lowercase()),
                method: self.words.keep(row.text(method)),
            };
            self.of(subject).tu.push(new);
        });
    }

    fn read_tr(&mut self, table: Table, wrong: &mut Diagnostics) {
        let file = table.file.clone();
        table.need(&["TRTESTCD"], wrong);
        table.need(&["TRLNKID", "TRLINKID", "TRGRPID"], wrong);
        table.need(&["TRSTRESC", "TRSTRESN", "TRORRES"], wrong);
        let observed = ObservedColumns::new(&table, "TR");
        let c = [
            "TRLNKID", "TRLINKID", "TRGRPID", "TRTESTCD", "TRORRES", "TRORRESU", "TRSTRESC",
            "TRSTRESN", "TRSTRESU", "TRSTAT", "TRLOC", "TRMETHOD",
        ]
        .map(|n| table.column(n));
        let [
            link,
            old_link,
            group,
            test,
            original,
            original_unit,
            standard,
            number,
            unit,
            status,
            site,
            method,
        ] = c;
        table.each(wrong, |row| {
            let Some(subject) = self.subject(&file, row, observed.subject) else { return };
            let at = self.observed(&file, row, &observed);
            let words = &mut self.words;
            // A lesion without an id of its own is named by its group and site.
            let lesion = match (row.text(link), row.text(old_link)) {
                ("", "") => {
                    let (group, site) = (row.text(group), row.text(site));
                    words.keep(format!("{group} {}", site.to_lowercase()).trim())
                }
                ("", id) | (id, _) => words.keep(id),
            };
            let new = TrRow {
                at,
                lesion,
                group: words.capitals(row.text(group)),
                test: words.capitals(row.text(test)),
                original: words.capitals(row.text(original)),
                original_unit: words.keep(row.text(original_unit)),
                standard: words.capitals(row.text(standard)),
                number: words.keep(row.text(number)),
                unit: words.keep(row.text(unit)),
                status: words.capitals(row.text(status)),
                site: words.keep(&row.text(site).to_lowercase()),
                method: words.keep(row.text(method)),
            };
            self.of(subject).tr.push(new);
        });
    }

    fn read_rs(&mut self, table: Table, wrong: &mut Diagnostics) {
        let file = table.file.clone();
        table.need(&["RSTESTCD"], wrong);
        table.need(&["RSSTRESC", "RSORRES"], wrong);
        let observed = ObservedColumns::new(&table, "RS");
        let c = ["RSTESTCD", "RSCAT", "RSSTRESC", "RSORRES", "RSSTAT"].map(|n| table.column(n));
        let [test, category, standard, original, status] = c;
        table.each(wrong, |row| {
            let Some(subject) = self.subject(&file, row, observed.subject) else { return };
            let result = match row.text(standard) {
                "" => row.text(original),
                text => text,
            };
            let new = RsRow {
                at: self.observed(&file, row, &observed),
                test: self.words.capitals(row.text(test)),
                category: self.words.capitals(row.text(category)),
                result: self.words.keep(result),
                status: self.words.capitals(row.text(status)),
            };
            self.of(subject).rs.push(new);
        });
    }

    fn read_lb(&mut self, table: Table, wrong: &mut Diagnostics) {
        let file = table.file.clone();
        table.need(&["LBTESTCD"], wrong);
        let observed = ObservedColumns::new(&table, "LB");
        let c = ["LBTESTCD", "LBSTRESC", "LBORRES", "LBSTRESN", "LBSTRESU", "LBSTNRHI", "LBSTNRLO"]
            .map(|n| table.column(n));
        let [test, standard, original, number, unit, upper, lower] = c;
        table.each(wrong, |row| {
            let Some(subject) = self.subject(&file, row, observed.subject) else { return };
            let result = match row.text(standard) {
                "" => row.text(original),
                text => text,
            };
            let at = self.observed(&file, row, &observed);
            let words = &mut self.words;
            let new = LbRow {
                at,
                test: words.capitals(row.text(test)),
                result: words.keep(result),
                number: words.keep(row.text(number)),
                unit: words.keep(row.text(unit)),
                upper: words.keep(row.text(upper)),
                lower: words.keep(row.text(lower)),
            };
            self.of(subject).lb.push(new);
        });
    }

    fn read_supprs(&mut self, table: Table, wrong: &mut Diagnostics) {
        let file = table.file.clone();
        table.need(&["QNAM"], wrong);
        table.need(&["QVAL"], wrong);
        let c = ["USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QVAL"].map(|n| table.column(n));
        let [id, variable, value, name, said] = c;
        table.each(wrong, |row| {
            let Some(subject) = self.subject(&file, row, id) else { return };
            let new = SuppRow {
                place: place(&file, row),
                variable: self.words.capitals(row.text(variable)),
                value: self.words.keep(row.text(value)),
                name: self.words.capitals(row.text(name)),
                said: self.words.keep(row.text(said)),
            };
            self.of(subject).supp.push(new);
        });
    }
}
