import { describe, expect, test } from '@jest/globals';
import { imageNames } from './image-names.ts';
import { BadUsage, parseOptions } from './options.ts';

describe('the options of `npm run images`', () => {
  test('mean all images when none is named', () => {
    expect(parseOptions([])).toMatchObject({ only: imageNames, outDir: undefined, unpack: false });
  });

  test('pick images, and give them further names', () => {
    const options = parseOptions([
      '--only',
      'gateway',
      '--tag',
      'gateway=localhost:5000/team/gateway:1',
      '--out',
      '/x',
    ]);
    expect(options).toMatchObject({ only: ['gateway'], outDir: '/x' });
    expect(options.tags.gateway).toEqual(['localhost:5000/team/gateway:1']);
    expect(options.tags['control-plane']).toEqual([]);
  });

  test.each([
    { args: ['--only', 'gatway'], says: 'There is no image "gatway"; there are: control-plane, gateway' },
    { args: ['--tag', 'vllm/vllm-openai:1'], says: '--tag takes NAME=TAG' },
    { args: ['--tag', 'gateway=Team/Gateway:1'], says: 'is not an image' },
    { args: ['--tag', 'gateway=team/gateway'], says: 'is not an image' },
    { args: ['--verbose'], says: '--verbose' },
    { args: ['gateway'], says: 'gateway' },
  ])('are refused with what to do: $args', ({ args, says }) => {
    expect(() => parseOptions(args)).toThrow(BadUsage);
    expect(() => parseOptions(args)).toThrow(says);
  });
});
