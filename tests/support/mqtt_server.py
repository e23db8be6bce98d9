"""A real MQTT broker, out of a wheel."""

import contextlib
import json
import socket
import subprocess
import sys

from support.eventually import eventually_blocking


class MqttServer:
    """A broker on a port of its own, which can be stopped and started again.

    Args:
        folder: Where its files may be.
        **listener: How it listens, besides where: `ssl`, `certfile` and `keyfile`.
    """

    def __init__(self, folder, **listener):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._file = folder / "broker.json"
        plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
        listener = {"type": "tcp", "bind": f"127.0.0.1:{self.port}", **listener}
        # YAML, of which JSON is a part.
        self._file.write_text(json.dumps({"listeners": {"default": listener}, "plugins": plugins}))
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Start it, and return when it takes connections."""
        command = [sys.executable, "-W", "ignore", "-m", "amqtt.scripts.broker_script", "-c", self._file]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually_blocking(self._answers)

    def stop(self):
        """End it at once, as a crash would."""
        self._process.kill()
        self._process.wait(10)

    def _answers(self):
        assert self._process.poll() is None, "the broker has ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
