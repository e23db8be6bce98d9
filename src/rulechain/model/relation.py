"""The relation names that RuleGo's components share; a chain may use any other text as well."""

SUCCESS = "Success"
FAILURE = "Failure"
TRUE = "True"
FALSE = "False"
DEFAULT = "Default"
STREAM = "Stream"
