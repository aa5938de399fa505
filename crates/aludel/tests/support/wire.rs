//! A wire between a program and its server that delays what it carries, and counts round trips.

use std::{
    io::{Read, Result, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// A local port that leads to a server. It carries bytes until the process ends.
#[derive(Debug)]
pub struct Wire {
    port: u16,
    trips: Arc<Trips>,
}

/// How deep questions and answers are nested: what is sent after the answer to a question of depth 1
/// came, and so may depend on it, is of depth 2.
#[derive(Debug, Default)]
struct Trips {
    /// The deepest question that was sent.
    asked: AtomicU32,
    /// The deepest that has reached the server.
    arrived: AtomicU32,
    /// The deepest whose answer has come back.
    answered: AtomicU32,
}

/// Bytes on their way.
struct Parcel {
    due: Instant,
    depth: u32,
    bytes: Vec<u8>,
}

impl Wire {
    /// A wire to `server` (`host:port`) that takes so long each way. What is sent without waiting for
    /// an answer should be sent within that time, or it counts as if it had waited.
    ///
    /// # Errors
    /// There is no free port.
    pub fn to(server: &str, delay: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let wire = Self { port: listener.local_addr()?.port(), trips: Arc::default() };
        let (server, trips) = (server.to_owned(), Arc::clone(&wire.trips));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(&server) else { return };
                // Where one end is gone already, the other will notice.
                let _ = carry(client, server, delay, &trips);
            }
        });
        Ok(wire)
    }

    /// The port to connect to, of `127.0.0.1`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The round trips since the last call. Nothing may be on its way.
    pub fn trips(&self) -> u32 {
        self.trips.answered.store(0, Ordering::SeqCst);
        self.trips.arrived.store(0, Ordering::SeqCst);
        self.trips.asked.swap(0, Ordering::SeqCst)
    }
}

fn carry(client: TcpStream, server: TcpStream, delay: Duration, trips: &Arc<Trips>) -> Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let there = (client.try_clone()?, server.try_clone()?);
    line(there, delay, Arc::clone(trips), Trips::ask, Trips::arrive);
    line((server, client), delay, Arc::clone(trips), Trips::answer, Trips::come_back);
    Ok(())
}

impl Trips {
    /// The depth of what was just sent.
    fn ask(&self) -> u32 {
        let depth = self.answered.load(Ordering::SeqCst) + 1;
        self.asked.fetch_max(depth, Ordering::SeqCst);
        depth
    }

    fn arrive(&self, depth: u32) {
        self.arrived.fetch_max(depth, Ordering::SeqCst);
    }

    /// The depth of what the server just sent.
    fn answer(&self) -> u32 {
        self.arrived.load(Ordering::SeqCst)
    }

    fn come_back(&self, depth: u32) {
        self.answered.fetch_max(depth, Ordering::SeqCst);
    }
}

/// One direction: `stamp` says how deep the bytes are that were just read, `deliver` hears of those that
/// are about to be written.
fn line(
    (mut from, mut to): (TcpStream, TcpStream),
    delay: Duration,
    trips: Arc<Trips>,
    stamp: fn(&Trips) -> u32,
    deliver: fn(&Trips, u32),
) {
    let (sender, parcels) = mpsc::channel::<Parcel>();
    let stamped = Arc::clone(&trips);
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let parcel = Parcel {
                due: Instant::now() + delay,
                depth: stamp(&stamped),
                bytes: buffer[..length].to_vec(),
            };
            if sender.send(parcel).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for Parcel { due, depth, bytes } in parcels {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            deliver(&trips, depth);
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        // It may be closed already.
        let _ = to.shutdown(Shutdown::Write);
    });
}
