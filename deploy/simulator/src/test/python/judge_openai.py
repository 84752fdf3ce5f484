"""Drives the simulator with the vendor's own Python client: every operation of files and batches, calls, and webhooks."""

import base64
import http.server
import json
import queue
import sys
import threading

import openai
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from control import Control, eventually, refused

root = sys.argv[1]
control = Control(root)
client = openai.OpenAI(base_url=root + "/v1", api_key="sk-python", max_retries=0, webhook_secret=None)
ENDED = {"completed", "failed", "expired", "cancelled"}


def line(custom_id, body, url="/v1/chat/completions"):
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": url, "body": body})


def chat(question, model="gpt-4o-mini"):
    return {"model": model, "messages": [{"role": "user", "content": question}]}


def upload(lines, **more):
    return client.files.create(file=("in.jsonl", ("\n".join(lines) + "\n").encode()), purpose="batch", **more)


def create(file, endpoint="/v1/chat/completions", **more):
    return client.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window="24h", **more)


def ended(batch):
    return eventually(lambda: client.batches.retrieve(batch.id), lambda seen: seen.status in ENDED)


def results(file_id):
    return [json.loads(text) for text in client.files.content(file_id).text.splitlines()]


def files():
    file = upload([line("a", chat("1"))], expires_after={"anchor": "created_at", "seconds": 2_592_000})
    other = upload([line("b", chat("2"))])
    assert file.expires_at == file.created_at + 2_592_000
    assert (file.object, file.purpose, file.status, file.filename) == ("file", "batch", "processed", "in.jsonl")
    assert [one.id for one in client.files.list(purpose="batch", order="asc", limit=1)] == [file.id, other.id]
    assert [one.id for one in client.files.list()] == [other.id, file.id]
    assert json.loads(client.files.content(file.id).text)["custom_id"] == "a"
    part = client.files.with_raw_response.content(file.id, extra_headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)
    assert client.files.delete(file.id).deleted
    refused(openai.NotFoundError, lambda: client.files.retrieve(file.id), status_code=404, param="id")
    refused(openai.BadRequestError, lambda: client.files.create(file=("in.txt", b"{}"), purpose="batch"))


def life_of_a_batch():
    lines = [line(f"r-{i}", chat(f"Question {i}?")) for i in range(20)]
    lines.append(line("hot", {**chat("Hot?"), "temperature": 3}))
    batch = create(
        upload(lines),
        metadata={"attempt": "a-1"},
        output_expires_after={"anchor": "created_at", "seconds": 2_592_000})
    assert (batch.object, batch.status, batch.metadata) == ("batch", "validating", {"attempt": "a-1"})
    assert batch.expires_at == batch.created_at + 86_400
    done = ended(batch)
    assert done.status == "completed" and done.errors is None, done
    assert (done.request_counts.total, done.request_counts.completed, done.request_counts.failed) == (21, 20, 1)
    output = results(done.output_file_id)
    answers = [ChatCompletion.model_validate(one["response"]["body"]) for one in output]
    assert sum(answer.usage.total_tokens for answer in answers) == done.usage.total_tokens
    assert sorted(one["custom_id"] for one in output) == sorted(f"r-{i}" for i in range(20))
    (failed,) = results(done.error_file_id)
    assert failed["error"] is None and failed["response"]["status_code"] == 400
    assert failed["response"]["body"]["error"]["code"] == "decimal_above_max_value"
    refused(openai.ConflictError, lambda: client.batches.cancel(batch.id), status_code=409)


