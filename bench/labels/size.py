#!/usr/bin/env python3
"""What the crate `labels` adds to the lean binary: size.py [BINARY_WITH_SYMBOLS].

Writes Markdown to standard output. Without a binary, it builds the lean release with its symbols, which takes minutes.
"""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CRATE = "aftercare-labels"


def reached(start, edges, without=None):
    """Packages that `start` leads to, when nothing leads through `without`."""
    seen, todo = set(), [start]
    while todo:
        one = todo.pop()
        if one in seen or one == without:
            continue
        seen.add(one)
        todo.extend(edges[one])
    return seen


def added():
    """The packages of others that only `labels` brings into the binary."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"]
    data = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    names = {package["id"]: package["name"] for package in data["packages"]}
    edges = {}
    for node in data["resolve"]["nodes"]:
        normal = [dep["pkg"] for dep in node["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])]
        edges[node["id"]] = normal
    by_name = {name: package for package, name in names.items() if name.startswith("aftercare-")}
    cli, labels = by_name["aftercare-cli"], by_name[CRATE]
    only = reached(cli, edges) - reached(cli, edges, without=labels) - {labels}
    return sorted(names[package] for package in only)


def symbols(binary, crates):
    """Bytes of the symbols whose names tell one of `crates`, in thousands; and of the file."""
    command = ["nm", "--print-size", "--radix=d", str(binary)]
    total = 0
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        parts = line.split(maxsplit=3)
        if len(parts) == 4 and any(crate in parts[3] for crate in crates):
            total += int(parts[1])
    return total


def main():
    crates = added()
    if len(sys.argv) > 1:
        binary, kind = pathlib.Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "the given"
    else:
        environment = dict(os.environ, CARGO_PROFILE_RELEASE_STRIP="none")
        command = ["cargo", "build", "--release", "--locked", "-p", "aftercare-cli"]
        subprocess.run(command, cwd=ROOT, check=True, env=environment, stdout=sys.stderr)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        binary, kind = target / "release" / "aftercare", "the lean release"
    named = [crate.replace("-", "_") for crate in [CRATE, *crates]]
    kilobytes = symbols(binary, named) / 1000
    listed = ", ".join(f"`{crate}`" for crate in crates)
    print("## What it adds to the binary\n")
    print(f"Packages of others that only `labels` brings in: {len(crates)} ({listed}).")
    print(f"Symbols of {kind} binary that name it or one of them: {kilobytes:.0f} kB. What was inlined into callers is not in")
    print("that, and what the whole program needs anyway (cryptography, JSON, XML) is not counted for it.\n")


if __name__ == "__main__":
    main()
