//! Waiting for something to become true.

use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(20);

/// Asks again and again until the answer is there, and panics after a deadline.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let found = tokio::time::timeout(DEADLINE, async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    found
        .await
        .unwrap_or_else(|_late| panic!("{what} did not happen within {DEADLINE:?}"))
}
