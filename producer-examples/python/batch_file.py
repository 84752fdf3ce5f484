"""Sends the requests of an existing batch file, OpenAI's or Anthropic's, and prints the results, one JSON per line.

    python batch_file.py requests.jsonl > results.jsonl

An OpenAI file has a request per line. Anthropic's has one too, or is the body of a create: {"requests": [...]}.
"""

import json
import sys

from sending import send
from wait_for_results import wait_for_results


def requests_of(path):
    """Yields (custom_id, value); a line goes as it is, so that its numbers and the order of its keys stay."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        whole = json.loads(text)
    except ValueError:
        whole = {}  # several lines
    if isinstance(whole, dict) and "requests" in whole:
        texts = [json.dumps(one, ensure_ascii=False) for one in whole["requests"]]
    else:
        texts = text.split("\n")
    for number, line in enumerate(texts, 1):
        if line.strip():
            one = json.loads(line)
            if not isinstance(one.get("custom_id"), str) or not ("body" in one or "params" in one):
                sys.exit(f"request {number}: needs a custom_id, and a body (OpenAI) or params (Anthropic)")
            yield one["custom_id"], line


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = list(requests_of(sys.argv[1]))
    requests = dict(found)
    if len(requests) < len(found):
        sys.exit("a custom_id stands there twice; nothing was sent")
    send(requests.items())
    for result in wait_for_results(requests):
        print(json.dumps(result, ensure_ascii=False), flush=True)
