//! Structured logs (JSON lines, or text on a terminal) and Prometheus metrics.
//!
//! What is logged: what happened, with ids and codes. What is never logged: bodies, secrets, names, addresses of people.
//! Good: `conversation=cnv_… seq=7 "appended"`. Bad: `"message from Ada: …"`.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::filter_fn, fmt, layer::SubscriberExt as _, util::SubscriberInitExt,
};

/// How often what was timed is put together.
const PUT_TOGETHER_EVERY: std::time::Duration = std::time::Duration::from_secs(5);

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not one of `tracing`'s.
    #[error("the log filter is not valid")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// Something in this process logs already.
    #[error("logging is set up already")]
    Logs(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something in this process counts already.
    #[error("metrics are set up already")]
    Metrics(#[source] metrics_exporter_prometheus::BuildError),
    /// There is no thread to keep the metrics small.
    #[error("the thread of the metrics does not start")]
    Thread(#[source] std::io::Error),
}

/// Starts logging to standard error with a filter such as `info` or `wd_channels=debug,info`.
pub fn start_logs(filter: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter).map_err(TelemetryError::Filter)?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = if std::io::stderr().is_terminal() {
        lines.compact().boxed()
    } else {
        lines.json().flatten_event(true).with_current_span(true).boxed()
    };
    let started = filtered(filter, lines).try_init();
    started.map_err(|error| TelemetryError::Logs(Box::new(error)))
}

/// Filters for all, not one of the layer: with that, a library that asks whether it may speak, and then does not, takes the
/// next line of somebody else with it.
fn filtered(filter: EnvFilter, lines: impl Layer<Registry> + Send + Sync) -> impl SubscriberInitExt {
    tracing_subscriber::registry()
        .with(lines)
        .with(filter)
        .with(filter_fn(|metadata| may_speak(metadata.target())))
}

/// The libraries of SMPP write what they send and get, passwords and codes among it: whatever the filter asks for, not
/// into our log.
fn may_speak(target: &str) -> bool {
    !target.starts_with("rusmpp")
}

/// The metrics of this process, rendered when asked.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Starts counting. What was timed is kept as it came until it is put together; where nobody asks for the metrics,
    /// a thread of their own does that.
    pub fn start() -> Result<Self, TelemetryError> {
        let handle = PrometheusBuilder::new()
            .install_recorder()
            .map_err(TelemetryError::Metrics)?;
        let kept_small = handle.clone();
        std::thread::Builder::new()
            .name("metrics".to_owned())
            .spawn(move || {
                loop {
                    std::thread::sleep(PUT_TOGETHER_EVERY);
                    kept_small.run_upkeep();
                }
            })
            .map_err(TelemetryError::Thread)?;
        Ok(Self(handle))
    }

    /// The Prometheus text format, version 0.0.4.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Count(std::sync::Arc<std::sync::atomic::AtomicUsize>);

    impl Layer<Registry> for Count {
        fn on_event(&self, _: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, Registry>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    }

    #[test]
    fn who_asks_and_stays_silent_takes_no_line_of_others() {
        let count = Count::default();
        let dispatch: tracing::Dispatch = filtered(EnvFilter::new("info"), count.clone()).into();
        tracing::dispatcher::with_default(&dispatch, || {
            for _ in 0..3 {
                assert!(!tracing::enabled!(tracing::Level::DEBUG));
                tracing::info!("a line");
            }
        });
        assert_eq!(count.0.load(std::sync::atomic::Ordering::SeqCst), 3);
    }

    #[test]
    fn what_goes_over_the_line_of_smpp_is_in_no_log() {
        for target in [
            "rusmpp::codec::encode",
            "rusmpp::codec::decode",
            "rusmppc::connection::smpp",
        ] {
            assert!(!may_speak(target), "{target}");
        }
        assert!(may_speak("wd_sms::work"));
    }
}
