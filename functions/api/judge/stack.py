"""A stack of its own, and what a caller needs before there is anything to ask for."""

import json
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

PASSWORD = "a long password"


class Refused(Exception):
    pass


def call(method, url, body=None, token=None):
    """The answer's JSON; `Refused` if it is not a success."""
    headers = {"content-type": "application/json"} if body is not None else {}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
            return json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        raise Refused(f"{method} {url}: {error.code} {error.read().decode()}") from None


def until(what, read, seconds=60):
    """What `read` yields once it is something."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = read()
        except (Refused, urllib.error.URLError, OSError):
            found = None
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.1)


def register(api, mailbox, name):
    """The credentials of a new user, whose address is confirmed by the mail that came."""
    email = f"{name}@example.com"
    credentials = {"email": email, "password": PASSWORD}
    call("POST", f"{api}/v1/auth/register", credentials)
    if mailbox:
        token = until(f"a mail to {email}", lambda: mailed_token(mailbox, email))
        call("POST", f"{api}/v1/auth/verify", {"token": token})
    return credentials


def mailed_token(mailbox, email):
    for letter in sorted(pathlib.Path(mailbox).glob("*.eml"), reverse=True):
        text = letter.read_text(errors="replace")
        if email in text and "#token=" in text:
            return text.split("#token=", 1)[1].split()[0]
    return None


class Stack:
    def __init__(self, program, folder):
        self.folder = pathlib.Path(folder)
        self.program = program
        self.log = open(self.folder / "patchbay.log", "wb")
        anywhere = "127.0.0.1:0"
        names = ["api", "health", "aws", "sim-control", "sim-telegram", "sim-discord"]
        places = [part for name in names for part in (f"--{name}", anywhere)]
        self.process = subprocess.Popen(
            [program, "--data", self.folder / "data", *places, "--log", "warn"],
            stderr=self.log,
        )
        endpoints = self.folder / "data" / "endpoints.json"
        self.endpoints = until(
            "the stack starts", lambda: endpoints.exists() and json.loads(endpoints.read_text())
        )
        self.api = self.endpoints["api"]
        self.simulators = self.endpoints["simulators"]["control"] + "/_sim"
        until("the API answers", lambda: call("GET", f"{self.api}/healthz"))
        until("the playground is there", lambda: self._guild())
        self.document = call("GET", f"{self.api}/openapi.json")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()

    def has(self, path):
        return path in self.document["paths"]

    def register(self, name):
        """The credentials of a new user."""
        return register(self.api, self.endpoints.get("mailbox"), name)

    def log_in(self, credentials):
        return call("POST", f"{self.api}/v1/auth/login", credentials)["access_token"]

    def admin(self, *words):
        """What only the operator of an installation may do."""
        command = [self.program, "--data", self.folder / "data", "admin", *words]
        subprocess.run(command, check=True, timeout=30, stderr=self.log)

    def api_key(self, token):
        key = {"name": "judge", "scopes": ["read", "pairs", "messages", "analytics"]}
        return call("POST", f"{self.api}/v1/api-keys", key, token)["secret"]

    def furnish(self, token, phone):
        """Links a Telegram account and the Discord server of the playground, and pairs them."""
        account = self._link_telegram(token, phone)
        guild = self._link_discord(token)
        chats = f"{self.api}/v1/telegram/accounts/{account}/chats"
        chat = until(
            "the chats are known",
            lambda: [
                chat["id"]
                for chat in call("GET", chats, token=token)["items"]
                if chat["title"] == "Playground"
            ],
        )[0]
        channels = call("GET", f"{self.api}/v1/discord/guilds/{guild}/channels", token=token)
        channel = next(c["id"] for c in channels["items"] if c["name"] == "bridge")
        pair = {
            "source": {"platform": "telegram", "account": account, "chat": chat},
            "destination": {"platform": "discord", "guild": guild, "channel": channel},
        }
        call("POST", f"{self.api}/v1/pairs", pair, token)

    def _link_telegram(self, token, phone):
        logins = f"{self.api}/v1/telegram/logins"
        login = call("POST", logins, {"method": "phone", "phone": f"+{phone}"}, token)
        login = f"{logins}/{login['id']}"
        code = until("a code", lambda: call("GET", f"{self.simulators}/telegram/codes/{phone}"))
        call("POST", f"{login}/code", {"code": code["code"]}, token)
        done = lambda: call("GET", login, token=token).get("account")
        return until("the account is linked", done)

    def _guild(self):
        guilds = call("GET", f"{self.simulators}/discord/guilds")
        found = [guild for guild in guilds if guild["name"] == "Playground"]
        names = {channel["name"] for guild in found for channel in guild["channels"]}
        return found[0] if {"general", "bridge"} <= names else None

    def _link_discord(self, token):
        guild = self._guild()
        path = f"{self.api}/v1/discord/guilds"
        link = call("POST", path, {"guild_id": guild["id"]}, token)
        general = next(c["id"] for c in guild["channels"] if c["name"] == "general")
        post = {"author": guild["owner"], "content": link["post"]}
        call("POST", f"{self.simulators}/discord/channels/{general}/messages", post)
        until("the server is linked", lambda: call("GET", f"{path}/{guild['id']}", token=token))
        return guild["id"]
