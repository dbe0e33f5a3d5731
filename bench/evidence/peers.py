#!/usr/bin/env python3
"""Peers of the evidence checks, on the pairs of a manifest that the runner wrote: one JSON line in, one out.

ORB and SIFT with MAGSAC (OpenCV), pHash, ELA and DQ. Needs numpy and OpenCV; runs on one thread, so that its times
compare with ours. ELA and DQ get the best threshold for each single picture, which no user could choose.
"""

import json
import resource
import struct
import sys
import time
from pathlib import Path

import cv2
import numpy as np

FEATURE_SIDE = 1024
RATIO = 0.8
TOLERANCE = 3.5  # pixels at FEATURE_SIDE
ELA_QUALITY = 75
DQ_FREQUENCIES = 15


def within(picture, side):
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return picture
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


class Features:
    """ORB and SIFT of one picture and of its mirror, each computed once."""

    def __init__(self, picture, mirror):
        gray = cv2.cvtColor(within(picture, FEATURE_SIDE), cv2.COLOR_BGR2GRAY)
        self.found, self.milliseconds = {}, {}
        for name, detector in DETECTORS.items():
            start = time.process_time()
            plain = detector.detectAndCompute(gray, None)
            flipped = detector.detectAndCompute(cv2.flip(gray, 1), None) if mirror else (None, None)
            self.found[name] = (plain, flipped)
            self.milliseconds[name] = (time.process_time() - start) * 1e3


DETECTORS = {"orb": cv2.ORB_create(2000), "sift": cv2.SIFT_create(2000)}
NORMS = {"orb": cv2.NORM_HAMMING, "sift": cv2.NORM_L2}


def inliers(name, claim, reference):
    """The inliers of the better of the two orientations."""
    most = 0
    (points, descriptors), _ = claim.found[name]
    if descriptors is None or len(points) < 4:
        return 0
    matcher = cv2.BFMatcher(NORMS[name])
    for keypoints, known in reference.found[name]:
        if known is None or len(keypoints) < 4:
            continue
        pairs = [
            found[0]
            for found in matcher.knnMatch(descriptors, known, k=2)
            if len(found) == 2 and found[0].distance < RATIO * found[1].distance
        ]
        best = {}
        for match in pairs:
            if match.trainIdx not in best or match.distance < best[match.trainIdx].distance:
                best[match.trainIdx] = match
        if len(best) < 6:
            continue
        source = np.float32([points[match.queryIdx].pt for match in best.values()])
        target = np.float32([keypoints[match.trainIdx].pt for match in best.values()])
        cv2.setRNGSeed(7)
        _, mask = cv2.findHomography(source, target, cv2.USAC_MAGSAC, TOLERANCE, maxIters=5000, confidence=0.999)
        if mask is not None:
            most = max(most, int(mask.sum()))
    return most


def phash(picture):
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(gray, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:8, :8].flatten()
    return low > np.median(low[1:])


def ela(picture):
    """Error level analysis: the difference to the picture saved again (Krawetz, 2007)."""
    _, again = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, ELA_QUALITY])
    again = cv2.imdecode(again, cv2.IMREAD_COLOR)
    return cv2.blur(cv2.absdiff(picture, again).max(axis=2).astype(np.float32), (9, 9))


