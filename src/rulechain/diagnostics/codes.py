"""Every diagnostic code, by phase. A released number never changes its meaning; docs/diagnostics.md explains each."""

from enum import StrEnum


class Code(StrEnum):
    """The stable name of one kind of mistake.

    The letter is the phase that finds it: L load, G graph, P plan and settings, S expression syntax, T expression names
    and types, J scripts, R run, E endpoint.
    """

    # L1xx, reading a document
    FILE_UNREADABLE = "L101"
    DOCUMENT_TOO_LARGE = "L102"
    JSON_SYNTAX = "L103"
    DUPLICATE_KEY = "L104"
    WRONG_TYPE = "L105"
    UNKNOWN_KEY = "L106"
    CHAIN_DISABLED = "L107"
    ENDPOINT_IN_SUB_CHAIN = "L108"
    NOT_A_DOCUMENT = "L109"
    KEY_CASE = "L110"
    EMPTY_FOLDER = "L111"
    BAD_ENCODING = "L112"
    NODE_RENAMED = "L113"
    IDLE_IGNORE = "L114"

    # G2xx, the graph
    DUPLICATE_NODE_ID = "G201"
    CYCLE = "G202"
    UNKNOWN_NODE = "G203"
    FIRST_NODE_OUT_OF_RANGE = "G204"
    NO_NODES = "G205"
    UNREACHABLE_NODE = "G206"
    DUPLICATE_CONNECTION = "G207"
    MISSING_RELATION = "G208"
    UNKNOWN_RELATION = "G209"
    UNREACHABLE_END = "G210"
    CONNECTION_FROM_END = "G211"
    UNKNOWN_TARGET = "G212"
    UNHANDLED_FAILURE = "G213"
    SEVERAL_ANSWERS = "G214"

    # P3xx, components and their settings
    UNKNOWN_COMPONENT = "P301"
    BAD_SETTING = "P302"
    UNKNOWN_SETTING = "P303"
    MISSING_SETTING = "P304"
    UNDEFINED_VARIABLE = "P305"
    BAD_JMESPATH = "P306"
    DUPLICATE_CHAIN_ID = "P307"
    BAD_SECRET = "P308"  # noqa: S105 - a code
    MISSING_EXTRA = "P309"
    REFUSED_BY_ASPECT = "P310"

    # S4xx, expression syntax
    EXPRESSION_SYNTAX = "S401"
    EXPRESSION_EMPTY = "S402"
    BAD_CHARACTER = "S403"
    BAD_STRING = "S404"
    BAD_NUMBER = "S405"
    UNCLOSED = "S406"
    EXPRESSION_TOO_LARGE = "S407"
    TEMPLATE_SYNTAX = "S408"
    ROUTER_SYNTAX = "S409"

    # T5xx, names and types in expressions
    TYPE_MISMATCH = "T501"
    WRONG_ARGUMENTS = "T502"
    UNKNOWN_FUNCTION = "T503"
    BAD_PATTERN = "T504"
    BAD_POINTER = "T505"
    REDECLARED = "T506"
    FUNCTION_OFF = "T507"
    UNKNOWN_NAME = "T508"
    BAD_CONDITION = "T509"

    # J5xx, scripts
    SCRIPT_SYNTAX = "J551"

    # R6xx, running
    EVALUATION = "R601"
    NODE_FAILED = "R602"
    STEP_LIMIT = "R603"
    SCRIPT_FAILED = "R604"
    TEXT_FORM = "R605"

    # E7xx, endpoints
    UNKNOWN_ENDPOINT = "E701"
    UNKNOWN_PROCESSOR = "E702"
    DUPLICATE_ROUTER = "E703"
    DUPLICATE_STREAM = "E704"
    NO_STREAM = "E705"
    BAD_SERVER = "E706"
    UNREACHABLE_SERVER = "E707"
    BAD_TARGET = "E708"
    UNKNOWN_CHAIN = "E709"
    NO_ROUTE = "E710"
    BAD_ENTRY = "E711"
    UNKNOWN_CONNECTION = "E712"
    UNWRITTEN_RESPONSE = "E713"
    NOT_IN_FORCE = "E714"
    DUPLICATE_ENDPOINT = "E715"
    ENTRY_DELETED = "E716"
    NEVER_SETTLED = "E717"
    STREAM_CIRCLE = "E718"
    SHARED_GROUP = "E719"
