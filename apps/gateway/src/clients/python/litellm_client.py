import asyncio
import json
import time

import litellm
from pydantic import BaseModel
from stories import (
    every_route,
    failure_of,
    gateway,
    messages,
    once_a_minute,
    other_route,
    run_stories,
    stats,
    story,
    until,
    weather,
)

litellm.telemetry = False
litellm.suppress_debug_info = True

openai = {"api_base": f"{gateway}/v1"}
anthropic = {"api_base": gateway}


def ask(model="openai/chat", key=every_route, **more):
    base = anthropic if model.startswith("anthropic/") else openai
    return litellm.completion(**{"model": model, "api_key": key, "messages": messages, "num_retries": 0, **base, **more})


class Answer(BaseModel):
    ok: bool
    count: int


@story("a chat completion")
def _():
    completion = ask(max_tokens=5)
    assert completion.choices[0].message.content
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage.completion_tokens == 5
    headers = completion._hidden_params["additional_headers"]
    assert headers["llm_provider-x-signalbox-revision"] == "chat/1", headers


@story("a stream comes to its end, with the usage that was asked for")
def _():
    chunks = list(ask(max_tokens=12, stream=True, stream_options={"include_usage": True}))
    whole = litellm.stream_chunk_builder(chunks)
    assert whole.choices[0].message.content
    assert (whole.choices[0].finish_reason, whole.usage.completion_tokens) == ("length", 12)


@story("a tool is called, plainly and in a stream")
def _():
    more = {"tools": [weather], "tool_choice": "required", "max_tokens": 100}
    for completion in [ask(**more), litellm.stream_chunk_builder(list(ask(stream=True, **more)))]:
        [call] = completion.choices[0].message.tool_calls
        assert call.function.name == "weather" and json.loads(call.function.arguments)["city"] == "simulated"


@story("an answer keeps to the schema that was asked for")
def _():
    Answer.model_validate_json(ask(response_format=Answer).choices[0].message.content)


@story("Anthropic’s messages, of an engine that speaks them and of one that does not")
def _():
    for model in ["anthropic/chat", "anthropic/translated"]:
        completion = ask(model, max_tokens=5)
        assert completion.choices[0].message.content
        assert (completion.choices[0].finish_reason, completion.usage.completion_tokens) == ("length", 5)
        whole = litellm.stream_chunk_builder(list(ask(model, max_tokens=12, stream=True)))
        assert whole.choices[0].message.content
        assert whole.choices[0].finish_reason == "length"


@story("a tool is called in Anthropic’s way")
def _():
    more = {"tools": [weather], "tool_choice": "required", "max_tokens": 100}
    for completion in [
        ask("anthropic/translated", **more),
        litellm.stream_chunk_builder(list(ask("anthropic/translated", stream=True, **more))),
    ]:
        [call] = completion.choices[0].message.tool_calls
        assert call.function.name == "weather" and json.loads(call.function.arguments)["city"] == "simulated"


def refusal(kind, status, **call):
    error = failure_of(kind, lambda: ask(**call))
    assert error.status_code == status, error.status_code
    return error


@story("refusals are of the right class")
def _():
    refusal(litellm.AuthenticationError, 401, key="sbk_wrong")
    # LiteLLM has no class of its own for a 403 of an OpenAI-compatible API.
    refusal(litellm.APIError, 403, key=other_route)
    assert "There is no model" in refusal(litellm.NotFoundError, 404, model="openai/nope").message
    refusal(litellm.BadRequestError, 400, temperature=-5)
    long = [{"role": "user", "content": "long " * 8_000}]
    refusal(litellm.ContextWindowExceededError, 400, messages=long)
    refusal(litellm.ServiceUnavailableError, 503, model="openai/cold")
    refusal(litellm.InternalServerError, 500, model="openai/failing")


@story("refusals are of the right class in Anthropic’s way")
def _():
    refusal(litellm.AuthenticationError, 401, model="anthropic/chat", key="sbk_wrong")
    refusal(litellm.NotFoundError, 404, model="anthropic/nope")
    long = [{"role": "user", "content": "long " * 8_000}]
    refusal(litellm.ContextWindowExceededError, 400, model="anthropic/chat", messages=long)


@story("a limit is told as one, with the time until there is room")
def _():
    error = refusal(litellm.RateLimitError, 429, key=once_a_minute)
    assert 1 <= int(error.response.headers["retry-after"]) <= 62, error.response.headers


@story("an engine that is full is asked again when it said it has room")
def _():
    begun = time.monotonic()
    completion = ask("openai/busy", num_retries=None, max_retries=1)
    assert completion.choices[0].message.content == "Here."
    assert 1 <= time.monotonic() - begun < 3


@story("an engine that dies in mid-stream is an error")
def _():
    seen = []
    try:
        for chunk in ask("openai/breaking", max_tokens=200, stream=True):
            seen.append(chunk)
    except Exception as error:
        assert "the answer is not whole" in str(error), error
        assert len(seen) >= 2
        return
    raise AssertionError("the part was taken for the whole")


@story("cancelling a task frees the engine")
def _():
    before = stats()["cancelled"]

    async def cancelled():
        task = asyncio.create_task(
            litellm.acompletion(model="openai/chat", api_key=every_route, messages=messages, max_tokens=3_000, **openai)
        )
        while (await asyncio.to_thread(stats))["running"] == 0:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cancelled())
    until("the engine was told", lambda: stats()["cancelled"] == before + 1)


run_stories()
