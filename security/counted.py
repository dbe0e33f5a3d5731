"""What schemathesis loads into its own process (`security/schemathesis` says so): each answer is written down, so that the cases
are counted where they happen, and some requests name what is there, so that they come further than "no such case".
"""

import json
import os
import zlib

import schemathesis

# A line an answer: its status, and the operation that was tried.
ANSWERS = open(os.environ["AFTERCARE_ANSWERS"], "a", encoding="utf-8", buffering=1)
# Ids of the shop, by the name of the parameter.
SAMPLES = json.loads(os.environ["AFTERCARE_SAMPLES"])


@schemathesis.hook
def before_call(context, case, kwargs):
    """Names what is there in about every second request; the same one each time, so that a seed says what happens."""
    known = {name: SAMPLES[name] for name in case.path_parameters or {} if name in SAMPLES}
    body = case.body if isinstance(case.body, (dict, list, str, int)) else None
    made = repr((case.path_parameters, case.query, body)).encode("utf-8", "replace")
    if known and zlib.crc32(made) % 2:
        case.path_parameters = {**case.path_parameters, **known}


@schemathesis.hook
def after_call(context, case, response):
    """Counts a case, whatever method the tool chose for it."""
    ANSWERS.write(f"{response.status_code} {case.operation.label}\n")
