import { type Client, createClient } from '@signalbox/client';
import { UsageError } from './exit-code.ts';
import { coloursFor, wantsColour } from './output/colours.ts';
import { Output } from './output/output.ts';
import type { Settings } from './settings/choose-settings.ts';
import { type GlobalFlags, readSettings } from './settings/read-settings.ts';
import type { World } from './world.ts';

/** What a verb works with. */
export interface Session {
  world: World;
  out: Output;
  settings: Settings;
  client: Client;
  project: string;
}

export interface Flags extends GlobalFlags {
  color?: boolean;
}

export function openSession(world: World, flags: Flags): Session {
  const declined = flags.color === false;
  const colour = wantsColour({ terminal: world.terminal.stdout, declined, env: world.env });
  const out = new Output(world, coloursFor(colour));
  const settings = readSettings(flags, world, (message) => out.warn(message));
  return { world, out, settings, client: clientFor(world, settings), project: settings.project.value };
}

function clientFor(world: World, { url, token }: Settings): Client {
  try {
    return createClient({
      url: url.value,
      token: token?.value,
      userAgent: `signalbox-cli/${world.version}`,
      unreachableAdvice: 'Start it with npm start, or name another one with --url or SIGNALBOX_URL.',
      newIdempotencyKey: world.newIdempotencyKey,
      fetch: world.fetch,
      sleep: world.sleep,
      signal: world.interrupt,
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error} (URL from ${url.origin})`);
  }
}
