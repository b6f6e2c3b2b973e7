//! The head of a table. Its roles are spelled out, because on narrow screens rows are laid out as
//! cards, and browsers then forget what a table is.

use leptos::prelude::*;

/// What a column holds, and its class, if it has one.
pub(super) type Column = (&'static str, Option<&'static str>);

/// The head of a table with these columns.
#[component]
pub(super) fn TableHead(
    /// The columns, in their order.
    columns: &'static [Column],
) -> impl IntoView {
    let columns = columns.iter().map(|(label, class)| {
        view! {
            <th scope="col" role="columnheader" class=*class>
                {*label}
            </th>
        }
    });
    view! {
        <thead role="rowgroup">
            <tr role="row">{columns.collect_view()}</tr>
        </thead>
    }
}
