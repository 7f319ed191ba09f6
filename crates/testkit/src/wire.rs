//! A wire to the PostgreSQL test server that can be cut and mended.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The wire.
pub struct Wire {
    /// Where to connect instead of the server.
    pub address: SocketAddr,
    whole: Arc<AtomicBool>,
    cut: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Wire {
    /// A whole wire to the server in `GUILDHALL_TEST_POSTGRES`.
    pub async fn to_test_server() -> Self {
        let url = std::env::var("GUILDHALL_TEST_POSTGRES").expect("GUILDHALL_TEST_POSTGRES");
        let host = url.rsplit('@').next().and_then(|rest| rest.split('/').next()).expect("a host").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (whole, cut) = (Arc::new(AtomicBool::new(true)), Arc::new(Notify::new()));
        let (state, scissors) = (Arc::clone(&whole), Arc::clone(&cut));
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if state.load(Ordering::SeqCst) {
                    tokio::spawn(carry(near, host.clone(), Arc::clone(&scissors)));
                }
            }
        });
        Self { address, whole, cut, task }
    }

    /// Cuts every connection, and whoever connects is hung up on.
    pub fn cut(&self) {
        self.whole.store(false, Ordering::SeqCst);
        self.cut.notify_waiters();
    }

    /// Mends the wire.
    pub fn mend(&self) {
        self.whole.store(true, Ordering::SeqCst);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut near: TcpStream, host: String, cut: Arc<Notify>) {
    let Ok(mut far) = TcpStream::connect(&host).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
        () = cut.notified() => {}
    }
}
