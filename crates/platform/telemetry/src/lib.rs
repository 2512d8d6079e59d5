//! Structured logs (JSON lines, or text on a terminal) and Prometheus metrics.
//!
//! What is logged: what happened, with ids and codes. What is never logged: bodies, secrets, names, addresses of people.
//! Good: `conversation=cnv_… seq=7 "appended"`. Bad: `"message from Ada: …"`.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

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
}

/// Starts logging to standard error with a filter such as `info` or `wd_channels=debug,info`.
pub fn start_logs(filter: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter).map_err(TelemetryError::Filter)?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() {
        logs.compact().try_init()
    } else {
        logs.json().flatten_event(true).with_current_span(true).try_init()
    };
    started.map_err(TelemetryError::Logs)
}

/// The metrics of this process, rendered when asked.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Starts counting.
    pub fn start() -> Result<Self, TelemetryError> {
        PrometheusBuilder::new()
            .install_recorder()
            .map(Self)
            .map_err(TelemetryError::Metrics)
    }

    /// The Prometheus text format, version 0.0.4.
    pub fn render(&self) -> String {
        self.0.render()
    }
}
