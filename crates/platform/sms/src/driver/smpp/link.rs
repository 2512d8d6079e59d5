//! The connection: made when it is first needed, bound, watched, and made again.

use std::{
    str::FromStr as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{Stream, StreamExt as _};
use rusmpp::{
    Command, CommandStatus, Pdu,
    pdus::{BindTransceiver, DeliverSmResp},
    types::COctetString,
    values::{InterfaceVersion, Npi, Ton},
};
use rusmppc::{Client, ConnectionBuilder, Event};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{Notify, OwnedSemaphorePermit, Semaphore, watch},
    task::AbortHandle,
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;
use tracing::{info, warn};
use wd_config::{SmsSecurity, SmsSmpp};
use wd_kernel::SecretString;

use super::{receipt, trouble};
use crate::{
    SetupError, Trouble,
    driver::{Receipt, tls},
};

/// How long connection and binding may take.
const BIND_WITHIN: Duration = Duration::from_secs(8);
/// How long who wants to send waits for a connection, and for a place in the window.
const WAIT: Duration = Duration::from_secs(5);
/// How often the server is asked whether it is there, and how long it may take to say so.
const ENQUIRE_EVERY: Duration = Duration::from_secs(30);
const ANSWER_WITHIN: Duration = Duration::from_secs(8);
/// The wait before the connection is made again: doubled each time, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The largest command that is read.
const LARGEST_COMMAND: usize = 8 * 1024;
/// How many receipts wait to be written down. Further ones are refused, so that the server keeps them.
const MOST_RECEIPTS: usize = 1000;
/// How often a receipt is looked at that belongs to nothing.
const MOST_TRIES: u8 = 30;

pub(super) struct Link {
    shared: Arc<Shared>,
    keeper: Mutex<Option<AbortHandle>>,
}

struct Shared {
    name: String,
    host: String,
    port: u16,
    tls: Option<TlsConnector>,
    user: String,
    password: SecretString,
    state: watch::Sender<State>,
    wanted: Notify,
    window: Arc<Semaphore>,
    receipts: Mutex<Vec<Receipt>>,
}

/// Where the connection stands, and the how manieth attempt that is.
#[derive(Clone)]
struct State {
    attempt: u64,
    bound: Result<Client, Trouble>,
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

impl Link {
    pub(super) fn open(settings: &SmsSmpp) -> Result<Self, SetupError> {
        let (host, port) = settings.host_and_port()?;
        let password = settings.password.read()?;
        if COctetString::<1, 9>::from_str(password.expose()).is_err() {
            return Err(SetupError::Secret);
        }
        let tls = match settings.security {
            SmsSecurity::None => None,
            SmsSecurity::Tls => {
                ServerName::try_from(host.clone()).map_err(|error| SetupError::Tls(Box::new(error)))?;
                Some(TlsConnector::from(Arc::new(tls::client(settings.ca.as_deref())?)))
            }
        };
        let shared = Shared {
            name: settings.name.clone(),
            host,
            port,
            tls,
            user: settings.user.clone(),
            password,
            state: watch::Sender::new(State {
                attempt: 0,
                bound: Err(Trouble::Unreachable),
            }),
            wanted: Notify::new(),
            window: Arc::new(Semaphore::new(settings.window.into())),
            receipts: Mutex::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
            keeper: Mutex::default(),
        })
    }

    /// A bound connection, and a place in the window as long as the second value lives.
    pub(super) async fn client(&self) -> Result<(Client, OwnedSemaphorePermit), Trouble> {
        self.keep_it();
        let place = timeout(WAIT, self.shared.window.clone().acquire_owned());
        let place = place
            .await
            .map_err(|_| Trouble::Throttled)?
            .map_err(|_| Trouble::Unreachable)?;
        let mut state = self.shared.state.subscribe();
        let seen = state.borrow().attempt;
        self.shared.wanted.notify_one();
        let decided = state.wait_for(|state| state.bound.is_ok() || state.attempt > seen);
        let decided = timeout(WAIT, decided).await.map_err(|_| Trouble::Unreachable)?;
        let bound = decided.map_err(|_| Trouble::Unreachable)?.bound.clone();
        Ok((bound?, place))
    }

    pub(super) fn receipts(&self) -> Vec<Receipt> {
        // Receipts come also to a node that sends nothing.
        self.keep_it();
        std::mem::take(&mut *self.shared.lock_receipts())
    }

    pub(super) fn keep(&self, receipts: Vec<Receipt>) {
        let mut kept = self.shared.lock_receipts();
        let again = receipts.into_iter().map(|receipt| Receipt {
            tries: receipt.tries.saturating_add(1),
            ..receipt
        });
        kept.extend(again.filter(|receipt| receipt.tries < MOST_TRIES));
        kept.truncate(MOST_RECEIPTS);
    }

    fn keep_it(&self) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        if keeper.as_ref().is_none_or(AbortHandle::is_finished) {
            *keeper = Some(tokio::spawn(self.shared.clone().run()).abort_handle());
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keeper) = keeper.take() {
            keeper.abort();
        }
    }
}

