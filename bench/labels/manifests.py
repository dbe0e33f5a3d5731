#!/usr/bin/env python3
"""Holds our answers about C2PA manifests against those of c2pa-rs, which also signs the files: manifests.py AFTERCARE [SEEDS].

Needs ffmpeg, openssl, and the Python packages c2pa-python and cryptography. Writes C2PA.md beside itself. The certificates
are made for the run; nothing leaves the machine. The stores of the stamped PNG go to the folder SEEDS, for the fuzzer.
"""

import ctypes
import datetime
import http.server
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import threading

import c2pa
from c2pa.c2pa import _lib as library
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HERE = pathlib.Path(__file__).parent
SEED = 7
CHANGES_A_FILE = 40
UNCHECKED = {"not_checkable", "boxes_not_read"}
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
MEDIA = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "avi": "video/avi",
}
TSA_SETTINGS = """[tsa1]
serial=serial
signer_cert=tsa.pem
certs=times.pem
signer_key=tsa.key
signer_digest=sha256
default_policy=1.2.3.4.1
digests=sha256, sha384, sha512
tsa_name=no
ess_cert_id_chain=no
ess_cert_id_alg=sha256
"""


def certificate(name, key, issuer, issuer_key, is_authority, purpose=None):
    """A certificate for `key`, signed by `issuer_key`."""

    def full(common):
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sample"),
                x509.NameAttribute(NameOID.COMMON_NAME, common),
            ]
        )

    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(full(name))
        .issuer_name(full(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_authority,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    if purpose:
        is_time = purpose == ExtendedKeyUsageOID.TIME_STAMPING
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=is_time)
    return builder.sign(issuer_key, hashes.SHA384()).public_bytes(serialization.Encoding.PEM)


def private(key):
    """The key as a program reads it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def make_files(folder):
    """A small file of each format."""
    picture = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=5:duration=1"]
    sound = ["-f", "lavfi", "-i", "sine=duration=1"]
    files = []
    for ending in MEDIA:
        source = sound if ending in ("m4a", "wav") else picture
        one = ["-frames:v", "1"] if ending in ("jpg", "png", "webp", "avif") else []
        pixels = ["-pix_fmt", "yuv420p"] if ending in ("avif", "mp4", "mov") else []
        path = folder / f"a.{ending}"
        command = ["ffmpeg", "-loglevel", "error", "-y", *source, *one, *pixels, str(path)]
        subprocess.run(command, check=True)
        files.append(path)
    return files


def serve_times(folder):
    """An authority that gives times, on a port of this machine."""
    (folder / "tsa.cnf").write_text(TSA_SETTINGS)
    (folder / "serial").write_text("01\n")
    root = rsa.generate_private_key(65537, 2048)
    key = rsa.generate_private_key(65537, 2048)
    (folder / "times.pem").write_bytes(certificate("times", root, "times", root, True))
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    (folder / "tsa.pem").write_bytes(certificate("clock", key, "times", root, False, stamping))
    (folder / "tsa.key").write_bytes(private(key))

    class Times(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers.get("Content-Length", 0))
            (folder / "query").write_bytes(self.rfile.read(length))
            command = "openssl ts -reply -config tsa.cnf -section tsa1 -queryfile query -out reply"
            subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
            reply = (folder / "reply").read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Times)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def sign_all(folder, files, times):
    """Every file with every version and kind of key that is worth a row: name of the row, signed file."""
    keys = {
        "es256": ec.generate_private_key(ec.SECP256R1()),
        "es384": ec.generate_private_key(ec.SECP384R1()),
        "es512": ec.generate_private_key(ec.SECP521R1()),
        "ps256": rsa.generate_private_key(65537, 2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate(),
    }
    root = ec.generate_private_key(ec.SECP384R1())
    middle = rsa.generate_private_key(65537, 2048)
    (folder / "root.pem").write_bytes(certificate("root", root, "root", root, True))
    between = certificate("middle", middle, "root", root, True)
    mail = ExtendedKeyUsageOID.EMAIL_PROTECTION
    signed = []
    for path in files:
        ending = path.suffix[1:]
        for algorithm, key in keys.items():
            if algorithm != "es256" and ending not in ("jpg", "mp4"):
                continue
            leaf = certificate("signer", key, "middle", middle, False, mail)
            for version in (1, 2):
                for stamp in (None, times):
                    info = c2pa.C2paSignerInfo(
                        algorithm.encode(), leaf + between, private(key), stamp and stamp.encode()
                    )
                    label = "c2pa.actions" if version == 1 else "c2pa.actions.v2"
                    action = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE}
                    statement = {"label": label, "data": {"actions": [action]}}
                    manifest = {
                        "claim_version": version,
                        "claim_generator_info": [{"name": "sample", "version": "1"}],
                        "assertions": [statement],
                    }
                    stamped = "stamped" if stamp else "plain"
                    out = folder / f"{ending}-{algorithm}-{version}-{stamped}.{ending}"
                    # A thumbnail is in the manifests of the others.
                    bare = {"version": 1, "builder": {"thumbnail": {"enabled": False}}}
                    context = c2pa.Context.from_dict(bare) if stamp else None
                    builder = c2pa.Builder(json.dumps(manifest), context)
                    with open(path, "rb") as source, open(out, "w+b") as target:
                        builder.sign(c2pa.Signer.from_info(info), MEDIA[ending], source, target)
                    signed.append((ending, algorithm, version, stamped, out))
                    if algorithm == "es256" and version == 2 and not stamp and ending in ("jpg", "png"):
                        out = folder / f"{ending}-boxes.{ending}"
                        sign_by_boxes(path, info, manifest, out)
                        signed.append((f"{ending} by named boxes", algorithm, version, stamped, out))
    return signed


def sign_by_boxes(path, info, manifest, out):
    """Signs a JPEG or PNG whose content is bound by named boxes; the package offers that only below its classes."""
    settings = c2pa.Settings.from_dict({"version": 1, "builder": {"prefer_box_hash": True}})
    signer = c2pa.Signer.from_info(info)
    context = c2pa.ContextBuilder().with_settings(settings).with_signer(signer).build()
    builder = c2pa.Builder(json.dumps(manifest), context)
    media = MEDIA[path.suffix[1:]].encode()
    pointer = ctypes.c_void_p
    library.c2pa_builder_update_hash_from_stream.argtypes = [pointer, ctypes.c_char_p, pointer]
    library.c2pa_builder_sign_embeddable.restype = ctypes.c_int64
    handle = ctypes.cast(builder._handle, pointer)
    with open(path, "rb") as source:
        # Named, so that it lives while its pointer is used.
        stream = c2pa.Stream(source)
        there = ctypes.cast(stream._stream, pointer)
        assert library.c2pa_builder_update_hash_from_stream(handle, media, there) == 0
    store = ctypes.POINTER(ctypes.c_ubyte)()
    length = library.c2pa_builder_sign_embeddable(handle, ctypes.c_char_p(media), ctypes.byref(store))
    assert length > 0
    content = path.read_bytes()
    # After the JFIF header, or after the header of a PNG.
    at = 33 if path.suffix == ".png" else 2
    if content[2:4] == b"\xff\xe0":
        at = 4 + int.from_bytes(content[4:6], "big")
    out.write_bytes(content[:at] + bytes(store[:length]) + content[at:])


def write_seeds(folder, signed):
    """The manifest stores of the PNG files with a timestamp."""
    for ending, _, version, stamped, path in signed:
        if ending == "png" and stamped == "stamped":
            content = path.read_bytes()
            kind = content.index(b"caBX")
            length = int.from_bytes(content[kind - 4 : kind], "big")
            (folder / f"stamped_{version}").write_bytes(content[kind + 4 : kind + 4 + length])


def ours(aftercare, trust, paths):
    """Our four answers about each file, or `None` without a manifest."""
    answers = []
    for start in range(0, len(paths), 100):
        names = [str(path) for path in paths[start : start + 100]]
        command = [aftercare, "labels", "read", "--json", "--c2pa-trust", str(trust), *names]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        for line in lines:
            marks = [mark for mark in json.loads(line)["marks"] if "credentials" in mark]
            answers.append(marks[0]["credentials"] if marks else None)
    return answers


def theirs(path):
    """The codes of c2pa-rs about a file; `None` when it gives no answer."""
    try:
        reader = c2pa.Reader(MEDIA[path.suffix[1:]], io.BytesIO(path.read_bytes()))
        return {one["code"] for one in json.loads(reader.json()).get("validation_status") or []}
    except c2pa.C2paError:
        return None


def changed(folder, signed):
    """Each file with one bit changed, somewhere in the file or near its start."""
    pick = random.Random(SEED)
    paths = []
    for name in dict.fromkeys(row[0] for row in signed):
        path = next(row[4] for row in signed if row[0] == name and row[3] == "plain")
        ending = path.suffix[1:]
        content = path.read_bytes()
        for number in range(CHANGES_A_FILE):
            reach = len(content) if number % 2 else min(len(content), 9000)
            copy = bytearray(content)
            copy[pick.randrange(reach)] ^= 1 << pick.randrange(8)
            out = folder / f"changed-{name}-{number}.{ending}"
            out.write_bytes(copy)
            paths.append(out)
    return paths


def is_same(codes, answer):
    """Whether both find the same of content, signature and statements changed."""

    def has(ending):
        return any(code.endswith(ending) for code in codes)

    content = any(has(f"{kind}.mismatch") for kind in ("dataHash", "bmffHash", "boxesHash"))
    signature = has("claimSignature.mismatch")
    statements = has("hashedURI.mismatch") and not signature
    return (
        content == (answer["binding"] == "changed")
        and signature == (answer["integrity"] == "mismatch")
        and statements == (answer["integrity"] == "statements_changed")
    )


def main():
    aftercare = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        signed = sign_all(folder, make_files(folder), serve_times(folder))
        if len(sys.argv) > 2:
            write_seeds(pathlib.Path(sys.argv[2]), signed)
        trust = folder / "trust.pem"
        lists = [(folder / "root.pem").read_text(), "[timestamps]\n", (folder / "times.pem").read_text()]
        trust.write_text("".join(lists))
        rows = {}
        for row, answer in zip(signed, ours(aftercare, trust, [row[4] for row in signed])):
            validity = "valid_when_stamped" if row[3] == "stamped" else "valid_today"
            expected = ["intact", "intact", "trusted", validity]
            names = ("binding", "integrity", "trust", "validity")
            found = [answer[one] for one in names] if answer else None
            count = rows.setdefault(row[0], [0, 0])
            count[0] += 1
            count[1] += found == expected
        paths = changed(folder, signed)
        answers = ours(aftercare, trust, paths)
        same = careful = other = silent = 0
        for path, answer in zip(paths, answers):
            codes = theirs(path)
            if codes is None:
                silent += 1
            elif answer is not None and is_same(codes, answer):
                same += 1
            elif answer is not None and UNCHECKED & {answer["binding"], answer["integrity"]}:
                careful += 1
            else:
                other += 1
    table = "".join(f"| {ending} | {count} | {good} |\n" for ending, (count, good) in rows.items())
    (HERE / "C2PA.md").write_text(
        f"""# C2PA: results

Written by `bench/labels/manifests.py`. The files are signed by c2pa-rs {c2pa.sdk_version()} with certificates that are made for the run: claims of
both versions, with and without a timestamp, five kinds of keys for JPEG and MP4, and JPEG and PNG also bound by named boxes.

| file | signed | content and manifest intact, signer trusted, time right |
|---|---|---|
{table}
## Changed files

Of {len(paths)} copies with one bit changed, {CHANGES_A_FILE} of each row, c2pa-rs gave an answer about {same + careful + other}; ours finds the
same of content, signature and statements changed in {same} of these, says that it cannot check in {careful} where a certificate, the order of
the boxes or the statement that binds the content was itself hit, and something else in {other}. About the other {silent} c2pa-rs gave an error.
"""
    )


if __name__ == "__main__":
    main()
