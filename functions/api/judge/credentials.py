"""As whom schemathesis asks: with the credentials that `CREDENTIAL` holds, in turns, or, for the
operations that end a session, with one of its own for each request."""

import itertools
import os

import schemathesis
from stack import call, register

NUMBERS = itertools.count()
CREDENTIALS = list(filter(None, os.environ.get("CREDENTIAL", "").split(",")))


@schemathesis.auth(refresh_interval=None)
class Credentials:
    def get(self, case, context):
        if CREDENTIALS:
            return CREDENTIALS[next(NUMBERS) % len(CREDENTIALS)]
        api = os.environ["API"]
        # A user of its own as well: some of these end the user.
        name = f"ending-{os.getpid()}-{next(NUMBERS)}"
        credentials = register(api, os.environ.get("MAILBOX"), name)
        return call("POST", f"{api}/v1/auth/login", credentials)["access_token"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"