impl Shared {
    fn lock_receipts(&self) -> std::sync::MutexGuard<'_, Vec<Receipt>> {
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(self: Arc<Self>) {
        let mut wait = FIRST_WAIT;
        loop {
            let bound = timeout(BIND_WITHIN, self.bind()).await;
            match bound.unwrap_or(Err(Trouble::Unreachable)) {
                Ok((client, events)) => {
                    info!(driver = self.name, "bound to the SMPP server");
                    wait = FIRST_WAIT;
                    self.tell(Ok(client.clone()));
                    self.listen(&client, events).await;
                    warn!(driver = self.name, "the connection to the SMPP server ended");
                    self.tell(Err(Trouble::Unreachable));
                }
                Err(trouble) => {
                    warn!(
                        driver = self.name,
                        trouble = trouble.as_str(),
                        "not bound to the SMPP server"
                    );
                    self.tell(Err(trouble));
                }
            }
            // Who wants to send does not wait for the end of a long pause, but for some of it.
            sleep(FIRST_WAIT).await;
            drop(timeout(wait.saturating_sub(FIRST_WAIT), self.wanted.notified()).await);
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn tell(&self, bound: Result<Client, Trouble>) {
        self.state.send_modify(|state| {
            state.attempt += 1;
            state.bound = bound;
        });
    }

    async fn bind(&self) -> Result<(Client, impl Stream<Item = Event> + Unpin + Send + use<>), Trouble> {
        let unreachable = |_| Trouble::Unreachable;
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(unreachable)?;
        let stream: Box<dyn Io> = match &self.tls {
            None => Box::new(stream),
            Some(tls) => {
                let name = ServerName::try_from(self.host.clone()).map_err(|_| Trouble::Unreachable)?;
                Box::new(tls.connect(name, stream).await.map_err(unreachable)?)
            }
        };
        let (client, events) = ConnectionBuilder::new()
            .max_command_length(LARGEST_COMMAND)
            .enquire_link_interval(ENQUIRE_EVERY)
            .enquire_link_response_timeout(ANSWER_WITHIN)
            .response_timeout(ANSWER_WITHIN)
            .disable_interface_version_check()
            .connected(stream);
        let fits = |_| Trouble::Login;
        let bind = BindTransceiver::builder()
            .system_id(COctetString::from_str(&self.user).map_err(fits)?)
            .password(COctetString::from_str(self.password.expose()).map_err(fits)?)
            .system_type(COctetString::empty())
            .interface_version(InterfaceVersion::Smpp3_4)
            .addr_ton(Ton::Unknown)
            .addr_npi(Npi::Unknown)
            .address_range(COctetString::empty())
            .build();
        client.bind_transceiver(bind).await.map_err(|error| trouble(&error))?;
        Ok((client, events))
    }

    async fn listen(&self, client: &Client, mut events: impl Stream<Item = Event> + Unpin + Send) {
        while let Some(event) = events.next().await {
            match event {
                Event::Incoming(command) => {
                    if !self.answer(client, &command).await {
                        return;
                    }
                }
                Event::Error(_) => return,
            }
        }
    }

    /// `false`: this was the end.
    async fn answer(&self, client: &Client, command: &Command) -> bool {
        let sequence = command.sequence_number();
        match command.pdu() {
            Some(Pdu::DeliverSm(message)) => {
                let is_kept = receipt::read(message).is_none_or(|receipt| {
                    let mut receipts = self.lock_receipts();
                    let is_room = receipts.len() < MOST_RECEIPTS;
                    if is_room {
                        receipts.push(receipt);
                    }
                    is_room
                });
                let status = if is_kept {
                    CommandStatus::EsmeRok
                } else {
                    CommandStatus::EsmeRmsgqful
                };
                let answer = client
                    .status(status)
                    .deliver_sm_resp(sequence, DeliverSmResp::default());
                answer.await.is_ok()
            }
            Some(Pdu::Unbind) => {
                drop(client.unbind_resp(sequence).await);
                false
            }
            _ => true,
        }
    }
}
