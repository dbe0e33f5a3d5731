"""A shop for probes: a server of this tree on this machine only, in a directory that is thrown away, with somebody of each role.

All people, numbers and words in it are invented. Python's own library is all it needs.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROLES = [
    "agent",
    "dispatcher",
    "technician",
    "merchant",
    "reviewer",
    "risk_manager",
    "auditor",
    "integrator",
]
# A colleague of another shop: what is not theirs must not be there for them.
STRANGER = "stranger"
# What ends the session that asks. Whoever tried it among others would have nothing but refusals from then on.
ENDING = "DELETE /api/v1/sessions"
# What is answered for as long as somebody listens.
STREAM = "GET /api/v1/changes"
# What may leave the shop such that others only read refusals: to be tried after everything else.
CHANGING = re.compile(
    r"(PUT|POST|PATCH|DELETE) /api/v1/(settings/|users/|tokens/|review/groups$|technicians/|cases/\{case\}/erasures$)"
)
METHODS = ["get", "post", "put", "patch", "delete"]
# What the server counts of what it answered.
COUNTED = "aftercare_http_requests_total"
START_SECONDS = 60
TRIES_MAX = 12
PAUSE_SECONDS = 10
# How deep an example of a schema goes: one that names itself has no end.
DEPTH_MAX = 12


def bad_input(what):
    """Exit 2, with what is wrong and what to do."""
    print(what, file=sys.stderr)
    sys.exit(2)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Whoever sets a password is sent on; that it was set is all that is asked."""

    def redirect_request(self, *_):
        return None


