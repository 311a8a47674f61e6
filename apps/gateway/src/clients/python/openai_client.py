import asyncio
import json
import re
import time

import openai
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel
from stories import (
    every_route,
    failure_of,
    gateway,
    messages,
    once_a_minute,
    other_route,
    request_id,
    run_stories,
    stats,
    story,
    until,
    weather,
)


def client(key=every_route, retries=0):
    return OpenAI(api_key=key, base_url=f"{gateway}/v1", max_retries=retries)


def chat(key=every_route, retries=0, **more):
    return client(key, retries).chat.completions.create(**{"model": "chat", "messages": messages, **more})


class Answer(BaseModel):
    ok: bool
    count: int


@story("a chat completion tells who gave it")
def _():
    raw = client().chat.completions.with_raw_response.create(model="chat", messages=messages, max_tokens=5)
    completion = raw.parse()
    assert completion.choices[0].message.content
    assert completion.choices[0].finish_reason == "length"
    assert (completion.model, completion.usage.completion_tokens) == ("chat", 5)
    assert re.match(request_id, completion._request_id), completion._request_id
    assert raw.headers["x-signalbox-revision"] == "chat/1"
    assert raw.headers["x-signalbox-model-version"] == "v1"
    assert raw.headers["x-signalbox-replica"].startswith("rev-chat-")


@story("a stream comes to its end, with the usage that was asked for")
def _():
    chunks = list(chat(max_tokens=12, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert chunks[-1].usage.completion_tokens == 12
    assert all(chunk.usage is None for chunk in chunks[:-1])


@story("a stream shows no usage that was not asked for")
def _():
    assert all(chunk.choices and chunk.usage is None for chunk in chat(max_tokens=5, stream=True))


@story("the stream helper puts a completion together")
def _():
    with client().chat.completions.stream(model="chat", messages=messages) as stream:
        kinds = {event.type for event in stream}
        completion = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds, kinds
    assert completion.choices[0].message.content


@story("a tool is called, plainly and in a stream")
def _():
    more = {"tools": [weather], "tool_choice": "required", "max_tokens": 100}
    [call] = chat(**more).choices[0].message.tool_calls
    assert call.function.name == "weather" and json.loads(call.function.arguments)["city"] == "simulated"
    pieces = [chunk.choices[0].delta.tool_calls for chunk in chat(stream=True, **more)]
    calls = [call[0] for call in pieces if call]
    assert calls[0].function.name == "weather"
    assert "city" in json.loads("".join(call.function.arguments or "" for call in calls))


@story("an answer is parsed by the schema that was asked for")
def _():
    completion = client().chat.completions.parse(model="chat", messages=messages, response_format=Answer)
    assert isinstance(completion.choices[0].message.parsed, Answer)


@story("completions and responses")
def _():
    assert client().completions.create(model="chat", prompt="Once", max_tokens=3).usage.completion_tokens == 3
    response = client().responses.create(model="chat", input="hi", max_output_tokens=6)
    assert response.output_text and response.usage.output_tokens == 6
    events = [event.type for event in client().responses.create(model="chat", input="hi", stream=True)]
    assert (events[0], events[-1]) == ("response.created", "response.completed"), events


@story("the models that the key may use")
def _():
    assert "chat" in [model.id for model in client().models.list()]
    assert client().models.retrieve("cold").id == "cold"
    assert client(other_route).models.list().data == []


def refusal(kind, status, code, **call):
    error = failure_of(kind, lambda: chat(**call))
    assert (error.status_code, error.code) == (status, code), (error.status_code, error.code)
    assert error.message and re.match(request_id, error.request_id), error.request_id
    return error


@story("refusals are of the right class, with status, code, message and the request's id")
def _():
    refusal(openai.AuthenticationError, 401, "invalid_api_key", key="sbk_wrong")
    refusal(openai.PermissionDeniedError, 403, "permission_denied", key=other_route)
    assert refusal(openai.NotFoundError, 404, "model_not_found", model="nope").param == "model"
    assert refusal(openai.BadRequestError, 400, "invalid_value", temperature=-5).param == "temperature"
    long = [{"role": "user", "content": "long " * 8_000}]
    refusal(openai.BadRequestError, 400, "context_length_exceeded", messages=long)
    cold = refusal(openai.InternalServerError, 503, "no_replica", model="cold")
    assert cold.response.headers["retry-after"] == "1"


@story("a limit tells when there is room again")
def _():
    chat(key=once_a_minute, max_tokens=1)
    limited = refusal(openai.RateLimitError, 429, "rate_limit_exceeded", key=once_a_minute)
    assert 30 < int(limited.response.headers["retry-after"]) <= 62


@story("an API that the engine does not have is told as such")
def _():
    error = failure_of(openai.NotFoundError, lambda: client().embeddings.create(model="chat", input="x"))
    assert error.code in ("unsupported_api", "model_not_found"), error


@story("a failure that the gateway has tried enough is not tried again")
def _():
    refusal(openai.InternalServerError, 500, "upstream_failed", model="failing", retries=2)


@story("an engine that is full is asked again when it said it has room")
def _():
    begun = time.monotonic()
    assert chat(model="busy", retries=1).choices[0].message.content == "Here."
    assert 1 <= time.monotonic() - begun < 3


@story("an engine that dies in mid-stream is an error, after what had come")
def _():
    seen = []
    error = failure_of(openai.APIError, lambda: seen.extend(chat(model="breaking", max_tokens=200, stream=True)))
    assert "the answer is not whole" in error.message and error.code == "upstream_failed"
    assert len(seen) >= 3


@story("closing a stream frees the engine")
def _():
    before = stats()["cancelled"]
    stream = chat(max_tokens=2_000, stream=True)
    next(iter(stream))
    stream.close()
    until("the engine was told", lambda: stats()["cancelled"] == before + 1)


@story("a timeout frees the engine")
def _():
    before = stats()["cancelled"]
    failure_of(openai.APITimeoutError, lambda: client().with_options(timeout=0.3).chat.completions.create(
        model="chat", messages=messages, max_tokens=3_000
    ))
    until("the engine was told", lambda: stats()["cancelled"] == before + 1)


@story("cancelling a task frees the engine")
def _():
    before = stats()["cancelled"]

    async def cancelled():
        async with AsyncOpenAI(api_key=every_route, base_url=f"{gateway}/v1", max_retries=0) as asking:
            task = asyncio.create_task(
                asking.chat.completions.create(model="chat", messages=messages, max_tokens=3_000)
            )
            while (await asyncio.to_thread(stats))["running"] == 0:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cancelled())
    until("the engine was told", lambda: stats()["cancelled"] == before + 1)


run_stories()
