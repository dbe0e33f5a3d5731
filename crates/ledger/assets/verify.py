#!/usr/bin/env python3
"""Checks an evidence bundle offline: python3 verify.py [FOLDER [VERIFIER_KEY ...]]. Needs Python 3.8 and openssl 3.
Without a key, keys.txt of the bundle is used: compare its first line with the key that you got elsewhere."""
import base64, functools, hashlib, json, pathlib, re, subprocess, sys, tempfile
DOMAIN = b"aftercare-ledger commitment v1\n"
SPKI = bytes.fromhex("302a300506032b6570032100")  # an Ed25519 public key follows (RFC 8410)
H = lambda data: hashlib.sha256(data).digest()
node = lambda left, right: H(b"\x01" + left + right)
entry = lambda salt, stored: H(DOMAIN + b"".join(len(part).to_bytes(8, "big") + part for part in (salt, stored)))
def need(holds, why):
    if not holds: raise ValueError(why)
def b64(text):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "base64 in another form")
    return data
number = lambda text: int(text) if re.fullmatch("0|[1-9][0-9]{0,18}", text) and int(text) <= 1 << 62 else need(False, "not a number")
def verifier(text):  # C2SP signed-note: name+id+base64(type, key); type 1 a log, 4 a witness
    name, key_id, key = text.split("+", 2)
    key = b64(key)
    need(len(key) == 33 and key[0] in (1, 4) and H(name.encode() + b"\n" + key)[:4].hex() == key_id, "not an Ed25519 key")
    return name, bytes.fromhex(key_id), key[0], key[1:]
def openssl_ed25519(key, message, signature):
    with tempfile.TemporaryDirectory() as at:
        for name, data in ("k", SPKI + key), ("m", message), ("s", signature): pathlib.Path(at, name).write_bytes(data)
        return subprocess.run("openssl pkeyutl -verify -pubin -keyform DER -inkey k -rawin -in m -sigfile s".split(),
                              cwd=at, capture_output=True).returncode == 0
def checkpoint(note, keys, ed25519=openssl_ed25519):  # C2SP tlog-checkpoint: size, root and the witnesses that cosigned
    need(not re.search("[\x00-\x09\x0b-\x1f]", note) and "\n\n" in note and note.endswith("\n"), "not a signed note")
    text, signatures = note.rsplit("\n\n", 1)
    text, by, lines = text + "\n", [], text.split("\n")
    need(len(lines) >= 3 and all(lines) and len(b64(lines[2])) == 32, "not a checkpoint")
    size, root = number(lines[1]), b64(lines[2])
    for line in signatures[:-1].split("\n"):
        dash, name, signature = line.split(" ")
        signature = b64(signature)
        need(dash == "\u2014" and name and "+" not in name and len(signature) > 4, "not a signature line")
        for key in keys:
            if key[:2] == (name, signature[:4]):
                message, bare = text.encode(), signature[4:]
                if key[2] == 4:
                    need(bare[:1] < b"\x80", "no time")
                    message, bare = b"cosignature/v1\ntime %d\n" % int.from_bytes(bare[:8], "big") + message, bare[8:]
                need(len(bare) == 64 and ed25519(key[3], message, bare), "the signature of %s does not verify" % name)
                by.append(key)
    need(any(key[2] == 1 and key[0] == lines[0] for key in by), "the log %s has not signed" % lines[0])
    return size, root, sorted({key[0] for key in by if key[2] == 4})
def climb(value, at, size, path):  # RFC 9162 2.1.3.2: the root that the path leads to from a leaf
    need(0 <= at < size, "the leaf lies outside the log")
    last = size - 1
    for step in path:
        need(last and len(step) == 32, "the proof is too long, or a step is not a hash")
        if at & 1 or at == last:
            value = node(step, value)
            while not at & 1 and at: at, last = at >> 1, last >> 1
        else: value = node(value, step)
        at, last = at >> 1, last >> 1
    need(last == 0, "the proof is too short")
    return value
