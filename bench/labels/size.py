#!/usr/bin/env python3
"""What the crate `labels` adds to the lean binary: size.py BENCHMARK_BINARY. Writes Markdown to standard output."""

import json
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
    """Bytes of the symbols whose names tell one of `crates`."""
    command = ["nm", "--print-size", "--radix=d", str(binary)]
    total = 0
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        parts = line.split(maxsplit=3)
        if len(parts) == 4 and any(crate in parts[3] for crate in crates):
            total += int(parts[1])
    return total


def main():
    crates = added()
    named = [crate.replace("-", "_") for crate in [CRATE, *crates]]
    total = symbols(pathlib.Path(sys.argv[1]), named)
    listed = ", ".join(f"`{crate}`" for crate in crates)
    print("## What it adds to the binary\n")
    print(f"Packages of others that only `labels` brings into the lean binary: {len(crates)} ({listed}).")
    print("They are counted in the dependency graph of `cargo metadata` for Linux on x86-64: what the command line leads to, less what it leads")
    print("to when nothing leads through `labels`; build and test dependencies are left out.\n")
    print(f"Symbols of this benchmark's release binary that name the crate or one of them, by `nm --print-size`: {total / 1000:.0f} kB. What is")
    print("inlined into callers is not in this figure, nor what the program needs anyway (cryptography, JSON, XML). The crate is no")
    print("option of the program, so there is no binary without it to compare with.\n")


if __name__ == "__main__":
    main()
