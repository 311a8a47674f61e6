import { describe, expect, test } from '@jest/globals';
import { createTimeBound } from '@signalbox/runtime';
import fc from 'fast-check';
import { builtInRedactions, compileRedactions, redact } from './redact.ts';

const own = compileRedactions(['Project \\p{Lu}\\w+', 'ACC-\\d+']) ?? [];

describe('redaction', () => {
  test.each<{ name: string; text: string; want: string }>([
    { name: 'an e-mail address', text: 'Write to jo.hn+x@mail.example.co.uk, now', want: 'Write to [email], now' },
    { name: 'an address with umlauts', text: 'jörg@müller.de', want: '[email]' },
    { name: 'a card number', text: 'card 4111 1111 1111 1111.', want: 'card [number].' },
    { name: 'a telephone number', text: 'call +49 (0)89 123456', want: 'call [number]' },
    { name: 'a social security number', text: 'SSN 078-05-1120', want: 'SSN [number]' },
    { name: 'an IBAN', text: 'pay DE89 3704 0044 0532 0130 00', want: 'pay [number]' },
    { name: 'short numbers stay', text: 'in 2026, 12 of 1500 at 3.5 %', want: 'in 2026, 12 of 1500 at 3.5 %' },
    { name: 'a key by its prefix', text: 'use sk-proj-abcDEF123456789 here', want: 'use [secret] here' },
    { name: 'a bearer token', text: 'Authorization: Bearer abc.def-ghi_jkl', want: 'Authorization: [secret]' },
    { name: 'a JSON web token', text: `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.c`, want: '[secret]' },
    { name: 'a password that is told', text: 'my password: hunter22 ok', want: 'my [secret] ok' },
    { name: 'a digest', text: `at ${'0a'.repeat(20)} it`, want: 'at [secret] it' },
    {
      name: 'a private key, also when its end is missing',
      text: 'a -----BEGIN RSA PRIVATE KEY-----\nMII\nx',
      want: 'a [secret]',
    },
    { name: 'what the route names', text: 'Project Ikarus and ACC-7', want: '[redacted] and [redacted]' },
    {
      name: 'plain words stay',
      text: 'Why is the sky blue? Übermorgen 😀',
      want: 'Why is the sky blue? Übermorgen 😀',
    },
  ])('$name', ({ text, want }) => {
    expect(redact(text, own)).toEqual({ text: want, truncated: false });
  });

  test('a secret that reaches over the end of what is kept is redacted as a whole', () => {
    const text = `${'x '.repeat(6)}someone@example.com and more`;
    const found = redact(text, [], { readChars: 100, keptChars: 16 });
    expect(found).toEqual({ text: `${'x '.repeat(6)}[ema`, truncated: true });
  });

  test('what lies beyond what is read is not shown', () => {
    expect(redact('abcdef', [], { readChars: 3, keptChars: 10 })).toEqual({ text: 'abc', truncated: true });
  });

  test('an expression that matches nothing at all changes nothing', () => {
    expect(redact('abc', compileRedactions(['q*']) ?? []).text).toBe('abc');
  });

  test('one broken expression spoils all of them', () => {
    expect(compileRedactions(['ok', '('])).toBeUndefined();
  });

  test('no address survives, wherever it stands', () => {
    const word = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(word, word, (before, after) => {
        expect(redact(`${before} jane.doe@example.com ${after}`, []).text).not.toContain('jane.doe@example.com');
      }),
    );
  });

  test.each(builtInRedactions.map(({ pattern }) => ({ pattern })))('$pattern is done soon', ({ pattern }) => {
    // Long runs of what the expressions look for that end so that nothing matches; each takes 10 ms at most.
    const within = createTimeBound(2_000);
    for (const run of ['a', '1 ', '.a', '-', 'A1 ', 'password:', 'eyJ', 'sk', 'a@a.', 'DE12 ', '-----BEGIN '])
      expect(within(() => `${run.repeat(65_536 / run.length)}!`.replace(pattern, ''))).toBeDefined();
  });
});
