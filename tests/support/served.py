"""Documents for `rulechain run` to serve, and a look at what it answers."""

import asyncio
import json
import uuid

from rulechain.connections.streams import StreamClient
from support.documents import chain_document
from support.eventually import eventually_blocking


def ask(url, question):
    """Ask a server something, `question(client)`."""

    async def main():
        async with StreamClient(url) as client:
            return await question(client)

    return asyncio.run(main())


class Served:
    """A folder with a chain that answers, an endpoint for it, and the two streams."""

    def __init__(self, folder, url):
        name = uuid.uuid4().hex
        self.folder, self.url = folder, url
        self.requests, self.responses = f"cli-requests-{name}", f"cli-responses-{name}"
        folder.mkdir()
        self.write_chain("one")
        router = {
            "id": "r",
            "from": {"path": self.requests},
            "to": {"path": "chain:answer", "configuration": {"responseTopic": self.responses}},
        }
        endpoint = {"id": "served", "type": "endpoint/redis/stream", "routers": [router]}
        (folder / "endpoint.json").write_text(json.dumps(endpoint))

    def write_chain(self, version):
        mapping = {"id": "msg.id", "version": f"'{version}'"}
        chain = chain_document(("make", "exprTransform", {"mapping": mapping}), chain_id="answer")
        self.replace("chain.json", json.dumps(chain))

    def replace(self, name, text):
        """Write a file as editors do: beside it, then in its place."""
        (self.folder / f".{name}.new").write_text(text)
        (self.folder / f".{name}.new").rename(self.folder / name)

    def send(self, *ids):
        ask(self.url, lambda client: client.add_many(self.requests, [{"id": id_} for id_ in ids]))

    def answers(self):
        return [fields for _, fields in ask(self.url, lambda client: client.read(self.responses))]

    def answers_to(self, *ids):
        """Wait until each of these has an answer, and return all answers there are."""
        return eventually_blocking(
            lambda: (found := self.answers()) and {answer["id"] for answer in found} >= set(ids) and found
        )

    def close(self):
        ask(self.url, lambda client: client.delete(self.requests, self.responses))
