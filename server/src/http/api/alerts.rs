//! `GET /api/alerts`.

use app::backend::Backend;
use app::wire::AlertItem;
use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;

use super::{Asking, page_request, query};
use crate::http::AppState;
use crate::http::problem::Problem;
use crate::identity::access;

#[derive(Serialize)]
pub(super) struct Alerts {
    alerts: Vec<AlertItem>,
    next_cursor: Option<String>,
}

pub(super) async fn list(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<Alerts>, Problem> {
    access::principal(&asking)?;
    let parameters = query(&request, &["limit", "cursor"])?;
    let page = state.service.alerts(&asking.0, page_request(&parameters)?).await?;
    Ok(Json(Alerts { alerts: page.items, next_cursor: page.next_cursor }))
}
