"""Servers on TCP ports, as sentinels watch them and clusters are made of them: real processes on the loopback."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
import redis

from rulechain.connections.embedded import die_with_parent, server_binary
from rulechain.connections.slots import key_slot
from rulechain.diagnostics.errors import EndpointUnavailableError
from support.eventually import eventually_blocking
from support.ports import free_port
from support.redis_server import BINARY

_HOST = "127.0.0.1"
_SLOTS = 16384
# Soon enough for a test, and long enough for a busy machine not to take its own pauses for failures.
NODE_TIMEOUT_MS = 2000


class ServerNode:
    """One server process on a TCP port."""

    def __init__(self, folder, *arguments, port=None):
        self.port = port or free_port()
        self.folder = folder
        self._arguments = arguments
        self._process = None
        # RESP3 begins with HELLO, which Redis 5 lacks.
        self.redis = redis.Redis(host=_HOST, port=self.port, protocol=2, decode_responses=True, socket_timeout=10)

    @property
    def address(self):
        """Its host and port as text."""
        return f"{_HOST}:{self.port}"

    def start(self):
        """Start the process and return when it answers."""
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [BINARY or server_binary(), *self._arguments, "--port", str(self.port), "--dir", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - one system call, looked up before the fork
            )
        try:
            eventually_blocking(self._answers, within_s=15)
        except BaseException:
            self.kill()
            raise
        return self

    def call(self, *command):
        """Send a command."""
        return self.redis.execute_command(*command)

    def pause(self):
        """Have the process stand still, as a machine does that has lost its network: connections stay open."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        """Have it go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        """End the process as a crash would."""
        self.redis.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self):
        assert self._process.poll() is None, (self.folder / "log").read_text()
        try:
            return self.redis.ping()
        except redis.RedisError:
            return False


class Cluster:
    """Three masters that share the slots, and a replica of the last of them."""

    def __init__(self, nodes, replica):
        self.nodes = nodes
        self.replica = replica
        self._ids = {node.port: node.call("CLUSTER MYID") for node in nodes}

    @property
    def url(self):
        """The address for `server`: two of the nodes."""
        return f"redis+cluster://{self.nodes[0].address},{self.nodes[1].address}"

    def node_of(self, key):
        """Return the node that has a key."""
        slot = key_slot(key)
        for first, last, master, *_ in self.nodes[0].call("CLUSTER SLOTS"):
            if first <= slot <= last:
                return next(node for node in (*self.nodes, self.replica) if node.port == master[1])
        raise AssertionError(f"no node has slot {slot}")

    def begin_to_move(self, key, target):
        """Begin to move the slot of a key: its keys stay where they are until they are moved one by one."""
        source, slot = self.node_of(key), key_slot(key)
        target.call("CLUSTER SETSLOT", slot, "IMPORTING", self._ids[source.port])
        source.call("CLUSTER SETSLOT", slot, "MIGRATING", self._ids[target.port])
        return source

    def move_key(self, key, source, target):
        """Move one key of a slot that is being moved."""
        source.call("MIGRATE", _HOST, target.port, key, 0, 10_000)

    def end_move(self, key, source, target):
        """Move the keys that are left, and give the slot over for good."""
        slot = key_slot(key)
        for left in source.call("CLUSTER GETKEYSINSLOT", slot, 1000):
            self.move_key(left, source, target)
        for node in (target, source, *self.nodes):
            node.call("CLUSTER SETSLOT", slot, "NODE", self._ids[target.port])


class Replicated:
    """A master and a replica, and three sentinels that watch them."""

    SERVICE = "main"

    def __init__(self, servers, sentinels):
        self.servers = servers
        self.sentinels = sentinels

    @property
    def url(self):
        """The address for `server`: the sentinels."""
        return f"redis+sentinel://{','.join(node.address for node in self.sentinels)}/{self.SERVICE}"

    @property
    def master(self):
        """Whom the first sentinel calls the master."""
        _, port = self.sentinels[0].call("SENTINEL GET-MASTER-ADDR-BY-NAME", self.SERVICE)
        return next(node for node in self.servers if node.port == int(port))

    def is_in_step(self):
        """Whether the replica has all that the master has written."""
        facts = self.master.redis.info("replication")
        replicas = [facts[f"slave{n}"] for n in range(facts["connected_slaves"])]
        return bool(replicas) and all(replica["offset"] == facts["master_repl_offset"] for replica in replicas)


@contextlib.contextmanager
def start_cluster():
    """Start a cluster of three masters and a replica of the last one."""
    arguments = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(NODE_TIMEOUT_MS), "--save", "")
    with _folder() as folder, contextlib.ExitStack() as stack:
        nodes = [
            _started(stack, ServerNode(folder / f"node{n}", *arguments, "--cluster-port", str(free_port())))
            for n in range(4)
        ]
        *masters, replica = nodes
        for n, node in enumerate(masters):
            first, last = n * _SLOTS // 3, (n + 1) * _SLOTS // 3 - 1
            node.call("CLUSTER ADDSLOTSRANGE", first, last)
            node.call("CLUSTER SET-CONFIG-EPOCH", n + 1)
        for node in nodes[1:]:
            port = int(node._arguments[-1])
            nodes[0].call("CLUSTER MEET", _HOST, node.port, port)
        eventually_blocking(lambda: all(_is_whole(node) for node in nodes), within_s=30)
        replica.call("CLUSTER REPLICATE", masters[-1].call("CLUSTER MYID"))
        eventually_blocking(lambda: replica.redis.info("replication")["master_link_status"] == "up", within_s=30)
        yield Cluster(masters, replica)


@contextlib.contextmanager
def start_replicated():
    """Start a master, a replica and three sentinels."""
    with _folder() as folder, contextlib.ExitStack() as stack:
        arguments = ("--save", "", "--repl-diskless-sync-delay", "0", "--repl-timeout", "5")
        master = _started(stack, ServerNode(folder / "one", *arguments))
        follows = ("--replicaof", _HOST, str(master.port))
        replica = _started(stack, ServerNode(folder / "two", *arguments, *follows))
        sentinels = [_started(stack, _sentinel(folder / f"sentinel{n}", master.port)) for n in range(3)]
        replicated = Replicated([master, replica], sentinels)
        eventually_blocking(lambda: all(_knows_all(node) for node in sentinels), within_s=30)
        eventually_blocking(replicated.is_in_step, within_s=30)
        yield replicated


def _sentinel(folder, master_port):
    folder.mkdir()
    name = Replicated.SERVICE
    (folder / "sentinel.conf").write_text(
        f"sentinel monitor {name} {_HOST} {master_port} 2\n"
        f"sentinel down-after-milliseconds {name} {NODE_TIMEOUT_MS}\n"
        f"sentinel failover-timeout {name} 10000\n"
    )
    return ServerNode(folder, str(folder / "sentinel.conf"), "--sentinel")


def _knows_all(sentinel):
    [facts] = sentinel.redis.sentinel_masters().values()
    return facts["num-slaves"] == 1 and facts["num-other-sentinels"] == 2


def _is_whole(node):
    facts = node.call("CLUSTER INFO")
    text = facts if isinstance(facts, dict) else dict(line.split(":") for line in facts.split())
    return text["cluster_state"] == "ok" and text["cluster_known_nodes"] == "4"


def _started(stack, node):
    stack.callback(node.kill)
    return node.start()


@contextlib.contextmanager
def _folder():
    try:
        BINARY or server_binary()
    except EndpointUnavailableError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    folder = Path(tempfile.mkdtemp(prefix="rulechain-nodes-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
