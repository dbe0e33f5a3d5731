"""Runs a peer over a table of truth: peers.py jionlp|cpca TRUTH.tsv ANSWERS.jsonl; prints addresses a second of processor time, one by one.

Needs `pip install cpca jionlp`. Loading and the first call are not timed.
"""

import csv
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
peer, truth, answers = sys.argv[1:4]
with open(truth, encoding="utf8") as file:
    raws = [row["raw"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
if peer == "jionlp":
    import contextlib

    with contextlib.redirect_stdout(sys.stderr):
        import jionlp

        def one(text):
            got = jionlp.parse_location(text, town_village=True)
            return {key: got.get(key) for key in ("province", "city", "county", "town")}

        one("广东省深圳市南山区粤海街道科技路1号")
else:
    import cpca

    def one(text):
        got = cpca.transform([text]).iloc[0]
        return {"province": got["省"], "city": got["市"], "county": got["区"], "town": None}

    one("广东省深圳市南山区粤海街道科技路1号")
results = []
start = time.process_time()
for raw in raws:
    try:
        results.append(one(raw))
    except Exception:  # A peer that fails on an address has no answer for it.
        results.append({})
elapsed = time.process_time() - start
with open(answers, "w", encoding="utf8") as file:
    for result in results:
        file.write(json.dumps(result, ensure_ascii=False, default=str) + "\n")
print(len(raws) / elapsed)
