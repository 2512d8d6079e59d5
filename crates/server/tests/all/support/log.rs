use std::sync::{Mutex, Once, PoisonError};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// What this process logs, all of our own crates' talk included.
#[derive(Clone, Copy)]
pub struct Log;

static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static STARTED: Once = Once::new();

impl Log {
    /// Starts to keep what is logged.
    pub fn start() {
        STARTED.call_once(|| {
            tracing_subscriber::fmt()
                .with_env_filter(EnvFilter::new("info,wd_=debug,all=debug"))
                .with_ansi(false)
                .with_writer(Self)
                .init();
        });
    }

    /// Everything so far.
    pub fn read() -> Vec<u8> {
        WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        WRITTEN
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        *self
    }
}
