import { Command, Option } from 'commander';
import { Refusal, UsageError } from '../../exit-code.ts';
import { printable } from '../../output/printable.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, positiveInteger, runs } from '../command.ts';
import { answerOf, askGateway, tokensOf } from './ask-gateway.ts';

interface Options {
  json?: true;
  verbose?: true;
  maxTokens?: number;
  system?: string;
}

export function chatCommand(cli: Cli): Command {
  const command = new Command('chat')
    .summary('ask a model, through the gateway')
    .description('Ask a model, through the gateway, as any caller does. Prints the answer as it comes.')
    .argument('<route>', 'public model name')
    .argument('<text>', 'what to say; - reads stdin')
    .option('--gateway-url <url>', 'of the gateway (default: SIGNALBOX_GATEWAY_URL, then http://127.0.0.1:4601)')
    .option('--key <key>', 'consumer key (default: SIGNALBOX_KEY, then the settings file)')
    .option('--system <text>', 'instructions before the text')
    .addOption(new Option('--max-tokens <count>', 'longest answer').argParser(positiveInteger))
    .option('--json', 'print the whole answer as JSON, once it is there')
    .option('-v, --verbose', 'show which revision answered');
  examples(command, [
    'signalbox chat chat "hello"',
    'signalbox chat chat -v "which version are you?"',
    'signalbox chat chat - < question.txt',
  ]);
  return runs<Options>(cli, command, chat);
}

async function chat(session: Session, [route = '', given = '']: readonly string[], options: Options): Promise<void> {
  const { out, world } = session;
  const text = given === '-' ? await readAll(world.stdin) : given;
  if (text.trim() === '') throw new UsageError('there is nothing to say: give a text');
  const messages = [
    ...(options.system === undefined ? [] : [{ role: 'system', content: options.system }]),
    { role: 'user', content: text },
  ];
  const stream = options.json !== true;
  const response = await askGateway(session, {
    model: route,
    messages,
    stream,
    ...(options.maxTokens === undefined ? {} : { max_tokens: options.maxTokens }),
  });
  if (options.verbose === true) for (const line of headerLines(response.headers)) out.note(line);
  if (!stream) return out.json(await answerOf(session, response));
  // Escape sequences in what a model says must not reach a terminal; a file gets what was said.
  const clean = world.terminal.stdout ? printable : (token: string) => token;
  let said = false;
  for await (const token of tokensOf(session, response)) {
    out.text(clean(token));
    said = true;
  }
  if (!said) throw new Refusal('the answer was empty');
  out.line();
}

/** Who answered: everything that the gateway tells about itself. */
function headerLines(headers: Headers): readonly string[] {
  return [...headers]
    .filter(([name]) => name.startsWith('x-signalbox-') || name === 'x-request-id')
    .map(([name, value]) => `${name}: ${value}`);
}

async function readAll(stream: Session['world']['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
