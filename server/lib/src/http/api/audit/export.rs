//! `POST /api/audit/export`: entries as a file, sent as they are read.

use app::error::AppError;
use app::functions::page_of::PAGE_OF;
use app::wire::{AuditItem, Outcome};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::field_error::FieldError;
use domain::timestamp::Timestamp;
use futures::stream::{self, Stream};
use serde_json::json;

use super::{FILTER, audit_query, sought};
use crate::http::api::{Asking, parameter, parameters, pass_at_once};
use crate::http::body::{Sent, read_json_or_form};
use crate::http::edge::refusal;
use crate::http::problem::Problem;
use crate::http::{AppState, page_of};
use crate::service::auditing::{AuditExport, EXPORT_MAX, Exported};
use crate::service::gate;

const EXPORT_PATH: &str = "/api/audit/export";

/// Sends the entries that the body looks for: JSON of a program, or the form of a page.
pub(in crate::http::api) async fn export(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Response, Problem> {
    gate::principal(&asking)?;
    let (by, headers) = (refusal::Asking::by(&request), request.headers().clone());
    let sought = match read_json_or_form(request).await? {
        Sent::Json(text) => sought(&text, &["format"]).map_err(AppError::Invalid)?,
        Sent::Form(text) => {
            let (caller, form) = (Some(&asking.0), text.as_bytes());
            let sent = page_of::Sent { headers: &headers, caller, path: EXPORT_PATH, form };
            if let Some(refused) = sent.refused(&state, by).await {
                return Ok(refused);
            }
            parameters(&text, &[&FILTER[..], &["format", PAGE_OF]].concat())?
        }
    };
    let format = Format::named(parameter(&sought, "format").as_deref())?;
    let export = state.service.export_audit_log(&asking.0, &audit_query(&sought)).await?;
    let day: String = state.service.commands.clock.now().sort_key().chars().take(10).collect();
    let file = format!("attachment; filename=\"audit-log-{day}.{}\"", format.extension());
    let headers = [
        (header::CONTENT_TYPE, format.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, file),
    ];
    let mut response = (headers, Body::from_stream(parts(export, format))).into_response();
    pass_at_once(response.headers_mut());
    Ok(response)
}

/// The file in parts. A fault cuts it off, so that nobody takes a part for the whole.
fn parts(export: AuditExport, format: Format) -> impl Stream<Item = Result<Vec<u8>, AppError>> {
    let begin = (export, Some(format.head()));
    stream::try_unfold(begin, move |(mut export, head)| async move {
        if let Some(head) = head {
            return Ok(Some((head, (export, None))));
        }
        let next = export.next().await.map_err(|error| {
            tracing::error!(%error, "an export of the audit log was cut off");
            AppError::Unavailable
        })?;
        let part = match next {
            None => return Ok(None),
            Some(Exported::Entries(entries)) => {
                entries.iter().flat_map(|e| format.line(e)).collect()
            }
            Some(Exported::Incomplete(before)) => format.incomplete(before),
        };
        Ok(Some((part, (export, None))))
    })
}

/// How entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// Comma-separated values (RFC 4180), for a spreadsheet.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// The columns of a CSV file.
const COLUMNS: [&str; 12] = [
    "at",
    "who",
    "role",
    "who_clinic",
    "action",
    "whose",
    "from",
    "why",
    "outcome",
    "entry_id",
    "session_id",
    "correlation_id",
];

impl Format {
    fn named(name: Option<&str>) -> Result<Self, Problem> {
        match name {
            Some("csv") => Ok(Self::Csv),
            Some("ndjson") => Ok(Self::Ndjson),
            _ => {
                let fault = FieldError::new("format", "unknown", "`format` must be csv or ndjson.");
                Err(Problem::unusable(StatusCode::BAD_REQUEST, fault))
            }
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// What a file begins with.
    fn head(self) -> Vec<u8> {
        match self {
            Self::Csv => csv_line(&COLUMNS.map(str::to_owned)),
            Self::Ndjson => Vec::new(),
        }
    }

    fn line(self, item: &AuditItem) -> Vec<u8> {
        match self {
            Self::Csv => csv_line(&cells(item)),
            Self::Ndjson => json_line(item),
        }
    }

    /// What a file ends with that does not hold everything.
    fn incomplete(self, before: Timestamp) -> Vec<u8> {
        let why = format!(
            "This export ends after {EXPORT_MAX} entries, and there are more before this moment: \
             export them by themselves."
        );
        match self {
            Self::Csv => csv_line(&[before.to_string(), why]),
            Self::Ndjson => json_line(&json!({ "incomplete": why, "before": before })),
        }
    }
}

fn cells(item: &AuditItem) -> [String; 12] {
    let whose: Vec<String> = item.whose.iter().map(ToString::to_string).collect();
    let outcome = match item.outcome {
        Outcome::Allowed => "allowed",
        Outcome::Denied => "denied",
    };
    let or_nothing = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        item.at.to_string(),
        or_nothing(&item.who),
        item.role.map(|role| role.to_string()).unwrap_or_default(),
        item.who_clinic.as_ref().map(ToString::to_string).unwrap_or_default(),
        item.action.clone(),
        whose.join(" "),
        or_nothing(&item.from),
        or_nothing(&item.why),
        outcome.to_owned(),
        item.entry_id.to_string(),
        item.session_id.map(|id| id.to_string()).unwrap_or_default(),
        item.correlation_id.to_string(),
    ]
}

fn csv_line(cells: &[String]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    // Writing to memory does not fail.
    let written = writer.write_record(cells.iter().map(|cell| harmless(cell)));
    written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula: reasons and names are what somebody typed.
fn harmless(cell: &str) -> String {
    // What is not seen may be dropped when the file is read, and the next letter then is the first.
    let first = cell.chars().find(|letter| !is_unseen(*letter));
    let begins_unseen = cell.starts_with(|letter: char| letter.is_control());
    if begins_unseen || first.is_some_and(begins_a_formula) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn is_unseen(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The four signs, and what spreadsheets of other scripts take for them: in full width, small,
/// raised and lowered, and the minus of mathematics.
fn begins_a_formula(letter: char) -> bool {
    matches!(
        letter,
        '=' | '\u{ff1d}'
            | '\u{fe66}'
            | '\u{207c}'
            | '\u{208c}'
            | '+'
            | '\u{ff0b}'
            | '\u{fe62}'
            | '\u{207a}'
            | '\u{208a}'
            | '-'
            | '\u{ff0d}'
            | '\u{fe63}'
            | '\u{207b}'
            | '\u{208b}'
            | '\u{2212}'
            | '@'
            | '\u{ff20}'
            | '\u{fe6b}'
    )
}

fn json_line(value: &impl serde::Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use domain::ids::{AuditEntryId, CorrelationId, PatientId};
    use uuid::Uuid;

    use super::*;

    fn item(why: &str) -> AuditItem {
        AuditItem {
            entry_id: AuditEntryId(Uuid::from_u128(1)),
            at: "2026-11-21T08:00:00Z".parse().expect("a time"),
            who: Some("ben".to_owned()),
            role: Some(Role::Clinician),
            who_clinic: "north".parse().ok(),
            action: "observations.read".to_owned(),
            whose: vec![PatientId(Uuid::from_u128(2)), PatientId(Uuid::from_u128(3))],
            from: Some("192.0.2.7".to_owned()),
            why: Some(why.to_owned()),
            outcome: Outcome::Allowed,
            session_id: None,
            correlation_id: CorrelationId(Uuid::from_u128(4)),
        }
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn a_line_of_csv_has_a_cell_for_every_column() {
        let line = text(Format::Csv.line(&item("a, \"b\"")));
        let id = |n: u8| format!("00000000-0000-0000-0000-00000000000{n}");
        let expected = format!(
            "2026-11-21T08:00:00Z,ben,clinician,north,observations.read,{} {},192.0.2.7,\
             \"a, \"\"b\"\"\",allowed,{},,{}\n",
            id(2),
            id(3),
            id(1),
            id(4)
        );
        assert_eq!(line, expected);
        assert_eq!(text(Format::Csv.head()), format!("{}\n", COLUMNS.join(",")));
    }

    #[test]
    fn no_cell_is_a_formula() {
        let signs = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "⁼", "−"];
        let unseen =
            ["\t=", "\r", "\n", "\t", " =", "\u{a0}@", "\u{3000}＝", "\u{feff}=", "\u{200b}+"];
        for begin in signs.into_iter().chain(unseen) {
            let cell = format!("{begin}cmd()");
            assert_eq!(harmless(&cell), format!("'{cell}"), "{begin:?}");
        }
        for text in ["a=b", "Ａ＝", " anna", "'=1", ""] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn a_line_of_json_is_the_item() {
        let line = text(Format::Ndjson.line(&item("=x")));
        assert_eq!(serde_json::from_str::<AuditItem>(&line).ok(), Some(item("=x")));
        assert!(line.ends_with("}\n"));
    }
}
