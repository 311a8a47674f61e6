import { describe, expect, test } from '@jest/globals';
import { needsTranslation, toChatRequest, toTokenizeRequest } from './to-chat-request.ts';

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const user = (content: unknown) => ({ role: 'user', content });
const base = { model: 'chat', max_tokens: 8, messages: [user('Hi')] };

function translated(change: object): Record<string, unknown> {
  const read = toChatRequest(bytes({ ...base, ...change }), 'tiny');
  if (read.kind === 'refused') throw new Error(read.because);
  return JSON.parse(read.value.toString());
}
const messagesOf = (...messages: unknown[]) => translated({ messages }).messages;

describe('a message request as a chat', () => {
  test('says the same in the engine’s words', () => {
    expect(
      translated({
        system: [
          { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
          { type: 'text', text: 'Be kind.' },
        ],
        stop_sequences: ['END'],
        temperature: 0.5,
        top_p: 0.9,
        top_k: 40,
        metadata: { user_id: 'u-1' },
        thinking: { type: 'enabled', budget_tokens: 5_000 },
        tools: [
          { name: 'weather', description: 'Tells it.', input_schema: { type: 'object', properties: {} } },
          { type: 'custom', name: 'time', input_schema: { type: 'object' }, strict: true },
        ],
        tool_choice: { type: 'any', disable_parallel_tool_use: true },
        output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
        stream: true,
      }),
    ).toEqual({
      model: 'tiny',
      messages: [
        { role: 'system', content: 'Be brief.\n\nBe kind.' },
        { role: 'user', content: 'Hi' },
      ],
      max_tokens: 8,
      stream: true,
      stream_options: { include_usage: true },
      stop: ['END'],
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      user: 'u-1',
      reasoning_effort: 'medium',
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } },
      tools: [
        {
          type: 'function',
          function: { name: 'weather', description: 'Tells it.', parameters: { type: 'object', properties: {} } },
        },
        { type: 'function', function: { name: 'time', parameters: { type: 'object' }, strict: true } },
      ],
      tool_choice: 'required',
      parallel_tool_calls: false,
    });
  });

  test('asks no more than was asked', () => {
    expect(translated({ stream: false, stop_sequences: [], tools: [], thinking: { type: 'disabled' } })).toEqual({
      model: 'tiny',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 8,
    });
  });

  test.each([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'none' }, 'none'],
    [
      { type: 'tool', name: 'weather' },
      { type: 'function', function: { name: 'weather' } },
    ],
  ])('the choice of tools %j', (choice, want) => {
    expect(translated({ tool_choice: choice }).tool_choice).toEqual(want);
  });

  test('images go as data or as links, beside texts', () => {
    expect(
      messagesOf(
        user([
          { type: 'text', text: 'What is this?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } },
          { type: 'image', source: { type: 'url', url: 'https://a.b/c.jpg' } },
        ]),
      ),
    ).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
          { type: 'image_url', image_url: { url: 'https://a.b/c.jpg' } },
        ],
      },
    ]);
  });

  test('calls, thoughts and results of tools keep their order and their ids', () => {
    expect(
      messagesOf(
        user('Weather?'),
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Two cities.', signature: 'x' },
            { type: 'text', text: 'I look.' },
            { type: 'tool_use', id: 't-1', name: 'weather', input: { city: 'Bern' } },
            { type: 'tool_use', id: 't-2', name: 'weather', input: {} },
          ],
        },
        user([
          { type: 'tool_result', tool_use_id: 't-1', content: '12°' },
          {
            type: 'tool_result',
            tool_use_id: 't-2',
            is_error: true,
            content: [
              { type: 'text', text: 'No city.' },
              { type: 'image', source: { type: 'url', url: 'https://a.b/map.png' } },
            ],
          },
          { type: 'tool_result', tool_use_id: 't-3' },
          { type: 'text', text: 'And now?' },
        ]),
      ),
    ).toEqual([
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: 'I look.',
        reasoning_content: 'Two cities.',
        tool_calls: [
          { id: 't-1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
          { id: 't-2', type: 'function', function: { name: 'weather', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 't-1', content: '12°' },
      { role: 'tool', tool_call_id: 't-2', content: 'Error: No city.' },
      { role: 'tool', tool_call_id: 't-3', content: '' },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://a.b/map.png' } },
          { type: 'text', text: 'And now?' },
        ],
      },
    ]);
  });

  test('an assistant that only called has no text', () => {
    expect(
      messagesOf(user('x'), { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'n', input: {} }] }),
    ).toMatchObject([{}, { role: 'assistant', content: null }]);
  });
});

