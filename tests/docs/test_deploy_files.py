"""The files that a user may adapt: they can be read, and what they call exists."""

import json
import re
from pathlib import Path

import pytest
import yaml

from rulechain.cli.root import rulechain
from rulechain.connections import parse_address

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"


@pytest.fixture
def compose():
    """What compose.yaml says."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture
def deployment():
    """The only object of kubernetes.yaml."""
    [found] = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())
    return found


def test_compose_runs_what_exists(compose):
    """Its command line is one of ours, its folders are there, and there is time to drain."""
    service = compose["services"]["rulechain"]
    _check_arguments(service["command"])
    assert (DEPLOY / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).is_file()
    for volume in service["volumes"]:
        assert list((DEPLOY / volume.partition(":")[0]).glob("*.json"))
    assert set(service["depends_on"]) <= set(compose["services"])
    assert _drain_s(service["command"]) < int(service["stop_grace_period"].removesuffix("s"))


def test_kubernetes_runs_what_exists(deployment):
    """Its command line is one of ours, its selector fits its pods, its mounts its volumes; there is time to drain."""
    spec = deployment["spec"]["template"]["spec"]
    [container] = spec["containers"]
    _check_arguments(container["args"])
    assert deployment["spec"]["selector"]["matchLabels"] == deployment["spec"]["template"]["metadata"]["labels"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}
    assert {f"$({variable['name']})" for variable in container["env"]} <= set(container["args"])
    assert _drain_s(container["args"]) < spec["terminationGracePeriodSeconds"]
    url = re.search(r"url='([^']+)'", (DEPLOY / "kubernetes.yaml").read_text())[1]
    assert parse_address(url).service == "main"


def test_the_image_is_made_of_what_exists():
    """What is copied is there, the extras are known, and the entry point is our command."""
    text = (DEPLOY / "Dockerfile").read_text()
    sources = [source for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE) for source in line.split()[:-1]]
    assert all((ROOT / source).exists() for source in sources)
    project = (ROOT / "pyproject.toml").read_text()
    [extras] = re.findall(r'"/src\[([\w,]+)\]"', text)
    assert "metrics" in extras.split(",")
    assert all(f"\n{extra} = [" in project for extra in extras.split(","))
    assert json.loads(re.search(r"^ENTRYPOINT (.+)$", text, re.MULTILINE)[1]) == ["rulechain"]


def test_probes_ask_what_is_served(compose, deployment):
    """They name the port that `--metrics` opens, and paths that it answers."""
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    [port] = container["ports"]
    assert port["containerPort"] == _metrics_port(container["args"])
    asked = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {get["port"] for get in asked.values()} == {port["name"]}
    assert [get["path"] for get in asked.values()] == ["/livez", "/livez", "/readyz"]
    service = compose["services"]["rulechain"]
    first, workers = _metrics_port(service["command"]), int(_value(service["command"], "--workers"))
    [ports] = re.findall(r"in \((.*)\)]", service["healthcheck"]["test"][-1])
    assert [int(each) for each in ports.split(",")] == list(range(first, first + workers))


def _check_arguments(arguments):
    verb, *rest = arguments
    command = rulechain.get_command(None, verb)
    known = {option for parameter in command.params for option in parameter.opts}
    assert {argument for argument in rest if argument.startswith("--")} <= known


def _drain_s(arguments):
    return int(_value(arguments, "--drain").removesuffix("s"))


def _metrics_port(arguments):
    return int(_value(arguments, "--metrics").rpartition(":")[2])


def _value(arguments, option):
    return arguments[arguments.index(option) + 1]
