"""What the `configuration` of an `endpoint/redis/stream` may say: RuleGo's keys and ours."""

import os
import re
import secrets
import socket
from dataclasses import dataclass

from rulechain.api import Settlement, setting
from rulechain.connections import Tls
from rulechain.connections.slots import name_beside
from rulechain.endpoints.settle import SettlePolicy

_DEFAULT_GROUP = "rulego"
_DEAD = ".dead"
_ENTRY_ID = re.compile(r"\d+(-\d+)?")
START_IDS = {"oldest": "0", "newest": "$"}
_ON_FAILURE = {"retry": Settlement.RETRY, "deadLetter": Settlement.DEAD_LETTER, "ack": Settlement.ACK}


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """How the server proves itself, and how we do."""

    ca: str = setting("", description="File with the certificates that the server's must descend from.")
    cert: str = setting("", description="File with our own certificate.")
    key: str = setting("", description="File with the key of our own certificate.")
    verify: bool = setting(True, description="Whether the server's certificate and name are checked.")  # noqa: FBT003 - a default

    def as_tls(self) -> Tls:
        """Return the same facts for a connection."""
        return Tls(self.ca, self.cert, self.key, self.verify)


@dataclass(frozen=True, slots=True)
class RedisStreamSettings:
    """The settings of `endpoint/redis/stream`."""

    server: str = setting(
        "127.0.0.1:6379",
        required=True,
        description="Address of the server: host:port, a redis://, rediss:// or unix:// URL, "
        "redis+sentinel://host:port,host:port/service/db, redis+cluster://host:port,host:port, or ref://id for the "
        "connection of another endpoint or a shared one.",
    )
    password: str | None = setting(None, format="secret", description="Password; overrides the URL's.")
    db: int | None = setting(None, minimum=0, description="Number of the database; overrides the URL's.")
    group_id: str = setting(_DEFAULT_GROUP, description="Name of the consumer group; blank means rulego.")
    username: str | None = setting(None, description="ACL user; overrides the URL's.")
    tls: TlsSettings | None = setting(None, item=TlsSettings, description="TLS with these files; absent means none.")
    start_from: str = setting(
        "oldest",
        description="Where a new consumer group begins: oldest, newest, or the ID of the entry before the first.",
    )
    consumer: str = setting(
        "", description="This consumer's name in the group, unique among all; made of host and process by default."
    )
    batch_size: int = setting(100, minimum=1, description="The most entries that are read, or settled, in one step.")
    concurrency: int = setting(
        256, minimum=1, description="The most entries in flight, those read but not yet started included."
    )
    block: float = setting(2.0, format="duration", description="The longest that a read waits for entries.")
    claim_idle: float = setting(
        60.0, format="duration", description="Entries idle for this long are taken over from whoever holds them."
    )
    keep_alive: float | None = setting(
        None,
        format="duration",
        description="How often held entries are kept from idling; a third of claimIdle by default.",
    )
    on_failure: str = setting(
        "retry",
        choices=("retry", "deadLetter", "ack"),
        description="What becomes of an entry whose chain ends in an unhandled failure: retry tries it again "
        "after growing pauses, up to maxDeliveries; deadLetter sets it aside at once; ack settles it all the same.",
    )
    max_deliveries: int = setting(
        5, minimum=1, description="Deliveries of an entry that cannot be settled, before it becomes a dead letter."
    )
    backoff: float = setting(
        1.0, format="duration", description="Pause before a failed entry is tried again; doubled each time."
    )
    backoff_max: float = setting(60.0, format="duration", description="The longest such pause.")
    dead_letter: str = setting(
        "",
        description="The stream for entries that cannot be processed, with the reason; by default the entry's own with "
        ".dead behind its name, in a cluster in the same slot.",
    )
    retention: str = setting(
        "delete",
        choices=("delete", "keep", "trim"),
        description="What becomes of settled entries: delete removes each once every group has acknowledged it, trim "
        "removes the oldest of these when the stream is longer than maxLen, keep removes none.",
    )
    max_len: int | None = setting(
        None, minimum=1, description="With the retention trim: how many entries a stream keeps."
    )
    response_max_len: int | None = setting(
        None, minimum=1, description="About how many entries a response stream keeps; all of them by default."
    )

    @property
    def policy(self) -> SettlePolicy:
        """What becomes of failures."""
        return SettlePolicy(_ON_FAILURE[self.on_failure], self.max_deliveries)

    def dead_letter_stream(self, stream: str, *, in_cluster: bool = False) -> str:
        """Return where the entries of a stream go that cannot be processed."""
        return self.dead_letter.strip() or (name_beside(stream, _DEAD) if in_cluster else f"{stream}{_DEAD}")

    @property
    def group(self) -> str:
        """The consumer group's name."""
        return self.group_id.strip() or _DEFAULT_GROUP

    @property
    def start_id(self) -> str:
        """Where a new group begins, in the server's words."""
        text = self.start_from.strip()
        return START_IDS.get(text, text)

    @property
    def keep_alive_s(self) -> float:
        """How often held entries are renewed."""
        return self.claim_idle / 3 if self.keep_alive is None else self.keep_alive

    def consumer_name(self) -> str:
        """Return the configured consumer name, or a new one that no other process has."""
        return self.consumer.strip() or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


def is_start(text: str) -> bool:
    """Whether a text can be the value of `startFrom`."""
    return text.strip() in START_IDS or _ENTRY_ID.fullmatch(text.strip()) is not None