describe('what cannot be said as a chat is refused by its name', () => {
  test.each<[string, object, string]>([
    ['no bound', { max_tokens: undefined }, 'max_tokens'],
    ['a bound of nothing', { max_tokens: 0 }, 'max_tokens'],
    ['no messages', { messages: [] }, 'messages'],
    ['a field of later', { container: 'x' }, 'container'],
    ['a role of later', { messages: [{ role: 'system', content: 'x' }] }, 'messages.0.role'],
    ['a document', { messages: [user([{ type: 'document', source: {} }])] }, 'messages.0.content.0.type'],
    [
      'a redacted thought',
      { messages: [user('x'), { role: 'assistant', content: [{ type: 'redacted_thinking', data: 'x' }] }] },
      'messages.1.content.0.type',
    ],
    [
      'a file as an image',
      { messages: [user([{ type: 'image', source: { type: 'file', file_id: 'x' } }])] },
      'messages.0.content.0.source.type',
    ],
    [
      'an image that is none',
      { messages: [user([{ type: 'image', source: { type: 'base64', media_type: 'text/html', data: '' } }])] },
      'messages.0.content.0.source.media_type',
    ],
    [
      'a document as a result',
      { messages: [user([{ type: 'tool_result', tool_use_id: 'x', content: [{ type: 'document' }] }])] },
      'messages.0.content.0.content.0.type',
    ],
    ['a text that is no text', { messages: [user([{ type: 'text', text: 1 }])] }, 'messages.0.content.0.text'],
    ['content that is a number', { messages: [user(1)] }, 'messages.0.content'],
    ['a tool of the server', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools.0.type'],
    ['an unknown choice', { tool_choice: { type: 'some' } }, 'tool_choice.type'],
    ['a temperature beyond one', { temperature: 1.5 }, 'temperature'],
    [
      'citations',
      { messages: [user([{ type: 'text', text: 'x', citations: [{}] }])] },
      'messages.0.content.0.citations',
    ],
  ])('%s', (_, change, param) => {
    const read = toChatRequest(bytes({ ...base, ...change }), 'tiny');
    expect(read).toMatchObject({ kind: 'refused', because: expect.stringContaining(param) });
    expect(read).toMatchObject({ param });
  });

  test('a body that is no JSON', () => {
    expect(toChatRequest(Buffer.from('{'), 'tiny')).toEqual({
      kind: 'refused',
      because: 'The body is not valid JSON.',
      param: null,
    });
  });
});

test('counting tokens asks for the same prompt, with its tools', () => {
  const body = { model: 'chat', system: 'Be brief.', messages: [user('Hi')], tools: [{ name: 'a', input_schema: {} }] };
  const read = toTokenizeRequest(bytes(body), 'tiny');
  expect(read.kind === 'read' && JSON.parse(read.value.toString())).toEqual({
    model: 'tiny',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ],
    tools: [{ type: 'function', function: { name: 'a', parameters: {} } }],
    add_generation_prompt: true,
  });
  expect(toTokenizeRequest(bytes({ ...body, max_tokens: 1 }), 'tiny')).toMatchObject({ param: 'max_tokens' });
});

test.each([
  ['vllm', false],
  ['sglang', false],
  ['simulated', false],
  ['triton', true],
  ['llama-server', true],
])('%s needs translation: %s', (engine, want) => {
  expect(needsTranslation(engine)).toBe(want);
});
