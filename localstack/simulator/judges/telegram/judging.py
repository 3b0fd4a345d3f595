"""What the judges of the Telegram simulator share: its control API, and their verdicts."""

import asyncio
import hashlib
import json
import sys
import urllib.error
import urllib.request

DEADLINE_S = 30


class Control:
    """The simulator's control API."""

    def __init__(self, url):
        self.url = url.rstrip("/")

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=json.dumps(body or {}).encode(),
            headers={"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
                text = answer.read().decode()
                is_json = answer.headers.get_content_type() == "application/json"
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()}") from None
        return json.loads(text) if is_json else text

    def stage(self, base):
        """Two people, the first with a password, and a supergroup with both of them in it."""
        alice = {"phone": f"{base}1", "first_name": "Alice", "password": "hunter2"}
        bob = {"phone": f"{base}2", "first_name": "Bob"}
        alice["id"] = self.call("POST", "/users", alice)["id"]
        bob["id"] = self.call("POST", "/users", bob)["id"]
        return alice, bob, self.hall(alice, bob)

    def hall(self, alice, bob):
        chat = {"kind": "supergroup", "title": "hall", "creator": alice["id"]}
        chat["members"] = [bob["id"]]
        return self.call("POST", "/chats", chat)["id"]

    def say(self, chat, user, text):
        post = {"from": user["id"], "text": text}
        return self.call("POST", f"/chats/{chat}/messages", post)["id"]

    def post(self, chat, user, media, **more):
        post = {"from": user["id"], "media": media, **more}
        return self.call("POST", f"/chats/{chat}/messages", post)["id"]

    def content(self, file):
        with urllib.request.urlopen(f"{self.url}/files/{file}", timeout=DEADLINE_S) as answer:
            return answer.read()

    def messages(self, chat):
        return self.call("GET", f"/chats/{chat}/messages?limit=1000")


def generated(count, seed):
    """The content that the simulator generates for `{"bytes": count, "seed": seed}`."""
    blocks = range(-(-count // 32))
    pairs = (seed.to_bytes(8, "little") + number.to_bytes(8, "little") for number in blocks)
    return b"".join(hashlib.sha256(pair).digest() for pair in pairs)[:count]


class Verdicts:
    """Prints one line for each behaviour and remembers whether one failed."""

    def __init__(self):
        self.failed = False

    async def judge(self, behaviour, awaitable):
        try:
            result = await asyncio.wait_for(awaitable, DEADLINE_S)
        except Exception as error:  # whatever the library raises is the verdict
            self.failed = True
            print(f"FAIL {behaviour}: {type(error).__name__} {error}", flush=True)
            return None
        print(f"ok   {behaviour}", flush=True)
        return result

    def exit(self):
        sys.exit(1 if self.failed else 0)


def arguments(usage):
    if len(sys.argv) != 3:
        sys.exit(usage)
    host, port = sys.argv[1].rsplit(":", 1)
    return host, int(port), Control(sys.argv[2])


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


async def next_where(queue, wanted):
    while True:
        found = await queue.get()
        if wanted(found):
            return found
