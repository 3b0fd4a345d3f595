"""Starts a stack, makes three callers, and lets schemathesis judge the API as each of them."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from stack import Stack

HERE = pathlib.Path(__file__).parent
# Each may be used 1,200 times a minute.
KEYS = 20
# Same requests with every run.
SEED = "20261124"
# These end the session by which the others are asked; they are judged apart, each request by a
# session of its own.
ENDING = [
    ("POST", "/v1/auth/logout"),
    ("POST", "/v1/auth/logout-all"),
    ("DELETE", "/v1/auth/sessions/{id}"),
    ("POST", "/v1/auth/password"),
    ("PATCH", "/v1/me"),
    ("DELETE", "/v1/me"),
]


def schemathesis(arguments, stack, name, choice, examples, credential):
    """Whether it found nothing."""
    print(f"-- {name}", flush=True)
    began = time.monotonic()
    command = [
        arguments.schemathesis,
        *("--config-file", HERE / "schemathesis.toml"),
        *("run", f"{stack.api}/openapi.json"),
        *("--seed", SEED),
        *("--max-examples", str(examples)),
        # Hypothesis, which makes the requests, is not safe with more.
        *("--workers", "1"),
        *("--generation-database", "none"),
        "--no-color",
        *choice,
    ]
    hooks = {"SCHEMATHESIS_HOOKS": "credentials", "PYTHONPATH": str(HERE), "API": stack.api}
    if "mailbox" in stack.endpoints:
        hooks["MAILBOX"] = stack.endpoints["mailbox"]
    environment = os.environ | hooks | credential
    try:
        outcome = subprocess.run(command, env=environment, timeout=arguments.seconds, check=False)
        is_good = outcome.returncode == 0
    except subprocess.TimeoutExpired:
        print(f"-- not done in {arguments.seconds} s")
        is_good = False
    verdict = "good" if is_good else "BAD"
    print(f"-- {name}: {verdict}, {time.monotonic() - began:.0f} s", flush=True)
    return is_good


def callers(stack):
    """Names of callers, each with a credential."""
    credentials = stack.register("user")
    # The largest plan: what is refused for having been too often is not judged.
    stack.admin("plan", credentials["email"], "business")
    user = stack.log_in(credentials)
    stack.furnish(user, "15550100001")
    # As many as can ask without being refused for having asked too often.
    keys = [stack.api_key(user) for _ in range(KEYS)]
    yield "user", user
    yield "API key", ",".join(keys)
    credentials = stack.register("admin")
    stack.admin("plan", credentials["email"], "business")
    stack.admin("grant", credentials["email"])
    yield "admin", stack.log_in(credentials)


def judge(arguments, folder):
    """Whether every caller got nothing but what the document describes."""
    stack = Stack(arguments.patchbay, folder)
    try:
        paths = stack.document["paths"]
        ending = [
            paths[path][method.lower()]["operationId"]
            for method, path in ENDING
            if method.lower() in paths.get(path, {})
        ]
        others = [part for name in ending for part in ("--exclude-operation-id", name)]
        are_good = [
            schemathesis(
                arguments,
                stack,
                name,
                others,
                arguments.examples,
                {"CREDENTIAL": token},
            )
            for name, token in callers(stack)
        ]
        apart = [part for name in ending for part in ("--include-operation-id", name)]
        are_good.append(schemathesis(arguments, stack, "what ends sessions", apart, 4, {}))
        return all(are_good)
    finally:
        stack.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schemathesis", required=True)
    parser.add_argument("--patchbay", required=True)
    parser.add_argument("--examples", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=150, help="for each caller, at most")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="patchbay-judge-") as folder:
        is_good = judge(arguments, folder)
        log = pathlib.Path(folder, "patchbay.log").read_text(errors="replace")
        if not is_good:
            print(log[-4000:])
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
