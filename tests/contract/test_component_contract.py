"""What every built-in component must do: the contract of `rulechain.testing`, and what is known of specs as data."""

import dataclasses
import json
import typing
from types import MappingProxyType

import jsonschema
import pytest

from rulechain import Diagnostic, Engine, Message
from rulechain.api import decode_settings, field_specs
from rulechain.components import builtin_components
from rulechain.components.catalogue import configuration_schema
from rulechain.diagnostics import Location, Severity, Source, errors_in
from rulechain.testing import ComponentContract
from support.contexts import EXAMPLE_NODES, HOST_FUNCTIONS
from support.documents import chain_document
from support.http_server import HttpServer
from support.mail_server import Mailbox, mail_server
from support.mqtt_server import MqttServer

SPECS = builtin_components()
VALUE = {
    "temperature": 55,
    "humidity": 3,
    "fahrenheit": 104,
    "items": [{"price": 120}],
    "id": "a",
    "page": 1,
    "pages": 3,
}
FACTS = {"site": "north", "deviceId": "d1", "owner": "b@example.com", "device": "d1", "user": "u"}


class BuiltInContract(ComponentContract):
    """With what the examples of the built-in components need around them."""

    message = Message(json.dumps(VALUE), type="TELEMETRY", metadata=FACTS)
    nodes = tuple({"id": id_, "type": "comment"} for id_ in sorted(EXAMPLE_NODES - {"node"}))

    def engine(self):
        engine = Engine({"token": "t"}, functions=HOST_FUNCTIONS)
        engine.load(chain_document(("only", "comment"), chain_id="enrich"))
        engine.load(chain_document(("notify", "comment"), chain_id="alarms"))
        return engine


class DelayContract(BuiltInContract):
    """Long enough to be cancelled, short enough to be waited for."""

    configuration = MappingProxyType({"delayMs": "2"})


class WhileContract(BuiltInContract):
    """Rounds that end."""

    configuration = MappingProxyType({"condition": "int(metadata._loopIndex) < 3", "do": "nextPage"})


class RestApiCallContract(BuiltInContract):
    """Against a local server."""

    @pytest.fixture(autouse=True)
    def server(self):
        with HttpServer() as server:
            url = f"{server.url}/devices/${{metadata.deviceId}}"
            self.configuration = {**self.spec.example, "restEndpointUrlPattern": url}
            yield


class SendEmailContract(BuiltInContract):
    """Against a local server."""

    @pytest.fixture(autouse=True)
    def server(self):
        with mail_server(Mailbox()) as address:
            self.configuration = {**self.spec.example, **address}
            yield


class MqttClientContract(BuiltInContract):
    """Against a broker, where the machine has one."""

    @pytest.fixture(autouse=True)
    def server(self, tmp_path):
        with MqttServer(tmp_path) as server:
            self.configuration = {**self.spec.example, "server": f"127.0.0.1:{server.port}"}
            yield


@pytest.mark.redis
class RedisContract(BuiltInContract):
    """Against a real server."""

    @pytest.fixture(autouse=True)
    def server(self, server_url):
        self.configuration = {**self.spec.example, "server": server_url}


OF_TYPE = {
    "delay": DelayContract,
    "while": WhileContract,
    "restApiCall": RestApiCallContract,
    "sendEmail": SendEmailContract,
    "mqttClient": MqttClientContract,
    "x/redisClient": RedisContract,
    "x/redisPub": RedisContract,
}

# One class of tests for each component: a new one is tested as soon as it is in the list.
for _spec in SPECS:
    _name = f"Test_{_spec.type.replace('/', '_')}"
    globals()[_name] = type(_name, (OF_TYPE.get(_spec.type, BuiltInContract),), {"spec": _spec})


@pytest.fixture(params=SPECS, ids=lambda spec: spec.type)
def spec(request):
    """Each built-in component in turn."""
    return request.param


def decoded(settings, configuration):
    """The settings that a configuration gives, and the findings."""
    source, findings = Source("node.json", json.dumps(configuration)), []

    def locate(*path, span=None):
        return Location(source, "".join(f"/{part}" for part in path), span)

    return decode_settings(settings, configuration, locate, findings.append), findings


def places(findings: list[Diagnostic], severity):
    """Code and place of the findings of a severity."""
    return [(each.code, each.location.pointer) for each in findings if each.severity is severity]


def wrong_value(field):
    """A value that cannot become the field's type; None where any value will do."""
    kinds = {*typing.get_args(field.annotation), field.annotation}
    if field.item or kinds & {bool, int, float}:
        return "no"
    if typing.get_origin(field.annotation) is dict:
        return 5
    return [{}, {}] if str in kinds else None


def test_the_family_is_one_of_rulegos(spec):
    """A built-in component belongs to a family that editors know."""
    assert spec.category in {"action", "common", "external", "filter", "flow", "transform"}
    assert not spec.summary.endswith(".")


def test_the_spec_is_data(spec):
    """A spec is frozen, and its example is plain JSON that the schema allows."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.type = "other"
    assert json.loads(json.dumps(spec.example)) == spec.example
    jsonschema.validate(spec.example, configuration_schema(spec))


def test_the_schema_states_the_defaults(spec):
    """The schema's defaults are the settings' defaults, and valid by the schema itself."""
    schema = configuration_schema(spec)
    jsonschema.Draft202012Validator.check_schema(schema)
    defaults = {key: field["default"] for key, field in schema["properties"].items()}
    jsonschema.validate(defaults, schema)
    assert decoded(spec.settings, defaults)[0] == spec.settings()


def test_an_unknown_setting_is_a_warning(spec):
    """A key that the component does not know is ignored, and told."""
    _, findings = decoded(spec.settings, {"noSuchSetting": 1})
    assert ("P303", "/noSuchSetting") in places(findings, Severity.WARNING)
    assert not errors_in(findings)


def test_a_blank_required_setting_is_told(spec):
    """A required text that is blank gives a diagnostic at its place."""
    for field in field_specs(spec.settings):
        if field.required and field.annotation is str:
            _, findings = decoded(spec.settings, {field.key: ""})
            assert ("P304", f"/{field.key}") in places(findings, Severity.WARNING)


def test_a_setting_of_the_wrong_type_is_an_error(spec):
    """A value that cannot be converted is an error at its place."""
    for field in field_specs(spec.settings):
        wrong = wrong_value(field)
        if wrong is not None:
            _, findings = decoded(spec.settings, {field.key: wrong})
            ((code, pointer),) = places(findings, Severity.ERROR)
            assert code == "P302"
            assert pointer.startswith(f"/{field.key}")
