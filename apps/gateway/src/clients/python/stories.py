"""Runs stories and prints how each ended, a line of JSON each: `{"story": name, "failure": text or null}`."""

import json
import os
import time
import traceback
import urllib.request

gateway = os.environ["GATEWAY"]
engine = os.environ["ENGINE"]
every_route = os.environ["KEY_ALL"]
other_route = os.environ["KEY_OTHER"]
once_a_minute = os.environ["KEY_ONCE"]

messages = [{"role": "user", "content": "Say something."}]
request_id = r"^[0-9a-f-]{36}$"
weather = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
    },
}

_stories = []


def story(name):
    def keep(run):
        _stories.append((name, run))
        return run

    return keep


def run_stories():
    for name, run in _stories:
        failure = None
        try:
            run()
        except Exception:
            failure = traceback.format_exc(limit=-4)
        print(json.dumps({"story": name, "failure": failure}), flush=True)


def stats():
    with urllib.request.urlopen(f"{engine}/simulated/stats") as answer:
        return json.load(answer)


def until(what, holds, within=10):
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, f"never came true: {what}"
        time.sleep(0.01)


def failure_of(kind, call):
    """What a call raises, which must be of that very class."""
    try:
        call()
    except Exception as error:
        assert type(error) is kind, f"{type(error).__name__} instead of {kind.__name__}: {error}"
        return error
    raise AssertionError(f"no {kind.__name__}")