class Shop:
    """A running server, and tokens by who has them."""

    def __init__(self, binary):
        self.binary = Path(binary or ROOT / "target/debug/aftercare")
        if not self.binary.is_file():
            bad_input(f"{self.binary} is not there: build it with `cargo build --locked`, or name one with --binary")
        self.folder = Path(tempfile.mkdtemp(prefix="aftercare-security-"))
        self.log = self.folder / "serve.log"
        self.environment = dict(
            os.environ,
            AFTERCARE_KEY=secrets.token_hex(32),
            AFTERCARE_DATA=str(self.folder / "data"),
        )
        for unwanted in ("AFTERCARE_KEY_FILE", "AFTERCARE_DATABASE_URL"):
            self.environment.pop(unwanted, None)
        self.server = None
        self.address = None
        self.tokens = {}
        self.samples = {}
        # How each signs in again, for another token.
        self.doors = {}

    def __enter__(self):
        try:
            invitation = self.command("user", "init", "--tenant", "Probe", "--admin", "admin")
            other = self.command("tenant", "add", "--name", "Other", "--admin", "other-admin")
            self.serve()
            self.people(invitation, other)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.server is not None:
            self.server.terminate()
            try:
                self.server.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self.server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *arguments):
        """What a command says; the path of the page of an invitation where there is one."""
        done = subprocess.run(
            [self.binary, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"aftercare {' '.join(arguments)}: {done.stderr.strip()}")
        found = re.search(r"/invite/\S+", done.stdout)
        return found.group(0) if found else ""

    def serve(self):
        """Starts the server on a free port of the loopback."""
        with open(self.log, "w", encoding="utf-8") as log:
            self.server = subprocess.Popen(
                [self.binary, "serve", "--listen", "127.0.0.1:0"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        for line in self.server.stdout:
            if line.startswith("serving "):
                self.address = line.split()[1]
                break
        host = urllib.parse.urlsplit(self.address or "").hostname
        if host != "127.0.0.1":
            raise RuntimeError(f"the server is not on this machine's loopback: {self.address}")

    def ask(self, method, path, body=None, token=None, form=False):
        """Status and answer of a request."""
        headers = {"Accept": "application/json"}
        data = None
        if form:
            data = urllib.parse.urlencode(body).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        opener = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def begins(self, operation, token):
        """Status and kind of an answer whose end nobody waits for."""
        method, path = operation.split(" ", 1)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(self.address + path, None, headers, method=method)
        opener = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return answer.status, answer.headers.get_content_type()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers.get_content_type()

    def wanted(self, status, method, path, body=None, token=None, form=False):
        """The answer in JSON, of that status."""
        found, text = self.ask(method, path, body, token, form)
        for _ in range(TRIES_MAX):
            if found != 429:
                break
            # The doors have a pace.
            time.sleep(PAUSE_SECONDS)
            found, text = self.ask(method, path, body, token, form)
        if found != status:
            raise RuntimeError(f"{method} {path}: {found} {text}")
        return json.loads(text) if text.startswith(("{", "[")) else {}

    def signed_in(self, login, invitation):
        """Sets a password and signs in; the token."""
        password = secrets.token_hex(16)
        form = {"password": password, "password_again": password}
        self.wanted(303, "POST", urllib.parse.urlsplit(invitation).path, form, form=True)
        self.doors[login] = ("/api/v1/sessions", {"login": login, "password": password})
        return self.another_token(login)

    def another_token(self, login):
        """Signs in once more; the token of that session."""
        path, body = self.doors[login]
        return self.wanted(201, "POST", path, body)["token"]

    def door(self, who):
        """By which name somebody signs in; none for those who do not."""
        login = "other-admin" if who == STRANGER else who
        return login if login in self.doors else None

    def is_signed_in(self, who, token):
        """Whether a token still says who sends it. Nobody needs none."""
        return token is None or self.ask("GET", "/api/v1/preferences", token=token)[0] != 401

    def people(self, invitation, other):
        """Somebody of each role, a program, a colleague of another shop, and a claimant with a case."""
        admin = self.signed_in("admin", invitation)
        self.tokens = {"nobody": None, "admin": admin, STRANGER: self.signed_in("other-admin", other)}
        for role in ROLES:
            body = {"login": role, "display_name": role, "roles": [role]}
            made = self.wanted(201, "POST", "/api/v1/users", body, admin)
            if role == "integrator":
                body = {"user": made["user"], "scopes": ["cases:read", "cases:write"]}
                self.tokens[role] = self.wanted(201, "POST", "/api/v1/tokens", body, admin)["token"]
            else:
                self.tokens[role] = self.signed_in(role, made["link"])
        repair = {
            "kind": "repair",
            "product": None,
            "skill": "washing_machine",
            "county": "330106",
            "description": "洗衣机不转。",
            "from": None,
            "until": None,
            "person": {
                "name": "样例用户",
                "phone": "13800000000",
                "address": "示例省示例市示例区示例路 1 号",
            },
            "consent": {"notice_version": "2026-11-26", "purposes": ["handle_the_case"]},
        }
        receipt = self.wanted(201, "POST", "/api/v1/repairs", repair, self.tokens["integrator"])
        body = {"link": receipt["link"].rsplit("/", 1)[1], "code": receipt["code"]}
        self.doors["claimant"] = ("/api/v1/case-sessions", body)
        self.tokens["claimant"] = self.another_token("claimant")
        self.samples = {"case": receipt["case"], "user": made["user"], "what": "products", "seq": "0"}

    def document(self):
        """The description of the API that the server itself gives."""
        return self.wanted(200, "GET", "/api/v1/openapi.json")

    def answered(self):
        """How many requests of the API the server says that it answered, by status: a count that no tool keeps."""
        status, text = self.ask("GET", "/metrics")
        if status != 200:
            raise RuntimeError(f"GET /metrics: {status}")
        counts = {}
        for line in text.splitlines():
            if line.startswith(COUNTED + "{"):
                found = re.search(r'status="(\d+)"', line)
                if found and 'route="/metrics"' not in line:
                    number = int(float(line.rsplit(" ", 1)[1]))
                    counts[int(found.group(1))] = counts.get(int(found.group(1)), 0) + number
        return counts

    def errors(self):
        """How many answers were errors of the server."""
        return sum(number for status, number in self.answered().items() if status >= 500)

    def broken(self):
        """What the server did that no request may bring about."""
        found = [line for line in self.log.read_text(encoding="utf-8").splitlines() if "panicked" in line]
        if self.server.poll() is not None:
            found.append(f"the server ended with {self.server.returncode}")
        return found


def operations_of(document):
    """Every operation: its name (`GET /path`), its path, its method and what the description says of it."""
    for path, item in sorted(document["paths"].items()):
        for method in METHODS:
            if method in item:
                parameters = item[method].get("parameters", []) + item.get("parameters", [])
                yield f"{method.upper()} {path}", path, method, dict(item[method], parameters=parameters)


def example_of(schema, document, depth=0):
    """Something that a schema of the description allows, as full as it may be."""
    if depth > DEPTH_MAX or not isinstance(schema, dict):
        return None
    if "$ref" in schema:
        target = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return example_of(target, document, depth + 1)
    for key in ("example", "default", "const"):
        # A default of nothing is nothing to try.
        if schema.get(key) not in (None, [], {}):
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    if "allOf" in schema:
        parts = [example_of(part, document, depth + 1) for part in schema["allOf"]]
        objects = [part for part in parts if isinstance(part, dict)]
        return {name: value for part in objects for name, value in part.items()} if objects else parts[0]
    for key in ("oneOf", "anyOf"):
        if key in schema:
            # What may also be nothing is tried as something.
            some = [one for one in schema[key] if one.get("type") != "null"]
            return example_of(some[0], document, depth + 1) if some else None
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    kind = next((one for one in kinds if one != "null"), "null") if isinstance(kinds, list) else kinds
    if kind == "object":
        properties = schema.get("properties", {})
        more = schema.get("additionalProperties", not properties)
        made = {name: example_of(inner, document, depth + 1) for name, inner in properties.items()}
        return made if not more else {**made, "sample": example_of(more, document, depth + 1) or "sample"}
    if kind == "array":
        inner = example_of(schema.get("items", {}), document, depth + 1)
        return [] if inner is None else [inner]
    if kind in ("integer", "number"):
        return max(1, schema.get("minimum", 1))
    return {"boolean": True, "string": "sample", "null": None}.get(kind, "sample")


def environment_for(folder, *packages):
    """A virtual environment in the folder, with these packages; the folder of its programs."""
    target = Path(folder) / "venv"
    subprocess.run([sys.executable, "-m", "venv", target], check=True)
    programs = target / "bin"
    subprocess.run([programs / "pip", "install", "--quiet", *packages], check=True)
    return programs