def other_ends():
    control.send("PUT", "habits", {"slowdown": 1000})
    slow = create(upload([line(f"r-{i}", chat(f"{i}")) for i in range(50)]))
    stopped = create(upload([line(f"s-{i}", chat(f"s{i}")) for i in range(50)]))
    assert client.batches.cancel(stopped.id).status == "cancelling"
    assert ended(stopped).status == "cancelled"
    late = ended(slow)
    assert late.status == "expired"
    assert {one["error"]["code"] for one in results(late.error_file_id)} == {"batch_expired"}
    control.send("DELETE", "habits")

    wrong = ended(create(upload([line("a", chat("1")), "no JSON", line("a", chat("2", "gpt-4o"))])))
    assert wrong.status == "failed"
    assert [(one.code, one.line) for one in wrong.errors.data] == [("invalid_json_line", 2), ("duplicate_custom_id", 3)]
    control.send("PUT", "limits", {"enqueued_tokens": {"gpt-4o-mini": 1}})
    full = ended(create(upload([line("a", chat("1"))])))
    assert full.errors.data[0].code == "token_limit_exceeded" and "Limit: 1 enqueued" in full.errors.data[0].message
    control.send("DELETE", "limits")

    listed = [one.id for one in client.batches.list(limit=2)]
    assert listed[:2] == [full.id, wrong.id] and len(listed) == len(set(listed)) >= 5
    refused(openai.NotFoundError, lambda: client.batches.retrieve("batch_none"), status_code=404)
    refused(
        openai.BadRequestError,
        lambda: client.batches.create(input_file_id="f", endpoint="/v1/none", completion_window="24h"),
        code="invalid_value",
        param="endpoint")
    refused(openai.AuthenticationError, lambda: client.with_options(api_key="sk-strange").batches.list(), status_code=401)


def every_endpoint():
    bodies = {
        "/v1/responses": {"model": "gpt-5", "input": "Hi"},
        "/v1/embeddings": {"model": "text-embedding-3-small", "input": ["a", "b"]},
        "/v1/completions": {"model": "davinci-002", "prompt": "Once"},
        "/v1/moderations": {"model": "omni-moderation-latest", "input": "Hi"},
        "/v1/images/generations": {"model": "gpt-image-1", "prompt": "A cat"},
    }
    read = {"/v1/responses": Response, "/v1/embeddings": CreateEmbeddingResponse}
    for endpoint, body in bodies.items():
        done = ended(create(upload([line("a", body, endpoint)]), endpoint))
        (one,) = results(done.output_file_id)
        assert one["response"]["status_code"] == 200, one
        if endpoint in read:
            read[endpoint].model_validate(one["response"]["body"])


def calls():
    before = control.billing()["calls_billed"]
    completion = client.chat.completions.create(**chat("Hi"))
    assert completion.choices[0].message.content and completion.usage.total_tokens > 0
    assert client.responses.create(model="gpt-5", input="Hi").output_text
    assert len(client.embeddings.create(model="text-embedding-3-small", input="Hi").data[0].embedding) == 1536
    assert client.completions.create(model="davinci-002", prompt="Once").choices[0].text
    assert not client.moderations.create(input="Hi").results[0].flagged
    image = client.images.generate(model="gpt-image-1", prompt="A cat").data[0].b64_json
    assert base64.b64decode(image).startswith(b"\x89PNG")
    assert control.billing()["calls_billed"] == before + 6
    refused(openai.NotFoundError, lambda: client.chat.completions.create(**chat("Hi", "llama-9")), code="model_not_found")
    control.send("PUT", "limits", {"tokens_per_minute": 1})
    error = refused(openai.RateLimitError, lambda: client.chat.completions.create(**chat("Hi")), code="rate_limit_exceeded")
    assert error.response.headers["retry-after"] == "1"
    control.send("DELETE", "limits")
    control.send("POST", "faults", {"method": "POST", "path": "/v1/chat/completions", "status": 503, "times": 1})
    refused(openai.InternalServerError, lambda: client.chat.completions.create(**chat("Hi")), status_code=503)


def webhooks():
    secret = "whsec_" + base64.b64encode(b"a key for the python client").decode()
    told = queue.Queue()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            told.put((self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        control.send("PUT", "webhook", {"url": url, "secret": secret})
        batch = create(upload([line("a", chat("Told?"))]))
        body, headers = told.get(timeout=20)
        event = client.webhooks.unwrap(body, headers, secret=secret)
        assert (event.type, event.data.id) == ("batch.completed", batch.id)
        refused(
            openai.InvalidWebhookSignatureError,
            lambda: client.webhooks.unwrap(body + b" ", headers, secret=secret))
        control.send("DELETE", "webhook")
        server.shutdown()


for judge in (files, life_of_a_batch, other_ends, every_endpoint, calls, webhooks):
    judge()
    print("ok", judge.__name__)
