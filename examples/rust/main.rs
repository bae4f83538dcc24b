//! A word counter as a TCP service: every connection has a thread of its own, all of them share one table of words.
//!
//! A line `count TEXT` adds the text's words, `top N` lists the N most frequent, `panic` makes the connection's thread panic (and nothing else), `quit`
//! ends the connection, `stop` the program, which then says how much it has served.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::{env, process, thread};

#[derive(Default)]
struct Service {
    words: Mutex<BTreeMap<String, u64>>,
    lines: AtomicU64,
    panics: AtomicU64,
    stopping: AtomicBool,
}

impl Service {
    /// The answer to one line; `None` ends the connection.
    fn answer(&self, line: &str) -> Option<String> {
        self.lines.fetch_add(1, Ordering::Relaxed);
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        match command {
            "count" => {
                let mut words = self.words.lock().unwrap();
                let mut added = 0;
                for word in rest.split_whitespace() {
                    *words.entry(word.to_lowercase()).or_default() += 1;
                    added += 1;
                }
                Some(format!("{added} words, {} different\n", words.len()))
            }
            "top" => match rest.parse::<usize>() {
                Ok(most) => Some(self.top(most)),
                Err(error) => Some(format!("error: {error}\n")),
            },
            "panic" => panic!("asked for"),
            "quit" => None,
            "stop" => {
                self.stopping.store(true, Ordering::SeqCst);
                None
            }
            _ => Some(format!("error: no command {command:?}\n")),
        }
    }

    /// The most frequent words, equally frequent ones by the alphabet.
    fn top(&self, most: usize) -> String {
        let words = self.words.lock().unwrap();
        let mut list: Vec<_> = words.iter().collect();
        list.sort_by(|a, b| b.1.cmp(a.1));
        list.iter().take(most).map(|(word, count)| format!("{count} {word}\n")).collect()
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut output = stream.try_clone()?;
        for line in BufReader::new(stream).lines() {
            match self.answer(line?.trim_end()) {
                Some(text) => output.write_all(text.as_bytes())?,
                None => break,
            }
        }
        Ok(())
    }
}

fn main() -> io::Result<()> {
    let port: u16 = match env::args().nth(1).map(|text| text.parse()) {
        None => 7070,
        Some(Ok(port)) => port,
        Some(Err(error)) => {
            eprintln!("the port: {error}");
            process::exit(2);
        }
    };
    let listener = TcpListener::bind(("0.0.0.0", port))?;
    let own = listener.local_addr()?;
    println!("listening on port {}", own.port());
    let service = Arc::new(Service::default());
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        if service.stopping.load(Ordering::SeqCst) {
            break;
        }
        let (stream, service) = (stream?, Arc::clone(&service));
        threads.push(thread::spawn(move || {
            let result = service.serve(stream);
            // Whoever waits for the next connection does not look at the flag until there is one.
            if service.stopping.load(Ordering::SeqCst) {
                let _ = TcpStream::connect(("127.0.0.1", own.port()));
            }
            result
        }));
    }
    for ended in threads {
        if ended.join().is_err() {
            service.panics.fetch_add(1, Ordering::Relaxed);
        }
    }
    let [lines, panics] = [&service.lines, &service.panics].map(|n| n.load(Ordering::Relaxed));
    println!("served {lines} lines; {panics} connections panicked");
    Ok(())
}
