"""A flame graph of a worker that drains a backlog: where its time goes, call by call.

python -m bench.flame CHAIN FILE.svg [--count N]
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from bench.backlog import ROOT, private_backlog
from bench.workload import STREAMED

_SAMPLES_PER_S = 500
_TITLE = re.compile('(<text id="title"[^>]*>)[^<]*')


def main() -> None:
    """Draw one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chain", choices=STREAMED, help="the chain of the benchmark")
    parser.add_argument("file", type=Path, help="the SVG to write")
    parser.add_argument("--count", type=int, default=400_000, help="entries to drain")
    options = parser.parse_args()
    with private_backlog() as backlog:
        backlog.fill(options.count)
        worker = ["bench.worker", options.chain, "--server", backlog.url, "--count", str(options.count)]
        sampler = str(Path(sys.executable).with_name("py-spy"))
        record = [
            sampler,
            "record",
            "--function",
            "--rate",
            str(_SAMPLES_PER_S),
            "--output",
            str(options.file.absolute()),
        ]
        subprocess.run([*record, "--", sys.executable, "-m", *worker], cwd=ROOT, check=True)
    # In the place of the whole command, which names folders of this machine.
    title = f"A worker that drains {options.count:,} entries: {options.chain}, {STREAMED[options.chain][0]}"
    options.file.write_text(_TITLE.sub(rf"\g<1>{title}", options.file.read_text()))


if __name__ == "__main__":
    main()
