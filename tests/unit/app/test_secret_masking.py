"""What a chain's secrets are used for, and that nobody sees them."""

import json
import logging
from dataclasses import dataclass, replace

import pytest

from rulechain import ChainError, Engine, Message, NodeError, component, setting
from rulechain.plan.secrets import encrypt_secret
from support.documents import chain_document

TOKEN = "tok-4711-xyz"
KEY = "engine key"
TEXT = Message("{}")


@dataclass(frozen=True, slots=True)
class LeakSettings:
    """Settings of a component that gives its secret away."""

    token: str = setting("", description="A token.", format="secret")


@pytest.fixture
def chain():
    """A chain whose node puts a secret into its message."""
    return with_secret(("a", "metadataTransform", {"mapping": {"token": "'${secrets.token}'"}}), debugMode=True)


def with_secret(*nodes, observer=None, run_log="off", components=(), **chain):
    """A loaded chain of these nodes that has the secret `token`, encrypted."""
    engine = Engine(secret_key=KEY, observer=observer, run_log=run_log, components=components)
    secrets = {"token": encrypt_secret(TOKEN, KEY)}
    return engine.load(chain_document(*nodes, configuration={"secrets": secrets}, **chain))


def test_nodes_use_secrets(chain):
    """`${secrets.x}` is replaced when the chain loads, as `${vars.x}` is."""
    assert chain.run(TEXT).ends[0].message.metadata["token"] == TOKEN


def test_a_secret_that_is_not_there_is_doubtful():
    """The text stays as it is, with a warning that names what there is."""
    chain = with_secret(("a", "metadataTransform", {"mapping": {"t": "'${secrets.tokn}'"}}))
    [warning] = chain.warnings
    assert (warning.code, warning.hint) == ("P305", 'did you mean "token"?')
    assert chain.run(TEXT).ends[0].message.metadata["t"] == "${secrets.tokn}"


def test_traces_events_and_snapshots_do_not_show_secrets():
    """Neither in messages nor in errors."""

    class Everything:
        def __init__(self):
            self.seen = []

        def node_event(self, event):
            self.seen.append(repr(event))

        def run_completed(self, snapshot):
            self.seen.append(json.dumps(snapshot.dump()))

    observer = Everything()
    chain = with_secret(
        ("a", "metadataTransform", {"mapping": {"token": "'${secrets.token}'"}}),
        ("b", "jsFilter", {"jsScript": "throw new Error(metadata.token)"}),
        observer=observer,
        run_log="detail",
        debugMode=True,
    )
    run = chain.run(TEXT, start=["a", "b"], trace=True)
    shown = [*observer.seen, *map(repr, run.trace)]
    assert len(shown) == 7
    assert not any(TOKEN in text for text in shown)
    assert any("***" in text for text in shown)


def test_errors_and_logs_do_not_show_secrets(caplog):
    """What a node raises reaches metadata, ends, logs and tracebacks without them."""

    @component("t/leak", settings=LeakSettings)
    def leak(message, settings):
        raise (NodeError if message.type == "expected" else ValueError)(f"cannot log in with {settings.token}")

    caplog.set_level(logging.INFO)
    chain = with_secret(
        ("a", "t/leak", {"token": "${secrets.token}"}),
        ("b", "log", {"jsScript": "return 'line ${secrets.token}';"}),
        components=[leak],
    )
    for kind in ("expected", "unexpected"):
        [failed, logged] = chain.run(TEXT.replace(type=kind), start=["a", "b"]).ends
        assert failed.error.endswith("cannot log in with ***")
        assert failed.message.metadata["errorMsg"] == failed.error
        assert logged.relation == "Success"
    assert TOKEN not in caplog.text
    assert "line ***" in caplog.text
    assert "cannot log in with ***" in caplog.text


def test_diagnostics_do_not_show_secrets(caplog):
    """A setting that was filled in with a secret is quoted without it; so is what a component's builder raises."""
    with pytest.raises(ChainError) as caught:
        with_secret(("a", "delay", {"maxPendingMsgs": "${secrets.token}"}))
    assert [found.code for found in caught.value.diagnostics] == ["P302"]
    assert "***" in str(caught.value)
    assert TOKEN not in str(caught.value)

    @component("t/leak", settings=LeakSettings)
    def leak(message, settings):
        return message

    def build(settings, _node):
        raise ValueError(f"bad {settings.token}")

    with pytest.raises(ChainError) as caught:
        with_secret(("a", "t/leak", {"token": "${secrets.token}"}), components=[replace(leak, build=build)])
    assert TOKEN not in str(caught.value) + caplog.text


def test_exports_keep_encrypted_secrets_and_mask_plain_ones(chain):
    """An export can be given away, and loaded where the key is."""
    exported = json.loads(chain.dsl())
    assert TOKEN not in chain.dsl()
    assert "${secrets.token}" in chain.dsl("a")
    again = Engine(secret_key=KEY).load(exported)
    assert again.run(TEXT).ends[0].message.metadata["token"] == TOKEN
    plain = Engine().load(chain_document(("a", "comment"), configuration={"secrets": {"token": TOKEN}}))
    assert TOKEN not in plain.dsl()


def test_endpoints_of_a_chain_use_its_secrets():
    """The password of a server, for instance."""
    engine = Engine(secret_key=KEY)
    document = chain_document(
        ("a", "comment"), root=True, configuration={"secrets": {"pw": encrypt_secret(TOKEN, KEY)}}
    )
    document["metadata"]["endpoints"] = [
        {
            "id": "e",
            "type": "endpoint/redis/stream",
            "configuration": {"server": "redis://bad host/${secrets.pw}", "password": "${secrets.pw}"},
            "routers": [{"id": "r", "from": {"path": "s"}, "to": {"path": ""}}],
        }
    ]
    [endpoint] = engine.plan_endpoints(engine.load(document).plan)
    assert endpoint.configuration["password"] == TOKEN
    _, diagnostics = engine.build_endpoint(endpoint)
    assert diagnostics
    assert not any(TOKEN in found.message for found in diagnostics)
