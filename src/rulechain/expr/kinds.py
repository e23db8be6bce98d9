"""Static types: what can be known of a value before any message is seen. Used by `check` and by function signatures."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Kind:
    """A static type under Go's name for it; `element` is set for lists and maps whose elements are known."""

    name: str
    element: "Kind | None" = None

    def __str__(self) -> str:
        return self.name

    @property
    def is_list(self) -> bool:
        """Whether values of this kind are lists."""
        return self.name.startswith("[]")

    @property
    def is_map(self) -> bool:
        """Whether values of this kind are maps."""
        return self.name.startswith("map[")


_LEVELS = 6

ANY = Kind("unknown")
NIL = Kind("nil")
BOOL = Kind("bool")
INT = Kind("int")
FLOAT = Kind("float64")
STRING = Kind("string")
TIME = Kind("time.Time")
DURATION = Kind("time.Duration")
LOCATION = Kind("*time.Location")
MONTH = Kind("time.Month")
WEEKDAY = Kind("time.Weekday")
MAP = Kind("map[string]interface {}", ANY)
TEXT_MAP = Kind("map[string]string", STRING)
GROUPS = Kind("map[interface {}][]interface {}", Kind("[]interface {}", ANY))
ANY_MAP = Kind("map[interface {}]interface {}", ANY)
BYTES = Kind("[]uint8", INT)


def list_of(element: Kind) -> Kind:
    """Return the kind of a list with elements of a kind."""
    return Kind(f"[]{'interface {}' if element in (ANY, NIL) else element.name}", element if element != NIL else ANY)


def literal_list_of(element: Kind) -> Kind:
    """Return the kind of a list literal: Go forgets what it holds, its checker does not."""
    return LIST if _is_deep(element) else Kind("[]interface {}", element)


def _is_deep(kind: Kind | None) -> bool:
    """Tell whether there are more kinds inside each other than is worth knowing; they are compared again and again."""
    for _ in range(_LEVELS):
        if kind is None:
            return False
        kind = kind.element
    return True


FUNCTION = Kind("func")
LIST = list_of(ANY)
TEXTS = list_of(STRING)
INTS = list_of(INT)
FLOATS = list_of(FLOAT)
NUMBERS = frozenset([INT, FLOAT])
# Named integer types: they convert to int, but are no numbers to the operators.
NAMED_INTEGERS = frozenset([DURATION, MONTH, WEEKDAY])


NOTHING_KNOWN: Mapping[str, Kind] = MappingProxyType({})
# What RuleGo's environment always has; it type-checks mixed templates against it, and plain expressions without it.
ENVIRONMENT_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        **dict.fromkeys(["id", "data", "msgType"], STRING),
        "ts": INT,
        **dict.fromkeys(["metadata", "global", "vars"], TEXT_MAP),
        **dict.fromkeys(["msg", "dataType"], ANY),
    }
)


def unknown(kind: Kind) -> bool:
    """Tell whether nothing is known of the value."""
    return kind is ANY or kind == ANY
