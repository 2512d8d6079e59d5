use wd_client::{Frame, Socket};
use wd_kernel::Duration;

const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Asks again until the answer is there, for a bounded time.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .unwrap_or_else(|_| panic!("in vain: {what}"))
}

/// The next frame that `pick` wants, for a bounded time; others are passed over.
pub async fn frame<T>(socket: &mut Socket, what: &str, mut pick: impl FnMut(Frame) -> Option<T>) -> T {
    let hearing = async {
        while let Some(frame) = socket.next().await {
            if let Some(picked) = pick(frame) {
                return picked;
            }
        }
        panic!("the socket ended before: {what}")
    };
    tokio::time::timeout(PATIENCE, hearing)
        .await
        .unwrap_or_else(|_| panic!("in vain: {what}"))
}
