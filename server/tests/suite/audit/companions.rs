//! What an access leads to is written in the transaction that records it: both or neither.

use domain::event::Envelope;
use futures::future::join_all;
use healthflow::audit::log::Companion;
use healthflow::audit::reading::Filter;
use healthflow::store::dynamo_events::DynamoEventStore;
use healthflow::store::event_store::{EventStore, StoredEvent};

use super::{Setup, own};
use crate::event_store_contract::observation;

fn companion(events: &DynamoEventStore, envelope: &Envelope) -> Companion {
    let stored = StoredEvent::from_envelope(envelope).unwrap();
    Companion { item: events.item_to_append(&stored).unwrap(), place: stored.stream_id }
}

pub(super) async fn whoever_cannot_come_along_spoils_nothing(setup: &Setup) {
    let events = DynamoEventStore::new(setup.client.clone(), &setup.config.events_table);
    let (log, _) = setup.open().await;
    let before = setup.exported(Filter::default()).await.len();
    let [taken, wanted_twice, fresh] = [(); 3].map(|()| observation(0));
    events.append_one(&taken).await.unwrap();
    // Those that wait at the same moment share a block.
    let asked = [&taken, &wanted_twice, &wanted_twice, &fresh];
    let written = asked.map(|envelope| log.record_with(own(1), companion(&events, envelope)));
    let written: Vec<bool> =
        join_all(written).await.into_iter().map(|written| written.unwrap()).collect();
    assert_eq!(written, [false, true, false, true]);
    for envelope in asked {
        let kept = events.load(&envelope.stream_id).await.unwrap();
        assert_eq!(kept, std::slice::from_ref(envelope));
    }
    assert_eq!(setup.exported(Filter::default()).await.len(), before + 4);
}
