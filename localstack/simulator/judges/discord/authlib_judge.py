"""Judges the Discord simulator's OAuth2 with Authlib, unmodified.

    python authlib_judge.py BASE_URL CONTROL_URL

BASE_URL is where REST listens (http://127.0.0.1:8091), CONTROL_URL is the control API
(http://127.0.0.1:8090/_sim/discord). Prints one line for each behaviour; exits with 1 when one
of them fails.
"""

import sys
from urllib.parse import parse_qsl, urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

BACK = "https://patchbay.example/back"
failed = False


def judge(behaviour):
    """Runs the trial at once and prints what came of it."""

    def run(trial):
        global failed
        try:
            trial()
            print(f"ok      {behaviour}", flush=True)
        except Exception as error:  # Whatever goes wrong is the verdict.
            failed = True
            print(f"FAILED  {behaviour}: {error!r}", flush=True)

    return run


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r} instead of {expected!r}")


class Stage:
    def __init__(self, base, control):
        self.base, self.control_url = base, control
        self.token_url = f"{base}/api/oauth2/token"
        self.application = self.control(
            "POST", "/applications", {"name": "web", "redirect_uris": [BACK]}
        )
        self.person = self.control("POST", "/users", {"name": "alice"})["id"]
        self.guild = self.control("POST", "/guilds", {"name": "hall", "owner": self.person})["id"]

    def control(self, method, path, body=None):
        answer = requests.request(method, self.control_url + path, json=body or {}, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def client(self, method="client_secret_basic", **options):
        return OAuth2Session(
            self.application["application_id"],
            self.application["client_secret"],
            token_endpoint_auth_method=method,
            redirect_uri=BACK,
            code_challenge_method="S256",
            **options,
        )

    def consent(self, url, **answer):
        body = {"url": url, "user": self.person, **answer}
        return self.control("POST", "/oauth2/consent", body)["redirect"]

    def authorized(self, scope="identify guilds", method="client_secret_basic", **parameters):
        client = self.client(method, scope=scope)
        verifier = generate_token(48)
        url, state = client.create_authorization_url(
            f"{self.base}/oauth2/authorize", code_verifier=verifier, **parameters
        )
        back = self.consent(url)
        token = client.fetch_token(
            self.token_url, authorization_response=back, state=state, code_verifier=verifier
        )
        return client, token


def refused(call, error):
    try:
        call()
    except OAuthError as refusal:
        return equal(refusal.error, error)
    raise AssertionError("accepted")


def trials(stage):
    def get(client, path):
        answer = client.get(f"{stage.base}/api/v10{path}")
        return answer.status_code, answer.json()

    @judge("code with PKCE, secret in the header")
    def _():
        client, token = stage.authorized()
        equal((token["token_type"], token["expires_in"]), ("Bearer", 604800))
        equal(get(client, "/users/@me")[1]["id"], stage.person)
        equal([guild["id"] for guild in get(client, "/users/@me/guilds")[1]], [stage.guild])

    @judge("code with PKCE, secret in the form")
    def _():
        client, _ = stage.authorized(method="client_secret_post")
        equal(get(client, "/oauth2/@me")[1]["scopes"], ["identify", "guilds"])

    @judge("wrong verifier")
    def _():
        client = stage.client(scope="identify")
        url, state = client.create_authorization_url(
            f"{stage.base}/oauth2/authorize", code_verifier=generate_token(48)
        )
        back = stage.consent(url)
        fetch = lambda: client.fetch_token(
            stage.token_url,
            authorization_response=back,
            state=state,
            code_verifier=generate_token(48),
        )
        refused(fetch, "invalid_grant")

    @judge("denied")
    def _():
        client = stage.client(scope="identify")
        url, state = client.create_authorization_url(f"{stage.base}/oauth2/authorize")
        back = dict(parse_qsl(urlsplit(stage.consent(url, deny=True)).query))
        equal((back["error"], back["state"]), ("access_denied", state))

    @judge("refresh")
    def _():
        client, first = stage.authorized()
        old = first["refresh_token"]
        second = client.refresh_token(stage.token_url, old)
        equal(first["access_token"] != second["access_token"], True)
        equal(get(client, "/users/@me")[0], 200)
        refused(lambda: stage.client().refresh_token(stage.token_url, old), "invalid_grant")

    @judge("revoke")
    def _():
        client, token = stage.authorized()
        answer = client.revoke_token(f"{stage.token_url}/revoke", token["access_token"])
        equal(answer.status_code, 200)
        equal(get(client, "/users/@me")[0], 401)

    @judge("a bot comes along")
    def _():
        more = {"permissions": "3072", "guild_id": stage.guild}
        _, token = stage.authorized(scope="identify bot", **more)
        equal(token["guild"]["id"], stage.guild)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    trials(Stage(*sys.argv[1:]))
    sys.exit(1 if failed else 0)
