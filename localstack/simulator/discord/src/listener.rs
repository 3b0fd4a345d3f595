use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::platform::Platform;

/// Hangs up on the client: nothing more is written to this connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct HangUp(Arc<AtomicBool>);

impl HangUp {
    pub(crate) fn hang_up(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_hung_up(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Connected<IncomingStream<'_, RefusingListener>> for HangUp {
    fn connect_info(stream: IncomingStream<'_, RefusingListener>) -> Self {
        stream.io().hang_up.clone()
    }
}

/// Accepts connections, and closes them at once while the settings say so.
#[derive(Debug)]
pub(crate) struct RefusingListener {
    pub(crate) listener: TcpListener,
    pub(crate) platform: Arc<Platform>,
}

impl Listener for RefusingListener {
    type Io = BreakableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (BreakableStream, SocketAddr) {
        loop {
            // This trait's own accept also waits out a lack of file descriptors.
            let (stream, address) = Listener::accept(&mut self.listener).await;
            if self
                .platform
                .read(|world| world.settings().refuse_connections)
            {
                continue;
            }
            return (
                BreakableStream {
                    stream,
                    hang_up: HangUp::default(),
                },
                address,
            );
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that can be broken from inside a request.
#[derive(Debug)]
pub(crate) struct BreakableStream {
    stream: TcpStream,
    hang_up: HangUp,
}

impl BreakableStream {
    fn broken<T>(&self) -> Option<Poll<io::Result<T>>> {
        self.hang_up
            .is_hung_up()
            .then(|| Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())))
    }
}

impl AsyncRead for BreakableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for BreakableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.broken() {
            Some(broken) => broken,
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