def proof(text, entry, keys, ed25519=openssl_ed25519):  # C2SP tlog-proof: index, size, witnesses
    lines, note = text.partition("\n\n")[0].split("\n"), text.partition("\n\n")[2]
    need(lines.pop(0) == "c2sp.org/tlog-proof@v1", "not a tlog-proof")
    if lines[0].startswith("extra "): b64(lines.pop(0)[6:])
    need(lines[0].startswith("index "), "no index")
    index, path = number(lines.pop(0)[6:]), [b64(line) for line in lines]
    size, root, witnesses = checkpoint(note, keys, ed25519)
    need(climb(H(b"\x00" + entry), index, size, path) == root, "the proof leads elsewhere")
    return index, size, witnesses
def main(folder, given):
    read, ed25519 = lambda name: pathlib.Path(folder, name).read_bytes(), functools.lru_cache(None)(openssl_ed25519)
    listed = dict(reversed(line.split("  ", 1)) for line in read("SHA256SUMS").decode().splitlines())
    for name, digest in listed.items(): need(H(read(name)).hex() == digest, name + " was changed")
    keys = [verifier(line) for line in given or read("keys.txt").decode().split()]
    manifest = json.loads(read("manifest.json"))
    links, case = manifest.get("restamps", []), bytes.fromhex(manifest["case"].replace("-", "")).hex().encode()
    signed = read((manifest["events"] or need(False, "there is no event in it"))[0]["proof"]).partition(b"\n\n")[2]
    for stamped in pathlib.Path(folder).glob("checkpoint"): need(stamped.read_bytes() == signed, "another checkpoint is stamped")
    def logged(event, note):  # the bytes of an event that is in the log, at its place, as the one checkpoint has it
        stored, text, salt = read(event["file"]), read(event["proof"]), bytes.fromhex(event["salt"])
        need(event["file"] in listed and event["proof"] in listed and len(salt) == 32, "a file is not listed")
        index, size, witnesses = proof(text.decode(), entry(salt, stored), keys, ed25519)
        need((index + 1, text.partition(b"\n\n")[2]) == (event["seq"], note), "event %s: another place or checkpoint" % event["seq"])
        return stored, size, witnesses
    for version, event in enumerate(manifest["events"], 1):
        stored, size, witnesses = logged(event, signed)
        need(stored.split(b"\n", 1)[0] == b"case %s %d" % (case, version), "event %s: a gap before it" % event["seq"])
    token, names = links and read("checkpoint") and read("checkpoint.tsr"), [(link["token"], link["checkpoint"]) for link in links]
    there = range(1, 1 + len(list(pathlib.Path(folder).glob("restamps/*.tsr"))))
    need(names == [("restamps/%04d.tsr" % n, "restamps/%04d.checkpoint" % n) for n in there], "later timestamps under other names")
    for link in links:  # each later timestamp vouches for the one before it
        said = json.loads(logged(link, read(link["checkpoint"]))[0].split(b"\n", 1)[1])["body"]
        root = climb(H(b"\x00" + token), link["index"], said["tokens"], [bytes.fromhex(step) for step in link["path"]])
        need([said["type"], said["root"]] == ["timestamps_renewed.v1", root.hex()], "%s vouches for no other" % link["token"])
        token = read(link["token"])
    print("OK: %d events of case %s are in the log of %d, as they were stored; witnesses: %s" %
          (len(manifest["events"]), manifest["case"], size, ", ".join(witnesses) or "none"))
    for key, what in ("shredded", "personal data was destroyed"), ("ended", "ended by rule"), ("renewed", "the log was renewed"):
        if manifest.get(key): print("%s (says the bundle): %r" % (what, manifest[key]))
if __name__ == "__main__":
    try: main(*(sys.argv[1:2] or ["."]), sys.argv[2:])
    except (ValueError, OSError, KeyError, IndexError, TypeError) as error: sys.exit("NOT verified: %s" % error)
