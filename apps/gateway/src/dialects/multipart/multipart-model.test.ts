import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyEdits } from '../json/edit-bytes.ts';
import { formModel, formModelEdit } from './multipart-model.ts';

const boundary = '----WebKitFormBoundary7MA4YWxkTrZu0gW';
const type = `multipart/form-data; boundary=${boundary}`;
const field = (name: string, value: string) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
const file = (bytes: string) =>
  `Content-Disposition: form-data; name="file"; filename="a \\"b\\".mp3"\r\nContent-Type: audio/mpeg\r\n\r\n${bytes}`;
const formOf = (...parts: string[]) =>
  Buffer.from(`${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`, 'latin1');
const read = (...parts: string[]) => formModel(formOf(...parts), type);

describe('the model of a form', () => {
  test.each<[string, string[], string]>([
    ['first', [field('model', 'whisper'), file('x')], 'whisper'],
    ['behind the file', [file('\u0000\r\n\r\nx\r\n--x'), field('model', 'whisper')], 'whisper'],
    [
      'with a type',
      ['Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="model"\r\n\r\na'],
      'a',
    ],
    ['in other letters', ['content-disposition: FORM-DATA; NAME=model\r\n\r\na'], 'a'],
    ['beyond ASCII', [field('model', Buffer.from('模型').toString('latin1'))], '模型'],
    ['beside one that is written in capitals', [field('Model', 'b'), field('model', 'a')], 'a'],
    ['beside a list', [field('timestamp_granularities[]', 'word'), field('model', 'a')], 'a'],
    ['beside an empty file', [file(''), field('model', 'a')], 'a'],
  ])('%s', (_, parts, model) => {
    expect(read(...parts)).toMatchObject({ kind: 'read', model });
  });

  test('of the platform’s own encoder, with other bytes untouched where it is changed', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), async (data, isFirst) => {
        const form = new FormData();
        if (isFirst) form.append('model', 'whisper');
        form.append('file', new Blob([new Uint8Array(data)]), 'ä"\r\n.mp3');
        if (!isFirst) form.append('model', 'whisper');
        const request = new Request('http://127.0.0.1', { method: 'POST', body: form });
        const contentType = request.headers.get('content-type') ?? '';
        const body = Buffer.from(await request.arrayBuffer());
        const found = formModel(body, contentType);
        if (found.kind === 'refused') throw new Error(found.because);
        expect(found.model).toBe('whisper');
        const changed = applyEdits(body, [formModelEdit(found, 'org/whisper-large')]);
        const back = await new Response(changed, { headers: { 'content-type': contentType } }).formData();
        expect(back.get('model')).toBe('org/whisper-large');
        expect(Buffer.from(await (back.get('file') as File).arrayBuffer())).toEqual(Buffer.from(data));
      }),
    );
  });

  test.each([
    ['with quotes', `multipart/form-data; boundary="${boundary}"`],
    ['with other letters', `Multipart/Form-Data;boundary=${boundary} `],
  ])('a boundary %s', (_, contentType) => {
    expect(formModel(formOf(field('model', 'a')), contentType)).toMatchObject({ model: 'a' });
  });
});