def luma_table(data):
    """The first quantization table of a JPEG in natural order, or None."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if marker == 0xDB:
            body = data[at + 4 : at + 2 + length]
            if body[0] & 0x0F == 0:
                size = 2 if body[0] >> 4 else 1
                values = [int.from_bytes(body[1 + i * size : 1 + (i + 1) * size], "big") for i in range(64)]
                table = np.zeros(64, np.float32)
                table[ZIGZAG] = values
                return table.reshape(8, 8)
        if marker == 0xDA:
            return None
        at += 2 + length
    return None


def zigzag():
    order = sorted(range(64), key=lambda i: (i // 8 + i % 8, (i // 8 if (i // 8 + i % 8) % 2 else i % 8)))
    return np.array(order)


ZIGZAG = zigzag()


def dq(picture, data):
    """Double quantization: the probability that a block was compressed once (Lin, He, Tang and Tang, 2009)."""
    table = luma_table(data)
    if table is None:
        return None
    luma = cv2.cvtColor(picture, cv2.COLOR_BGR2YCrCb)[:, :, 0].astype(np.float32) - 128
    rows, columns = luma.shape[0] // 8, luma.shape[1] // 8
    if rows < 8 or columns < 8:
        return None
    blocks = luma[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3).reshape(-1, 8, 8)
    basis = np.array([[np.cos((2 * x + 1) * u * np.pi / 16) * (np.sqrt(1 / 8) if u == 0 else 0.5) for x in range(8)] for u in range(8)], np.float32)
    quantized = np.rint((basis @ blocks @ basis.T) / table).astype(np.int32)
    score = np.zeros(len(blocks))
    for place in ZIGZAG[1 : 1 + DQ_FREQUENCIES]:
        values = quantized[:, place // 8, place % 8]
        spread = int(np.abs(values).max())
        if spread < 4:
            continue
        histogram = np.bincount(values + spread, minlength=2 * spread + 1).astype(np.float64)
        start = spread  # the middle of the histogram
        best, period = -1.0, 1
        for candidate in range(1, min(20, spread) + 1):
            comb = histogram[start % candidate :: candidate].sum() / histogram.sum() * candidate
            gain = comb * (0.9 ** (candidate - 1))
            if gain > best:
                best, period = gain, candidate
        if period == 1:
            continue
        offset = (values + spread - start) % period
        low = (values + spread) - offset
        window = np.zeros(len(values))
        for step in range(period):
            at = low + step
            window += histogram[np.clip(at, 0, 2 * spread)]
        doubled = histogram[values + spread] / np.maximum(window, 1)
        score += np.log(np.maximum(doubled, 1e-6) * period)
    return cv2.blur(-score.reshape(rows, columns).astype(np.float32), (5, 5))


def best_f1(scores, mask):
    """The best F1 over all thresholds, for this one picture."""
    if scores is None:
        return 0.0
    scores = cv2.resize(scores, (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_LINEAR)
    truth = mask >= 128
    best = 0.0
    for level in np.quantile(scores, np.linspace(0.5, 0.999, 60)):
        found = scores > level
        hit = np.logical_and(found, truth).sum()
        best = max(best, 2 * hit / max(1, found.sum() + truth.sum()))
    return float(best)


def main(manifest):
    cv2.setNumThreads(1)
    root = Path(manifest).parent
    references = {}
    for line in open(manifest, encoding="utf-8"):
        pair = json.loads(line)
        place = root / pair["folder"] / pair["reference"]
        if place not in references:
            picture = cv2.imread(str(place))
            references[place] = (Features(picture, True), phash(picture))
        known, known_hash = references[place]
        data = (root / pair["folder"] / pair["claim"]).read_bytes()
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        claim = Features(picture, False)
        answer = {"id": pair["id"]}
        for name in DETECTORS:
            start = time.process_time()
            answer[name] = inliers(name, claim, known)
            answer[name + "_ms"] = round(claim.milliseconds[name] + (time.process_time() - start) * 1e3, 1)
        answer["phash"] = int(np.count_nonzero(phash(picture) != known_hash))
        if pair.get("damage") and pair.get("mask"):
            mask = cv2.imread(str(root / pair["folder"] / pair["mask"]), cv2.IMREAD_GRAYSCALE)
            small = within(mask, FEATURE_SIDE)
            answer["ela"] = round(best_f1(ela(picture), small), 4)
            answer["dq"] = round(best_f1(dq(picture, data), small), 4)
            answer["everything"] = round(float(2 * (small >= 128).sum() / ((small >= 128).sum() + small.size)), 4)
        print(json.dumps(answer), flush=True)


def speed(claim, listings, repeats=5):
    """CPU time of one photo against listing photos whose features are held ready, with SIFT and with ORB."""
    cv2.setNumThreads(1)
    ready = [Features(cv2.imread(listing), True) for listing in listings]
    answer = {}
    for name, detector in DETECTORS.items():
        times = []
        for _ in range(repeats):
            start = time.process_time()
            gray = cv2.cvtColor(within(cv2.imread(claim), FEATURE_SIDE), cv2.COLOR_BGR2GRAY)
            found = Features.__new__(Features)
            found.found = {name: (detector.detectAndCompute(gray, None), None)}
            for listing in ready:
                inliers(name, found, listing)
            times.append((time.process_time() - start) * 1e3)
        answer[f"ms in all, {name.upper()}"] = round(float(np.median(times)), 1)
    answer["MB at most"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, 1)
    print(json.dumps(answer))


if __name__ == "__main__":
    if sys.argv[1] == "--speed":
        speed(sys.argv[2], sys.argv[3:])
    else:
        main(sys.argv[1])
