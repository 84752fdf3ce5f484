"""Everyone's first batch script: all of it in memory. Arguments: base URL, file of requests (JSON lines: id, prompt)."""

import json
import resource
import sys
import time
import urllib.request
import uuid

base, path = sys.argv[1:]
began = time.perf_counter()


def call(method, url, body=None, content_type="application/json"):
    request = urllib.request.Request(base + url, data=body, method=method, headers={"Content-Type": content_type})
    with urllib.request.urlopen(request) as response:
        return response.read()


with open(path, encoding="utf-8") as file:
    requests = [json.loads(line) for line in file]

lines = "\n".join(
    json.dumps(
        {
            "custom_id": request["id"],
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {
                "model": "gpt-4o-mini",
                "messages": [{"role": "user", "content": request["prompt"]}],
                "max_tokens": 64,
            },
        }
    )
    for request in requests
) + "\n"

boundary = uuid.uuid4().hex
form = (
    f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
    f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="batch.jsonl"\r\n\r\n'
).encode() + lines.encode() + f"\r\n--{boundary}--\r\n".encode()
uploaded = json.loads(call("POST", "/files", form, f"multipart/form-data; boundary={boundary}"))

batch = json.loads(
    call(
        "POST",
        "/batches",
        json.dumps(
            {
                "input_file_id": uploaded["id"],
                "endpoint": "/v1/chat/completions",
                "completion_window": "24h",
            }
        ).encode(),
    )
)
while batch["status"] not in ("completed", "failed", "expired", "cancelled"):
    time.sleep(0.1)
    batch = json.loads(call("GET", "/batches/" + batch["id"]))

answers = {}
for line in call("GET", "/files/" + batch["output_file_id"] + "/content").decode().splitlines():
    answer = json.loads(line)
    answers[answer["custom_id"]] = answer["response"]["body"]
results = [answers[request["id"]]["choices"][0]["message"]["content"] for request in requests]

usage = resource.getrusage(resource.RUSAGE_SELF)
# Not what the usage says, which begins with what the process that started this one had.
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
print(
    json.dumps(
        {
            "results": len(results),
            "seconds": time.perf_counter() - began,
            "processor_seconds": usage.ru_utime + usage.ru_stime,
            "peak_bytes": peak * 1024,
        }
    )
)
