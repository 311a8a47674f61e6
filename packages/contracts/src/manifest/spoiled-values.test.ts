import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renderManifest } from './render-manifest.ts';
import { completeManifests } from './testing/complete-manifests.ts';
import { manifestsIn, problemsIn } from './testing/problems-in.ts';

const documents = manifestsIn(completeManifests).map(renderManifest);

const anything = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1e308, '', '0', '5m', '5%', '64Gi', [], {}, [null], { constructor: 1 }),
  fc.jsonValue({ maxDepth: 2 }),
);

type Place = { holder: Record<string, unknown>; key: string };

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}

const spoiling = fc.record({
  place: fc.nat(),
  how: fc.constantFrom('replace', 'remove', 'add', 'rename'),
  value: anything,
  name: fc.oneof(
    fc.constantFrom('toString', 'constructor', 'weight', 'secret'),
    fc.string({ minLength: 1, maxLength: 8 }),
  ),
});

function spoil(
  document: unknown,
  { place, how, value, name }: typeof spoiling extends fc.Arbitrary<infer T> ? T : never,
) {
  const places = placesIn(document);
  const chosen = places[place % places.length];
  if (chosen === undefined) return;
  const { holder, key } = chosen;
  if (how === 'replace') holder[key] = value;
  else if (how === 'add' || Array.isArray(holder)) holder[Array.isArray(holder) ? String(holder.length) : name] = value;
  else {
    if (how === 'rename') holder[name] = holder[key];
    delete holder[key];
  }
}

test('any value in any place is taken or refused with a place, never a throw (fast-check prints the seed)', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...documents),
      fc.array(spoiling, { minLength: 1, maxLength: 4 }),
      (document, spoilings) => {
        const spoiled = structuredClone(document);
        for (const it of spoilings) spoil(spoiled, structuredClone(it));
        for (const { line, column, message } of problemsIn(JSON.stringify(spoiled, null, 1))) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(column).toBeGreaterThanOrEqual(1);
          // zod's own words would show that a schema has none of ours.
          expect(message).not.toMatch(/Invalid|Too (big|small)|undefined|\[object|NaN/);
        }
      },
    ),
    { numRuns: 500 },
  );
}, 60_000);