describe('refused is', () => {
  test.each<[string, string[]]>([
    ['a form without a model', [file('x')]],
    ['two models', [field('model', 'a'), field('model', 'a')]],
    ['an empty model', [field('model', '')]],
    ['a model that is a file', ['Content-Disposition: form-data; name="model"; filename="x"\r\n\r\na']],
    [
      'a model of another type',
      ['Content-Disposition: form-data; name="model"\r\nContent-Type: application/json\r\n\r\n"a"'],
    ],
    [
      'a model in another encoding',
      ['Content-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ=='],
    ],
    ['a model over two lines', [field('model', 'a\r\nb')]],
    ['a model with a null byte', [field('model', 'a\u0000')]],
    ['a model that is no UTF-8', [field('model', 'a\u00ff')]],
    ['a very long model', [field('model', 'x'.repeat(2_000))]],
    ['a part without a head', ['\r\nx']],
    ['a part without a name', ['Content-Disposition: form-data; filename="model"\r\n\r\na', field('model', 'a')]],
    ['a name with an escape', ['Content-Disposition: form-data; name="mod\\el"\r\n\r\nb', field('model', 'a')]],
    ['a name in percent signs', ['Content-Disposition: form-data; name="mod%65l"\r\n\r\nb', field('model', 'a')]],
    [
      'a name in another encoding',
      ["Content-Disposition: form-data; name=x; name*=utf-8''model\r\n\r\nb", field('model', 'a')],
    ],
    ['a name given twice', ['Content-Disposition: form-data; name="x"; name="model"\r\n\r\nb', field('model', 'a')]],
    ['a name with a space', ['Content-Disposition: form-data; name="model "\r\n\r\nb', field('model', 'a')]],
    [
      'two dispositions',
      [
        'Content-Disposition: form-data; name="x"\r\nContent-Disposition: form-data; name="model"\r\n\r\nb',
        field('model', 'a'),
      ],
    ],
    ['a folded header', ['Content-Disposition: form-data;\r\n name="model"\r\n\r\nb', field('model', 'a')]],
    [
      'a header with a bare line feed',
      ['X: y\nContent-Disposition: form-data; name="model"\r\n\r\nb', field('model', 'a')],
    ],
    [
      'a header with a space before the colon',
      ['Content-Disposition : form-data; name="model"\r\n\r\nb', field('model', 'a')],
    ],
    ['a disposition of another kind', ['Content-Disposition: attachment; name="model"\r\n\r\nb', field('model', 'a')]],
    ['a very long head', [`X: ${'x'.repeat(9_000)}\r\n${field('model', 'a')}`]],
    ['very many fields', [...Array.from({ length: 70 }, (_, index) => field(`f${index}`, 'x')), field('model', 'a')]],
  ])('%s', (_, parts) => {
    expect(read(...parts)).toMatchObject({ kind: 'refused' });
  });

  const whole = formOf(field('model', 'a')).toString('latin1');
  test.each([
    ['nothing', ''],
    ['text before the first boundary', `x\r\n${whole}`],
    ['an empty line before it', `\r\n${whole}`],
    ['text behind the last boundary', `${whole}--${boundary}\r\n${field('model', 'b')}\r\n--${boundary}--\r\n`],
    ['a form that does not end', whole.slice(0, -4)],
    ['a boundary with spaces behind it', whole.replace(`--${boundary}\r\n`, `--${boundary} \r\n`)],
    ['a boundary that goes on', whole.replace(`--${boundary}\r\n`, `--${boundary}x\r\n`)],
    ['line ends without returns', whole.replaceAll('\r\n', '\n')],
    ['a form of nothing', `--${boundary}--\r\n`],
    ['a part without a line end of its own', whole.replace('\r\n\r\na', '\r\n')],
  ])('%s', (_, text) => {
    expect(formModel(Buffer.from(text, 'latin1'), type)).toMatchObject({ kind: 'refused' });
  });

  test.each([
    ['no boundary', 'multipart/form-data'],
    ['an empty one', 'multipart/form-data; boundary='],
    ['two', `${type}; boundary=other`],
    ['one behind another parameter', `multipart/form-data; charset=utf-8; boundary=${boundary}`],
    ['one with an escape', 'multipart/form-data; boundary="a\\"b"'],
    ['one with a space', 'multipart/form-data; boundary="a b"'],
    ['a very long one', `multipart/form-data; boundary=${'x'.repeat(71)}`],
    ['another type', `multipart/mixed; boundary=${boundary}`],
  ])('a header with %s', (_, contentType) => {
    expect(formModel(formOf(field('model', 'a')), contentType)).toMatchObject({ kind: 'refused' });
  });

  test('damaged bytes never hide or change a model: a lenient parser reads the same or they are refused', async () => {
    const bytes = formOf(field('a', 'x'), field('model', 'chat'), file('x'));
    const damage = fc.array(
      fc.record({ at: fc.nat(bytes.length - 1), byte: fc.constantFrom(...Buffer.from('\r\n-"; =:m\\\u0000')) }),
      { minLength: 1, maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const body = Buffer.from(bytes);
        for (const { at, byte } of changes) body[at] = byte;
        const found = formModel(body, type);
        if (found.kind === 'refused') return;
        const truth = await new Response(body, { headers: { 'content-type': type } }).formData().catch(() => undefined);
        if (truth !== undefined) expect(truth.getAll('model')).toEqual([found.model]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a served name with a line end, which would be another field', () => {
    expect(() => formModelEdit({ valueStart: 0, valueEnd: 0 }, 'a\r\n--b')).toThrow(RangeError);
  });
});
