"""What both judges share: the simulator's control API, and patience."""

import json
import time
import urllib.request


class Control:
    def __init__(self, root):
        self.root = root

    def send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + "/control/" + path, data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def billing(self):
        return self.send("GET", "billing")


def eventually(look, condition, seconds=20):
    """Looks until the condition holds; the simulator's clock runs thousands of times as fast as this one."""
    until = time.monotonic() + seconds
    while True:
        seen = look()
        if condition(seen):
            return seen
        assert time.monotonic() < until, f"still {seen}"
        time.sleep(0.05)


def refused(kind, call, **expected):
    """The error of a call that has to be refused so."""
    try:
        call()
    except kind as error:
        for name, value in expected.items():
            assert getattr(error, name) == value, (name, getattr(error, name), value)
        return error
    raise AssertionError(f"{kind.__name__} expected")
