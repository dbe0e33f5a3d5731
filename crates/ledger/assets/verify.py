#!/usr/bin/env python3
"""Checks an evidence bundle offline: python3 verify.py [FOLDER [VERIFIER_KEY ...]]. Needs Python 3.8 and openssl 3.
Without a key, keys.txt of the bundle is used: compare its first line with the key that you got elsewhere."""
import base64, hashlib, json, os, re, subprocess, sys, tempfile
DOMAIN = b"aftercare-ledger commitment v1\n"
SPKI = bytes.fromhex("302a300506032b6570032100")  # an Ed25519 public key follows (RFC 8410)
H = lambda data: hashlib.sha256(data).digest()
node = lambda left, right: H(b"\x01" + left + right)
def need(holds, why):
    if not holds: raise ValueError(why)
def b64(text):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "base64 in another form")
    return data
def number(text):
    need(re.fullmatch("0|[1-9][0-9]{0,18}", text) and int(text) <= 1 << 62, "not a decimal number")
    return int(text)
def verifier(text):  # C2SP signed-note: name+id+base64(type, key); type 1 a log, 4 a witness
    name, key_id, key = text.split("+", 2)
    key = b64(key)
    need(len(key) == 33 and key[0] in (1, 4), "not an Ed25519 verifier key")
    need(H(name.encode() + b"\n" + key)[:4].hex() == key_id, "the id of the key is wrong")
    return name, bytes.fromhex(key_id), key[0], key[1:]
def openssl_ed25519(key, message, signature):
    with tempfile.TemporaryDirectory() as at:
        for name, data in ("k", SPKI + key), ("m", message), ("s", signature):
            with open(os.path.join(at, name), "wb") as file: file.write(data)
        return subprocess.run("openssl pkeyutl -verify -pubin -keyform DER -inkey k -rawin -in m -sigfile s".split(),
                              cwd=at, capture_output=True).returncode == 0
def checkpoint(note, keys, ed25519=openssl_ed25519):  # C2SP tlog-checkpoint: size, root and the witnesses that cosigned
    need(not re.search("[\x00-\x09\x0b-\x1f]", note) and "\n\n" in note and note.endswith("\n"), "not a signed note")
    text, signatures = note.rsplit("\n\n", 1)
    text, by = text + "\n", []
    lines = text[:-1].split("\n")
    need(len(lines) >= 3 and lines[0] and all(lines), "not a checkpoint")
    size, root = number(lines[1]), b64(lines[2])
    need(len(root) == 32, "the root is not a hash")
    for line in signatures[:-1].split("\n"):
        dash, name, signature = line.split(" ")
        signature = b64(signature)
        need(dash == "\u2014" and name and "+" not in name and len(signature) > 4, "not a signature line")
        for key in keys:
            if key[:2] == (name, signature[:4]):
                message, bare = text.encode(), signature[4:]
                if key[2] == 4:
                    seen = int.from_bytes(bare[:8], "big")
                    need(seen < 1 << 63, "no time")
                    message, bare = b"cosignature/v1\ntime %d\n" % seen + message, bare[8:]
                need(len(bare) == 64 and ed25519(key[3], message, bare), "the signature of %s does not verify" % name)
                by.append(key)
    need(any(key[2] == 1 and key[0] == lines[0] for key in by), "the log %s has not signed" % lines[0])
    return size, root, sorted({key[0] for key in by if key[2] == 4})

def proof(text, entry, keys, ed25519=openssl_ed25519):  # C2SP tlog-proof, RFC 9162 2.1.3.2: index, size, witnesses
    head, note = text.split("\n\n", 1)
    lines = head.split("\n")
    need(lines.pop(0) == "c2sp.org/tlog-proof@v1", "not a tlog-proof")
    if lines[0].startswith("extra "): b64(lines.pop(0)[6:])
    need(lines[0].startswith("index "), "no index")
    index, path = number(lines.pop(0)[6:]), [b64(line) for line in lines]
    need(all(len(step) == 32 for step in path), "a step is not a hash")
    size, root, witnesses = checkpoint(note, keys, ed25519)
    need(index < size, "the leaf lies outside the log")
    at, last, value = index, size - 1, H(b"\x00" + entry)
    for step in path:
        need(last, "the proof is too long")
        if at & 1 or at == last:
            value = node(step, value)
            while not at & 1 and at: at, last = at >> 1, last >> 1
        else: value = node(value, step)
        at, last = at >> 1, last >> 1
    need(last == 0 and value == root, "the proof leads elsewhere")
    return index, size, witnesses
def main(folder, given):
    read = lambda name: open(os.path.join(folder, name), "rb").read()
    listed = dict(reversed(line.split("  ", 1)) for line in read("SHA256SUMS").decode().splitlines())
    for name, digest in listed.items(): need(H(read(name)).hex() == digest, name + " was changed")
    keys = [verifier(line) for line in given or read("keys.txt").decode().split()]
    manifest, cache, stamped = json.loads(read("manifest.json")), {}, "checkpoint" in listed and read("checkpoint")
    def ed25519(*what):
        if what not in cache: cache[what] = openssl_ed25519(*what)
        return cache[what]
    need(manifest["events"], "there is no event in it")
    for version, event in enumerate(manifest["events"], 1):
        stored, salt = read(event["file"]), bytes.fromhex(event["salt"])
        need(event["file"] in listed and event["proof"] in listed and len(salt) == 32, "a file is not listed")
        parts = b"".join(len(part).to_bytes(8, "big") + part for part in (salt, stored))
        index, size, witnesses = proof(read(event["proof"]).decode(), H(DOMAIN + parts), keys, ed25519)
        need(not stamped or read(event["proof"]).endswith(b"\n\n" + stamped), "another checkpoint is stamped")
        need(index + 1 == event["seq"], "event %s stands elsewhere in the log" % event["seq"])
        need(event["version"] == version, "event %s: the case has a gap before it" % event["seq"])
        need(stored.split(b"\n", 1)[0] == b"case %s %d" % (manifest["case"].replace("-", "").encode(), version),
             "event %s is of another case" % event["seq"])
    print("OK: %d events of case %s are in the log of %d, as they were stored; witnesses: %s" %
          (len(manifest["events"]), manifest["case"], size, ", ".join(witnesses) or "none"))
    for key, what in ("shredded", "personal data in them was destroyed"), ("renewed", "the log was renewed"):
        if manifest.get(key): print("%s (says the bundle): %s" % (what, manifest[key]))
if __name__ == "__main__":
    try: main(*(sys.argv[1:2] or ["."]), sys.argv[2:])
    except (ValueError, OSError, KeyError, IndexError, TypeError) as error: sys.exit("NOT verified: %s" % error)
