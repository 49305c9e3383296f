//! The end of a pair. The kernel takes its time with it: another thread waits for that.

use std::io;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use model::kernel::{Rule, Scene, Select};

use crate::conn::Conn;
use crate::links::{self, Links};
use crate::{KernelError, apply, read};

/// Something to be done beside who asks for it.
pub type Work = Box<dyn FnOnce() + Send>;

/// Does `work` in a thread of its own.
pub fn in_a_thread(work: Work) -> io::Result<()> {
    thread::Builder::new().name("leaving".to_owned()).spawn(work).map(drop)
}

/// A pair that another thread takes down.
#[must_use]
pub struct Leaving {
    node: Conn,
    host: String,
    /// Told once when the rules are gone, and once when the pair is.
    told: Receiver<Result<(), Vec<KernelError>>>,
    over: bool,
}

impl Leaving {
    /// Waits until nobody finds the pair any more, in the node's namespace, and with it its
    /// routes and neighbours are gone; what the kernel has yet to do then takes it some 20 ms.
    pub fn gone(self) -> Result<Self, Vec<KernelError>> {
        if let Err(mut errors) = self.next() {
            errors.extend(self.told.recv().ok().and_then(Result::err).into_iter().flatten());
            return Err(errors);
        }
        loop {
            match self.told.try_recv() {
                Ok(deleted) => return deleted.map(|()| Self { over: true, ..self }),
                Err(TryRecvError::Empty) if !self.finds()? => return Ok(self),
                Err(TryRecvError::Empty) => thread::yield_now(),
                Err(TryRecvError::Disconnected) => return Err(abandoned()),
            }
        }
    }

    /// Waits until the kernel is done with it.
    pub fn ended(self) -> Result<(), Vec<KernelError>> {
        if self.over { Ok(()) } else { self.next() }
    }

    fn next(&self) -> Result<(), Vec<KernelError>> {
        self.told.recv().map_err(|_| abandoned())?
    }

    fn finds(&self) -> Result<bool, Vec<KernelError>> {
        self.node.finds(&self.host).map_err(|error| vec![error])
    }
}

fn abandoned() -> Vec<KernelError> {
    vec![KernelError::Talk(io::Error::other("whoever takes the pair down has gone"))]
}

/// Begins to remove the pod's rules from the node, and then the pair whose node's end is
/// called `host`, by work that `beside` does in another thread of the node's namespace. What
/// is gone is fine. The thread must be in the node's namespace.
pub fn detach(
    host: String,
    rules: Vec<Rule>,
    beside: impl FnOnce(Work) -> io::Result<()>,
) -> Result<Leaving, KernelError> {
    let (tell, told) = channel();
    let name = host.clone();
    let work = move || take_down(&name, rules, &tell);
    beside(Box::new(work)).map_err(KernelError::Socket)?;
    let node = Conn::here()?;
    Ok(Leaving { node, host, told, over: false })
}

/// Removes the pair whose node's end is called `host`, as [`detach`] does, with the
/// rules for the addresses that the kernel routes to it: nobody else is there to say
/// which addresses those are.
pub fn detach_unknown(
    host: String,
    beside: impl FnOnce(Work) -> io::Result<()>,
) -> Result<Leaving, KernelError> {
    let mut conn = Conn::here()?;
    let links = Links::list(&mut conn)?;
    let mut seen = read(&mut conn, &links)?;
    seen.routes.retain(|route| route.link == host);
    let routed = |net| seen.routes.iter().any(|route| route.dst == net);
    let about = |rule: &&Rule| match rule.select {
        Select::From(net) | Select::To(net) => routed(net),
        Select::All | Select::Mark { .. } => false,
    };
    let rules = seen.rules.iter().filter(about).cloned().collect();
    detach(host, rules, beside)
}

/// Rules do not go with the pair; all else does, before nobody finds it any more: the kernel
/// closes a link, which takes its routes, before it takes the link itself off its list.
fn take_down(host: &str, rules: Vec<Rule>, tell: &Sender<Result<(), Vec<KernelError>>>) {
    // Who does not wait is not told.
    let tell = |step| drop(tell.send(step));
    let open = || -> Result<_, KernelError> {
        let conn = Conn::here()?;
        let links = Links::indexed(&conn, host)?;
        Ok((conn, links))
    };
    match open() {
        Err(error) => tell(Err(vec![error])),
        Ok((mut conn, links)) => {
            tell(apply::remove(&mut conn, &links, &Scene { rules, ..Scene::default() }));
            defect::point("kernel.pair.undressed");
            let link = links.by_name(host);
            let deleted = link.map_or(Ok(()), |link| links::delete(&mut conn, link.index, host));
            tell(deleted.map_err(|error| vec![error]));
        }
    }
}
