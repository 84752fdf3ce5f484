"""Sends each argument as a question, in JSON, and prints the answers.

    python produce.py "What is 2+2?" "And 3+3?"
"""

import json
import sys

from sending import id_of, send
from wait_for_results import line_of, wait_for_results

URL = "/v1/chat/completions"


def request(question):
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": question}]}
    custom_id = id_of(URL, json.dumps(body))
    return custom_id, json.dumps({"custom_id": custom_id, "method": "POST", "url": URL, "body": body})


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    requests = dict(request(question) for question in sys.argv[1:])
    # The tag is a label of your own: costs are summed by it.
    send(requests.items(), headers={"halfrate-tag": "python-example"})
    for result in wait_for_results(requests):
        print(line_of(result), flush=True)
