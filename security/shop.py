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
START_SECONDS = 60
TRIES_MAX = 12
PAUSE_SECONDS = 10


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
        session = self.wanted(201, "POST", "/api/v1/sessions", {"login": login, "password": password})
        return session["token"]

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
        self.tokens["claimant"] = self.wanted(201, "POST", "/api/v1/case-sessions", body)["token"]
        self.samples = {"case": receipt["case"], "user": made["user"]}

    def document(self):
        """The description of the API that the server itself gives."""
        return self.wanted(200, "GET", "/api/v1/openapi.json")

    def broken(self):
        """What the server did that no request may bring about."""
        found = [line for line in self.log.read_text(encoding="utf-8").splitlines() if "panicked" in line]
        if self.server.poll() is not None:
            found.append(f"the server ended with {self.server.returncode}")
        return found


def environment_for(folder, *packages):
    """A virtual environment in the folder, with these packages; the folder of its programs."""
    target = Path(folder) / "venv"
    subprocess.run([sys.executable, "-m", "venv", target], check=True)
    programs = target / "bin"
    subprocess.run([programs / "pip", "install", "--quiet", *packages], check=True)
    return programs
