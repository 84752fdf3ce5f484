"""Drives the simulator with the vendor's own Python client: every operation of message batches, and messages."""

import sys

import anthropic

from control import Control, eventually, refused

root = sys.argv[1]
control = Control(root)
client = anthropic.Anthropic(base_url=root, api_key="sk-python", max_retries=0)
batches = client.messages.batches


def params(question, **more):
    return {
        "model": "claude-haiku-4-5",
        "max_tokens": 1000,
        "messages": [{"role": "user", "content": question}],
        **more,
    }


def create(requests, of=client):
    return of.messages.batches.create(
        requests=[{"custom_id": custom_id, "params": one} for custom_id, one in requests.items()])


def ended(batch):
    return eventually(lambda: batches.retrieve(batch.id), lambda seen: seen.processing_status == "ended")


def results(batch):
    return {one.custom_id: one.result for one in batches.results(batch.id)}


def life_of_a_batch():
    batch = create({
        "good": params("Hi"),
        "model": params("Hi", model="claudius-9"),
        "tokens": params("Hi", max_tokens=0),
        "stream": params("Hi", stream=True),
    })
    assert (batch.type, batch.processing_status, batch.request_counts.processing) == ("message_batch", "in_progress", 4)
    assert (batch.expires_at - batch.created_at).total_seconds() == 86_400
    assert batch.results_url is None
    refused(anthropic.AnthropicError, lambda: batches.results(batch.id))
    refused(anthropic.BadRequestError, lambda: batches.delete(batch.id), status_code=400)
    done = ended(batch)
    assert (done.request_counts.succeeded, done.request_counts.errored) == (1, 3)
    rows = results(batch)
    message = rows["good"].message
    assert message.content[0].text and message.usage.service_tier == "batch"
    assert rows["model"].error.error.type == "not_found_error"
    assert rows["tokens"].error.error.type == rows["stream"].error.error.type == "invalid_request_error"
    refused(anthropic.BadRequestError, lambda: batches.cancel(batch.id))
    assert batches.delete(batch.id).type == "message_batch_deleted"
    refused(anthropic.NotFoundError, lambda: batches.retrieve(batch.id), status_code=404)


def other_ends():
    control.send("PUT", "habits", {"slowdown": 1000})
    slow = create({f"r-{i}": params(f"{i}") for i in range(50)})
    stopped = create({f"s-{i}": params(f"{i}") for i in range(50)})
    assert batches.cancel(stopped.id).processing_status == "canceling"
    assert ended(stopped).request_counts.canceled == [one.type for one in results(stopped).values()].count("canceled") > 0
    late = ended(slow)
    assert late.request_counts.expired == [one.type for one in results(slow).values()].count("expired") > 0
    control.send("DELETE", "habits")
    listed = [one.id for one in batches.list(limit=1)]
    assert listed[:2] == [stopped.id, slow.id]
    newer = batches.list(before_id=slow.id, limit=5)
    assert [one.id for one in newer.data] == [stopped.id]


def versions_and_betas():
    sampling = {"a": params("Hi", temperature=0.5)}
    old = client.with_options(default_headers={"anthropic-version": "2023-06-01"})
    new = client.with_options(default_headers={"anthropic-version": "2026-10-21"})
    outcomes = []
    for of in (old, new):
        batch = create(sampling, of)
        ended(batch)
        outcomes.append(results(batch)["a"].type)
    assert outcomes == ["succeeded", "errored"]
    long = {"custom_id": "a", "params": params("Hi", model="claude-opus-4-8", max_tokens=300_000)}
    with_beta = client.beta.messages.batches.create(requests=[long], betas=["output-300k-2026-03-24"])
    without = batches.create(requests=[long])
    ended(with_beta)
    ended(without)
    assert (results(with_beta)["a"].type, results(without)["a"].type) == ("succeeded", "errored")


def calls():
    answer = client.messages.create(**params("Hi"))
    assert answer.content[0].text and answer.usage.service_tier == "standard"
    counted = client.messages.count_tokens(model="claude-haiku-4-5", messages=[{"role": "user", "content": "Hi"}])
    assert counted.input_tokens == answer.usage.input_tokens
    cached = [{"type": "text", "text": "x" * 8000, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    first = client.messages.create(**params("One?", system=cached)).usage
    second = client.messages.create(**params("Two?", system=cached)).usage
    assert first.cache_creation.ephemeral_1h_input_tokens == second.cache_read_input_tokens > 2000
    assert control.billing()["calls_billed"] == 3


def errors():
    refused(anthropic.BadRequestError, lambda: batches.create(requests=[]), status_code=400)
    same = {"custom_id": "a", "params": params("Hi")}
    error = refused(anthropic.BadRequestError, lambda: batches.create(requests=[same, same]))
    assert "Duplicate custom_id found: a" in str(error)
    refused(anthropic.AuthenticationError, lambda: client.with_options(api_key="sk-strange").messages.create(**params("Hi")))
    control.send("PUT", "limits", {"queued_requests": 1})
    refused(anthropic.RateLimitError, lambda: create({"a": params("1"), "b": params("2")}), status_code=429)
    control.send("DELETE", "limits")
    overloaded = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    control.send("POST", "faults", {"method": "POST", "path": "/v1/messages", "status": 529, "body": overloaded})
    refused(anthropic.APIStatusError, lambda: client.messages.create(**params("Hi")), status_code=529)


for judge in (calls, life_of_a_batch, other_ends, versions_and_betas, errors):
    judge()
    print("ok", judge.__name__)
