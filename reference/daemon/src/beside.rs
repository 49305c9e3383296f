//! Threads that wait for the kernel while somebody else goes on.
//!
//! They stay for the next one: to make a thread, and for it to begin, takes a tenth of a DEL,
//! and to wake one that sleeps, half of that. None of them is the runtime's, whose few must
//! not all wait.

use std::hint;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use kernel::pair::Work;
use nix::unistd::{Pid, gettid};

use crate::processors;

/// Most threads that stay: each keeps some memory.
const STAY: usize = 4;
/// How long one that was called stays awake: a few times what it takes to find out what there
/// is to be done.
const AWAKE: Duration = Duration::from_micros(200);

/// Those that wait for work.
#[derive(Clone, Default)]
pub(crate) struct Threads(Arc<Mutex<Vec<Waiting>>>);

struct Waiting {
    thread: Pid,
    orders: Sender<Order>,
}

enum Order {
    /// There will be work in a moment.
    Wake,
    Do(Work),
}

/// A thread that is about to get work. Without any it sleeps again.
pub(crate) struct Called {
    threads: Threads,
    waiting: Option<Waiting>,
}

impl Threads {
    /// Calls one that waits, if any does, so that it is awake when the work is known.
    pub(crate) fn call(&self) -> Called {
        let waiting = self.lock().pop();
        if let Some(Waiting { thread, orders }) = &waiting
            && processors::part_from(*thread)
        {
            // It waits: nothing that it does then can fail.
            let _ = orders.send(Order::Wake);
        }
        Called { threads: self.clone(), waiting }
    }

    fn start(&self, work: Work) -> io::Result<()> {
        let threads = self.clone();
        let serve = move || threads.serve(work);
        thread::Builder::new().name("beside".to_owned()).spawn(serve).map(drop)
    }

    fn serve(&self, first: Work) {
        let (sender, orders) = channel();
        first();
        while self.stay(Waiting { thread: gettid(), orders: sender.clone() }) {
            work_of(&orders)();
        }
    }

    /// Answers whether there is room for this one.
    fn stay(&self, one: Waiting) -> bool {
        let mut waiting = self.lock();
        let room = waiting.len() < STAY;
        if room {
            waiting.push(one);
        }
        room
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.0.lock().expect("no holder panics")
    }
}

/// Waits for work.
fn work_of(orders: &Receiver<Order>) -> Work {
    loop {
        match orders.recv().expect("the thread itself holds a sender") {
            Order::Do(work) => return work,
            Order::Wake => {
                if let Some(work) = work_soon(orders) {
                    return work;
                }
            }
        }
    }
}

fn work_soon(orders: &Receiver<Order>) -> Option<Work> {
    let asleep = Instant::now() + AWAKE;
    while Instant::now() < asleep {
        match orders.try_recv() {
            Ok(Order::Do(work)) => return Some(work),
            Ok(Order::Wake) | Err(_) => hint::spin_loop(),
        }
    }
    None
}

impl Called {
    /// Does `work` in that thread, or in a new one.
    pub(crate) fn run(&mut self, work: Work) -> io::Result<()> {
        match self.waiting.take() {
            Some(waiting) => (waiting.orders.send(Order::Do(work)))
                .map_err(|_| io::Error::other("the thread that was called has gone")),
            None => self.threads.start(work),
        }
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            self.threads.lock().push(waiting);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::thread::ThreadId;

    fn until(met: impl Fn() -> bool) {
        while !met() {
            thread::yield_now();
        }
    }

    fn who(threads: &Threads) -> ThreadId {
        let (tell, told) = channel();
        let work = move || tell.send(thread::current().id()).unwrap();
        threads.call().run(Box::new(work)).unwrap();
        told.recv().unwrap()
    }

    #[test]
    fn a_thread_that_is_done_takes_the_next_work_also_after_a_call_for_nothing() {
        let threads = Threads::default();
        let first = who(&threads);
        for _ in 0..3 {
            until(|| !threads.lock().is_empty());
            drop(threads.call());
            assert_eq!(who(&threads), first);
        }
    }

    #[test]
    fn works_do_not_wait_for_each_other_and_few_threads_stay() {
        let threads = Threads::default();
        let many = STAY + 3;
        let together = Arc::new(Barrier::new(many + 1));
        for _ in 0..many {
            let together = together.clone();
            threads.call().run(Box::new(move || _ = together.wait())).unwrap();
        }
        together.wait();
        until(|| threads.lock().len() == STAY);
    }
}
