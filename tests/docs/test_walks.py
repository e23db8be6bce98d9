"""Pages that are walks work to their end, with the package as it is installed, on nothing but what they say."""

import pytest

from support.documentation import installed_environment
from support.markdown import ROOT
from support.walk import follow


@pytest.mark.redis
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["tutorial", "migration"])
def test_the_page_works_to_its_end(name, wheel, tmp_path, tmp_path_factory):
    """Each step of the page works as it stands there, from a wheel, on nothing but what the steps before it made."""
    environment = installed_environment(wheel, tmp_path_factory.mktemp("installed"))
    ran = follow(ROOT / "docs" / f"{name}.md", tmp_path, environment)
    assert sum("rulechain " in line for line in ran) >= 5
