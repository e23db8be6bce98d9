"""From a configuration object to typed settings."""

from dataclasses import dataclass

from rulechain.api import decode_settings, field_specs, setting
from rulechain.diagnostics import Location, Source


@dataclass(frozen=True)
class Case:
    """One item of a list."""

    then: str = setting("", description="where to")


@dataclass(frozen=True)
class Settings:
    """Of a component that does not exist."""

    js_script: str = setting("return true;", description="the script", required=True)
    count: int = setting(3, description="how many", minimum=1)
    mode: str = setting("a", description="which", choices=("a", "b"))
    wait_s: float = setting(1.0, key="wait", description="how long", format="duration")
    cases: tuple[Case, ...] = setting((Case("x"),), description="where to", item=Case)


def decode(configuration):
    found = []

    def locate(*path):
        return Location(Source("doc"), "".join(f"/{part}" for part in path))

    return decode_settings(Settings, configuration, locate, found.append), [
        (str(d.code), d.location.pointer, d.message) for d in found
    ]


def test_absent_keys_keep_their_default():
    """Nothing is required to be written."""
    assert decode({}) == (Settings(), [])


def test_keys_match_in_any_case_and_the_exact_one_wins():
    """As Go's decoder does."""
    assert decode({"JSSCRIPT": "a"})[0].js_script == "a"
    assert decode({"jsScript": "exact", "JSSCRIPT": "a"})[0].js_script == "exact"


def test_lists_of_objects_replace_the_default():
    """They are not merged with it."""
    assert decode({"cases": [{"then": "y"}, {"THEN": 5}]})[0].cases == (Case("y"), Case("5"))
    assert decode({"cases": None})[0].cases == ()


def test_faults_are_reported_together_and_the_defaults_stay():
    """Each with its pointer."""
    settings, found = decode({"count": "x", "mode": "c", "wait": 5, "cases": [{"then": []}, 3], "coutn": 1})
    assert settings.count == 3
    assert [(code, pointer) for code, pointer, _ in found] == [
        ("P303", "/coutn"),
        ("P302", "/count"),
        ("P302", "/mode"),
        ("P302", "/wait"),
        ("P302", "/cases/0/then"),
        ("P302", "/cases/1"),
    ]


def test_a_required_setting_that_is_blank_is_a_warning():
    """RuleGo loads it."""
    assert decode({"jsScript": " "})[1] == [("P304", "/jsScript", '"jsScript" is required')]


def test_field_specs_tell_keys_and_defaults():
    """Schema, forms and documentation read them."""
    specs = {spec.name: spec for spec in field_specs(Settings)}
    assert [spec.key for spec in specs.values()] == ["jsScript", "count", "mode", "wait", "cases"]
    assert specs["count"].default == 3
    assert specs["wait_s"].format == "duration"
