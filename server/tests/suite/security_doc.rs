//! `docs/security.md` claims nothing that is not there: each file, setting and test it names exists,
//! its roles are those of the rules, and no requirement is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use domain::access::{Action, Record, Role, Subject, allows};
use domain::ids::{ClinicId, PatientId};
use healthflow::identity::passwords::CONTEXT_WORDS;

/// How many requirements of levels 1 and 2 OWASP ASVS 5.0.0 has.
const REQUIREMENTS: usize = 253;
/// Where tests are looked for.
const SOURCES: [&str; 8] = [
    "app",
    "domain",
    "end2end",
    "frontend-clinician",
    "frontend-patient",
    "fuzz",
    "server",
    "tools",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/security.md")).unwrap()
}

/// What stands between single back-ticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The rows of all tables: their cells, trimmed.
fn rows(document: &str) -> impl Iterator<Item = Vec<&str>> {
    document.lines().filter_map(|line| {
        let inner = line.strip_prefix('|')?.strip_suffix('|')?;
        Some(inner.split('|').map(str::trim).collect())
    })
}

fn sources() -> String {
    fn collect(folder: &Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() && name != "node_modules" && name != "target" {
                collect(&path, text);
            } else if path
                .extension()
                .is_some_and(|end| ["rs", "mjs", "sh"].iter().any(|e| end == *e))
            {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut text = String::new();
    SOURCES.iter().for_each(|folder| collect(&root().join(folder), &mut text));
    text
}

/// Whether there is a function of this name that a test attribute stands before.
fn is_test_function(sources: &str, name: &str) -> bool {
    sources.match_indices(&format!("fn {name}(")).any(|(at, _)| {
        let before = sources[..at].trim_end_matches("async ").trim_end();
        let mut attributes =
            before.lines().rev().map(str::trim).take_while(|l| l.starts_with("#["));
        attributes.any(|line| line == "#[test]" || line.starts_with("#[tokio::test"))
    })
}

/// A requirement's number, such as `6.2.1`.
fn is_requirement(cell: &str) -> bool {
    let parts: Vec<&str> = cell.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| part.parse::<u8>().is_ok())
}

#[test]
fn every_file_named_in_it_exists() {
    let document = document();
    let names = quoted(&document).filter(|name| {
        let has_end = [".rs", ".md", ".mjs", ".toml", ".sh", ".lock", ".json"];
        name.contains('/')
            && !name.starts_with('/')
            && !name.contains(' ')
            && !name.contains('*')
            && (has_end.iter().any(|end| name.ends_with(end)) || name.ends_with('/'))
    });
    let mut count = 0;
    for name in names {
        assert!(root().join(name).exists(), "docs/security.md names {name}, which is not there");
        count += 1;
    }
    assert!(count > 50, "only {count} files were found in it: has its form changed?");
}

#[test]
fn every_test_named_in_it_exists() {
    let (document, sources) = (document(), sources());
    let steps = std::fs::read_to_string(root().join("tools/test")).unwrap();
    let mut count = 0;
    for row in rows(&document).filter(|row| is_requirement(row[0]) && row.len() == 4) {
        for name in quoted(row.last().unwrap()) {
            // A step of tools/test, the title of a test in the browser, or a function.
            let is_there = steps.contains(&format!("step \"{name}\""))
                || sources.contains(&format!("test(\"{name}\""))
                || is_test_function(&sources, name);
            assert!(is_there, "{}: {name} is no test", row[0]);
            count += 1;
        }
    }
    assert!(count > 100, "only {count} tests were found in it: has its form changed?");
}

#[test]
fn every_requirement_stands_in_it_once_and_none_is_open_without_a_reason() {
    let document = document();
    let (mut found, mut states) = (BTreeSet::new(), BTreeMap::new());
    let mut take = |number: &str| assert!(found.insert(number.to_owned()), "{number} stands twice");
    for row in rows(&document) {
        if let [number, state, met, shown] = row[..]
            && is_requirement(number)
        {
            take(number);
            *states.entry(state).or_insert(0) += 1;
            assert!(["met", "operator", "open"].contains(&state), "{}: {state}", row[0]);
            let needed_chars = if state == "open" { 60 } else { 3 };
            assert!(met.chars().count() > needed_chars, "{}: say where, or why not", row[0]);
            assert!(!shown.is_empty(), "{}: say what shows it, or that it was read", row[0]);
        } else if row.len() == 2 && row[0].split(", ").all(is_requirement) {
            row[0].split(", ").for_each(&mut take);
            assert!(row[1].len() > 5, "{}: say why it does not apply", row[0]);
        }
    }
    assert_eq!(found.len(), REQUIREMENTS);
    let (met, operator, open) = (states["met"], states["operator"], states["open"]);
    let apply_not = REQUIREMENTS - met - operator - open;
    let sum = format!(
        "Of the {REQUIREMENTS} requirements {met} are met, {operator} are the operator's, {open} \
         are open, and {apply_not} do not apply."
    );
    assert!(document.contains(&sum), "it should say: {sum}");
}

#[test]
fn its_table_of_roles_is_that_of_the_rules() {
    let document = document();
    let written: Vec<(&str, Vec<&str>)> = rows(&document)
        .filter_map(|row| {
            let role = row[0].strip_prefix("role `")?.strip_suffix('`')?;
            Some((role, quoted(row[1]).collect()))
        })
        .collect();
    let clinic: ClinicId = "own".parse().unwrap();
    let rules = Role::ALL.map(|role| (role.wire_name(), allowed(role, &clinic)));
    assert_eq!(written, rules);
}

/// The names of what the role may do in its own clinic, with its own data; and in an emergency.
fn allowed(role: Role, clinic: &ClinicId) -> Vec<&'static str> {
    let other: ClinicId = "other".parse().unwrap();
    let patient_id = PatientId(uuid::Uuid::nil());
    let (own, foreign) =
        (Record { patient_id, clinic_id: clinic }, Record { patient_id, clinic_id: &other });
    let subject = Subject {
        role,
        clinic_id: clinic,
        patient_id: (role == Role::Patient).then_some(patient_id),
        must_change_password: false,
    };
    let actions = [
        Action::SubmitObservation(own),
        Action::ReadObservations(own),
        Action::ReadOwnDisclosures(patient_id),
        Action::ReadAlerts(clinic),
        Action::AcknowledgeAlert(clinic),
        Action::OpenInEmergency(foreign),
        Action::ReadAuditLog(clinic),
        Action::ReadStaff(clinic),
        Action::ManageStaff(clinic, Role::Clinician),
        Action::OperateBreaker,
        Action::ManageOwnAccount,
    ];
    let may = actions.iter().filter(|action| allows(&subject, action, false));
    may.map(Action::name).collect()
}

#[test]
fn every_word_that_no_password_is_made_of_stands_in_it() {
    let document = document();
    for word in CONTEXT_WORDS {
        assert!(document.contains(&format!("`{word}`")), "{word}");
    }
}
