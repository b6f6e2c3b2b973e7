//! A connection whose reader must keep up.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream that fails once the other side has taken nothing of what is being written for a given
/// time. Where nothing is written, as on a quiet live stream, no time runs.
#[derive(Debug)]
pub struct Paced<S> {
    stream: S,
    write_time_max: Duration,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Paced<S> {
    /// `stream`, cut off when a write waits longer than `write_time_max`.
    pub fn new(stream: S, write_time_max: Duration) -> Self {
        Self { stream, write_time_max, deadline: None }
    }

    /// Lets time run while `outcome` is pending.
    fn pace<T>(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.deadline = None;
            return outcome;
        }
        let write_time_max = self.write_time_max;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(write_time_max)));
        ready!(deadline.as_mut().poll(cx));
        // Whoever tries again gets no more time at once.
        deadline.as_mut().reset(Instant::now() + write_time_max);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.pace(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.pace(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.pace(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.pace(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_nothing_is_cut_off() {
        let (ours, _theirs) = tokio::io::duplex(4);
        let begun = Instant::now();
        let refused = Paced::new(ours, LIMIT).write_all(b"too much for it").await;
        assert_eq!(refused.expect_err("cut off").kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_goes_on_reading_is_kept() {
        let (ours, mut theirs) = tokio::io::duplex(4);
        let reader = tokio::spawn(async move {
            let mut taken = [0; 12];
            for part in taken.chunks_mut(4) {
                tokio::time::sleep(LIMIT * 2 / 3).await;
                theirs.read_exact(part).await.expect("there is more");
            }
            taken
        });
        Paced::new(ours, LIMIT).write_all(b"twelve bytes").await.expect("it kept up");
        assert_eq!(&reader.await.expect("read"), b"twelve bytes");
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_stream_may_stay_quiet() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let mut ours = Paced::new(ours, LIMIT);
        ours.write_all(b"a").await.expect("taken");
        tokio::time::sleep(LIMIT * 10).await;
        ours.write_all(b"b").await.expect("taken");
        let mut taken = [0; 2];
        theirs.read_exact(&mut taken).await.expect("both");
        assert_eq!(&taken, b"ab");
    }
}
