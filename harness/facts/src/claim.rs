//! What a step of a scenario claims, with the expected values that the feature
//! or the ledger gives. Facts are named; nothing here looks or judges.

mod parts;

use std::collections::BTreeMap;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::signal::{Named, Still, Untold};

pub use parts::{Carried, Direction, Moved, Reindexed, Table, Wave};

/// A claim about stored facts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "claim", deny_unknown_fields)]
pub enum Claim {
    /// A call ended with success and said what its verb and version ask for.
    CallSucceeds {
        /// The call.
        call: String,
    },
    /// A call ended with an error object of the specification.
    CallFails {
        /// The call.
        call: String,
        /// Codes that are right; empty for any.
        codes: Vec<u64>,
        /// The same call without the flaw, which must have succeeded.
        control: String,
    },
    /// A call took longer than the runtime waits, which stopped it.
    GivenUp {
        /// The call.
        call: String,
        /// So many milliseconds.
        millis: u64,
    },
    /// The error of a call speaks of these words, in message or details.
    ErrorNames {
        /// The call.
        call: String,
        /// Each must occur, letter case aside.
        words: Vec<String>,
    },
    /// VERSION answered in the version asked and lists these versions.
    Versions {
        /// The call.
        call: String,
        /// The version asked in.
        asked: String,
        /// Versions that must be listed.
        listed: Vec<String>,
    },
    /// What ADD told is there in the pod: link, hardware address, addresses,
    /// each ready for use.
    Wired {
        /// The ADD.
        call: String,
        /// State of the pod's namespace.
        pod: String,
    },
    /// ADD told so many addresses of each family.
    Families {
        /// The ADD.
        call: String,
        /// IPv4 addresses.
        v4: usize,
        /// IPv6 addresses.
        v6: usize,
    },
    /// Two ADDs told the same addresses.
    SameAddresses {
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// No address was told by two of these ADDs.
    DistinctAddresses {
        /// The ADDs.
        calls: Vec<String>,
    },
    /// An address told by one ADD is told by none of the others.
    NotReused {
        /// Whose addresses.
        first: String,
        /// ADDs after it.
        later: Vec<String>,
        /// An ADD much later that got one of the addresses.
        control: String,
    },
    /// No address of a namespace is tentative.
    NoneTentative {
        /// State of the namespace.
        state: String,
        /// State before, in which an address of somebody else was.
        control: String,
    },
    /// A namespace has no link of this name.
    LinkGone {
        /// State of the namespace.
        state: String,
        /// Name of the link.
        link: String,
        /// State before, in which the link was there.
        control: String,
    },
    /// Links, addresses, routes, rules and permanent neighbours of a namespace
    /// are as they were.
    SameState {
        /// State before.
        before: String,
        /// State after.
        after: String,
        /// A state in between that differs, so that the comparison is not of
        /// nothing with nothing.
        control: String,
    },
    /// After a long row of sandboxes, of which some were disturbed, there is as much
    /// of everything as before, and no undisturbed call failed.
    NothingGrew {
        /// The count before.
        before: String,
        /// The count after.
        after: String,
        /// What was done in between.
        marathon: String,
        /// Bytes by which memory and files may grow.
        slack: u64,
        /// By how many those may grow that may vary: as many descriptors are connections that
        /// stay open for a while.
        spare: u64,
        /// A count in between, while pods were there, which differs.
        control: String,
    },
    /// Each of these objects, altered by somebody, was soon as before.
    Repaired {
        /// What was altered; at least one.
        drifts: Vec<String>,
        /// Within so many milliseconds.
        millis: u64,
    },
    /// CHECK failed while an object was not as ADD made it.
    Noticed {
        /// What was altered.
        drift: String,
        /// The CHECK.
        check: String,
        /// A CHECK before, which must have succeeded.
        control: String,
    },
    /// Objects of others read the same, although ours beside them were altered and
    /// put back.
    ForeignUntouched {
        /// Looks before and after, in pairs; at least one.
        looks: Vec<[String; 2]>,
        /// What was altered; at least one.
        drifts: Vec<String>,
    },
    /// Everything that a node's kernel names, and none of these words, although each
    /// was named before.
    NamesNone {
        /// The output of the commands that name everything.
        look: String,
        /// Addresses and links of sandboxes that went; at least one.
        words: Vec<String>,
        /// Outputs from while each was there.
        controls: Vec<String>,
    },
    /// Every one of so many ADDs succeeded.
    AllServed {
        /// The ADDs.
        calls: Vec<String>,
        /// How many there must be.
        count: usize,
    },
    /// The server answered.
    Answers {
        /// The try.
        exchange: String,
        /// Who must answer; empty for ICMP.
        by: String,
        /// The client's address as the server must see it, where it matters.
        seen: Option<IpAddr>,
    },
    /// Of all tries of pods that came and went, only those pods answered that were
    /// meant, and no address was given again before it had rested.
    OnlyTheMeant {
        /// What was tried.
        chases: String,
        /// So many tries at least.
        least: u64,
        /// Milliseconds for which an address rests.
        rest: u64,
        /// As counted: tries, answers, and milliseconds of the shortest rest.
        counted: [u64; 3],
    },
    /// Nobody answered, although the same path works.
    Silent {
        /// The try.
        exchange: String,
        /// A try over the same path without the obstacle, which must have been answered.
        control: String,
    },
    /// Packets of a flow passed the node's stack, although another path is known not to.
    PassesStack {
        /// The flow on the node.
        flow: String,
        /// Packets that were sent at least.
        packets: u64,
        /// A flow on a path known to pass it by, with none forwarded.
        control: String,
    },
    /// Nothing that was forged left a node, although an honest packet did.
    NothingForged {
        /// What was sent under another identity.
        forged: String,
        /// What was sent under the sender's own, by the same link and after it.
        honest: String,
        /// What the node sent meanwhile.
        went: String,
    },
    /// Nobody took for true what was forged, although somebody unprotected did.
    NotBelieved {
        /// What was believed before and after, in pairs.
        looks: Vec<[String; 2]>,
        /// Words of which a new belief holds one when it is a forged one,
        lies: Vec<String>,
        /// unless it holds one of these: what is true of the sender.
        truths: Vec<String>,
        /// What the unprotected one believed before and after.
        control: [String; 2],
    },
    /// The rule and table that decide for a pod's packets.
    Decided {
        /// State of the node.
        state: String,
        /// What the cloud holds, which tells the pod's interface.
        inventory: String,
        /// Packets of the pod that the node saw, with their marks.
        flow: String,
        /// The pod's address.
        pod: IpAddr,
        /// The other end.
        peer: IpAddr,
        /// Towards the pod or from it.
        direction: Direction,
        /// Priority of the deciding rule.
        priority: u32,
        /// Its table.
        table: Table,
    },
    /// Packets of a pod leave by the interface that carries it and by that one's table.
    Carried(Carried),
    /// The interfaces of a node have other link indexes than before, and their tables and
    /// rules went with them.
    Reindexed(Reindexed),
    /// An address that another pod has now was soon answered by that one alone.
    Moved(Moved),
    /// The node may serve pods: its configuration appeared and an ADD worked.
    Admitted {
        /// The configuration's file.
        file: String,
        /// The ADD.
        call: String,
    },
    /// The node may not: no configuration, no ADD, no interface made for it;
    /// limit and threshold are told, and a node beside it was admitted.
    Refused {
        /// The configuration's file.
        file: String,
        /// The ADD that was tried nevertheless.
        call: String,
        /// What was asked of the cloud.
        calls: String,
        /// The instance.
        instance: String,
        /// Facts in which words may stand: events, conditions, the ADD.
        told: Vec<String>,
        /// Words that must be told.
        words: Vec<String>,
        /// The admitted node's file.
        control_file: String,
        /// The admitted node's ADD.
        control_call: String,
    },
    /// An object of the API holds a value at a JSON pointer.
    Holds {
        /// The object.
        object: String,
        /// Where.
        pointer: String,
        /// What, as text.
        value: String,
    },
    /// Words stand in one of these facts.
    Told {
        /// Events, objects, calls or commands.
        facts: Vec<String>,
        /// Each must occur in one of them, letter case aside.
        words: Vec<String>,
    },
    /// All pods' addresses are on secondary interfaces of the node's instance,
    /// and none is on two interfaces.
    OnSecondaryEnis {
        /// What the cloud holds.
        inventory: String,
        /// The ADDs of the pods.
        calls: Vec<String>,
        /// The instance.
        instance: String,
        /// At least one interface carries so many of the pods.
        together: usize,
    },
    /// The primary interface is as it was and carries no pod.
    PrimaryUntouched {
        /// What the cloud held before any pod.
        before: String,
        /// What it holds now.
        after: String,
        /// The instance.
        instance: String,
        /// State of the node.
        state: String,
        /// The ADDs of the pods, which are there.
        calls: Vec<String>,
    },
    /// An interface of the user is as it was, in cloud and kernel, and no call changed it.
    EniUntouched {
        /// What the cloud held before.
        before: String,
        /// What it holds now.
        after: String,
        /// What was asked of the cloud in between.
        calls: String,
        /// State of the node before.
        state_before: String,
        /// State of the node now.
        state_after: String,
        /// The interface.
        eni: String,
        /// ADDs of pods that were served meanwhile.
        served: Vec<String>,
    },
    /// So many addresses of one family are on the node's secondary interfaces.
    PoolSize {
        /// What the cloud holds.
        inventory: String,
        /// The instance.
        instance: String,
        /// At least.
        least: usize,
        /// At most.
        most: usize,
    },
    /// The pool followed its bounds wave after wave, with hardly more calls than needed.
    PoolFollows {
        /// The instance.
        instance: String,
        /// Idle addresses at least.
        min: usize,
        /// Idle addresses at most.
        max: usize,
        /// Pods that came and went, from none at the beginning.
        waves: Vec<Wave>,
    },
    /// Of these calls of the cloud, each action stayed within its budget.
    WithinBudget {
        /// What was asked of the cloud.
        calls: String,
        /// Calls an action may have had, successful or not.
        budgets: BTreeMap<String, usize>,
    },
    /// A count of dropped packets did not move, although it would have.
    NoneDropped {
        /// The count before.
        before: String,
        /// The count after.
        after: String,
        /// The count after a packet that had to be dropped.
        control: String,
    },
    /// Calls of an action that were made again never came together.
    NoPeak {
        /// What was asked of the cloud.
        calls: String,
        /// The action.
        action: String,
        /// So many milliseconds, wherever they begin,
        millis: u64,
        /// hold so many repeated calls at most.
        most: usize,
    },
    /// Every instance got what an action gives, and the last one not much later than
    /// the one in the middle.
    Fair {
        /// What was asked of the cloud.
        calls: String,
        /// The action.
        action: String,
        /// The instances.
        instances: Vec<String>,
        /// The last one waits so many times as long as the middle one at most.
        times: u64,
    },
    /// At least so many calls of an action ended with this error.
    CloudRefused {
        /// What was asked of the cloud.
        calls: String,
        /// The action.
        action: String,
        /// The error code.
        code: String,
        /// How often at least.
        least: usize,
    },
    /// No interface of the target's making is left without an instance.
    NoOrphans {
        /// What the cloud holds.
        inventory: String,
        /// What it held when there was one.
        control: String,
    },
    /// A process was ended by SIGKILL at steps that it was seen to pass before.
    KilledAt {
        /// The steps that it passes.
        steps: String,
        /// The ends.
        crashes: Vec<String>,
        /// At so many different steps at least.
        least: usize,
    },
    /// State files were there, and at least one of them was changed.
    Damaged {
        /// The files.
        damages: Vec<String>,
    },
    /// Cloud, kernel and reports of a node agree with its pods: nothing is lost or left over.
    Conserved {
        /// What the cloud holds.
        inventory: String,
        /// The node's instance.
        instance: String,
        /// State of the node.
        state: String,
        /// The ADDs of the pods that live there; at least one.
        living: Vec<String>,
        /// The target's books of the node, where it keeps some.
        books: Option<String>,
        /// What the target's agent reports as in use, where it does.
        runtime: Option<String>,
    },
    /// A command ended with this exit code and said these words.
    CommandSays {
        /// The command.
        command: String,
        /// Exit code.
        exit: i32,
        /// Words on standard output or error.
        words: Vec<String>,
    },
    /// A command refused, although its control was accepted.
    CommandRefuses {
        /// The command.
        command: String,
        /// Words on standard output or error.
        words: Vec<String>,
        /// The command without the flaw, which must have ended with 0.
        control: String,
    },
    /// The limits that a command printed as JSON are these.
    LimitsAre {
        /// The command.
        command: String,
        /// Shared-ENI pods by instance type.
        limits: BTreeMap<String, u64>,
    },
    /// A fault moved what names it, in time, and nothing that names another one.
    Named(Named),
    /// What names faults did not move while nothing was wrong, and could have.
    Still(Still),
    /// No text tells a secret, although the search finds each where it is.
    Untold(Untold),
    /// Every connection of the node to the API server uses IPv4, and there is one.
    ControlPlaneOverIpv4 {
        /// Sockets of the node's processes.
        sockets: String,
        /// Port of the API server.
        port: u16,
    },
}
