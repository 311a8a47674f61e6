import type { ApiResponse } from '@signalbox/contracts';
import { Command } from 'commander';
import type { Colours } from '../../output/colours.ts';
import { present } from '../../output/output.ts';
import { oneLine } from '../../output/printable.ts';
import { moment } from '../../output/times.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, formatOption, runs, type WithFormat } from '../command.ts';

import { routingLines } from './routing-lines.ts';

type Request = ApiResponse<'getRequestUsage'>['items'][number];

export function explainRequestCommand(cli: Cli): Command {
  const command = new Command('request')
    .summary('what became of a request?')
    .description(
      'Who sent it, which route, revision, version, image and replica served it, its tokens and times, and the scores that decided. The gateway names the id in the header x-request-id of its answer.',
    )
    .argument('<id>', 'the request’s id')
    .addOption(formatOption());
  examples(command, ['signalbox explain request 5f0c2f5e-1d0b-4c4e-9a55-0d5a5a3a8a11']);
  return runs<WithFormat>(cli, command, explainRequest);
}

async function explainRequest(
  { client, project, out }: Session,
  [requestId = '']: readonly string[],
  { output }: WithFormat,
): Promise<void> {
  const { value, json } = await client.call('getRequestUsage', { params: { requestId }, query: { project } });
  present(out, output, {
    json,
    people: () => {
      for (const [index, request] of value.items.entries()) {
        if (index > 0) out.line();
        for (const line of requestLines(request, out.colours)) out.line(line);
      }
    },
  });
}

const endings: Record<Request['outcome'], string> = {
  ok: 'answered',
  callerError: 'answered: the request was at fault',
  error: 'failed',
  cancelled: 'cancelled by its caller',
  unserved: 'not served: no replica could take it',
  refused: 'refused by a limit or a full queue',
};

/** The chain from the consumer to the replica, a link a line. */
function requestLines(request: Request, colours: Colours): readonly string[] {
  const status = request.status === 0 ? '' : ` with status ${request.status}`;
  const links: readonly (readonly [string, string])[] = [
    ['consumer', request.keyId === null ? 'no key' : `key ${request.keyName ?? request.keyId}`],
    ['route', `${request.route} (project ${request.project}), ${request.operation}${request.stream ? ', stream' : ''}`],
    ['revision', revisionOf(request)],
    ['version', request.version === null ? '-' : `${request.model} ${request.version}, ${request.versionDigest}`],
    ['engine', engineOf(request)],
    ['replica', `${request.replicaId ?? '-'} (${triesOf(request.attempts)}), through gateway ${request.gatewayId}`],
    ['tokens', tokensOf(request)],
    ['times', timesOf(request)],
    ['bytes', `${request.bytesIn} in, ${request.bytesOut} out`],
    ['trace', request.traceId || '-'],
  ];
  const width = Math.max(...links.map(([name]) => name.length));
  return [
    `${colours.bold(oneLine(request.requestId))}: ${endings[request.outcome]}${status}`,
    '',
    ...links.map(([name, text]) => `${name.padEnd(width)}  ${oneLine(text)}`),
    ...(request.replicaId === null ? [] : ['', ...routingLines(request.routing ?? null, colours)]),
  ];
}

function revisionOf({ deployment, revision }: Request): string {
  return deployment === null ? 'none was reached, or it is not known which' : `${deployment} revision ${revision}`;
}

function engineOf({ engine, image, quantization }: Request): string {
  if (engine === null) return '-';
  return `${engine}${image === null ? '' : `, image ${image}`}, quantization ${quantization ?? 'none'}`;
}

function triesOf(attempts: number): string {
  return attempts === 1 ? '1 attempt' : `${attempts} attempts`;
}

const sources: Record<Request['exactness'], string> = {
  exact: 'told by the engine',
  partial: 'told by the engine before the answer broke off',
  estimated: 'estimated: what had been reserved for it',
  none: 'not counted',
};

function tokensOf({ tokens, exactness }: Request): string {
  const { input, cached, output, reasoning } = tokens;
  return `${input} in (${cached} cached), ${output} out (${reasoning} reasoning), ${sources[exactness]}`;
}

function timesOf({ startedAt, queuedMs, firstByteMs, durationMs }: Request): string {
  const firstByte = firstByteMs === null ? 'no first byte' : `first byte after ${firstByteMs} ms`;
  return `${moment(startedAt)} UTC, queued ${queuedMs} ms, ${firstByte}, ended after ${durationMs} ms`;
}
