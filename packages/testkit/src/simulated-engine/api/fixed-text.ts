import { valueFor } from '../engine/json-output.ts';
import { hash32, seededRandom } from '../engine/random.ts';
import { badRequest } from '../http/api-error.ts';
import type { JsonObject } from '../http/exchange.ts';
import { isObject } from '../http/exchange.ts';
import type { Simulation } from '../simulation.ts';

export type FixedText = { readonly fixedText: string | null; readonly toolName: string | null };

const free: FixedText = { fixedText: null, toolName: null };

function functionNamed(tools: unknown, name?: unknown): JsonObject | undefined {
  const functions = (Array.isArray(tools) ? tools : []).map((tool: unknown) => (isObject(tool) ? tool.function : null));
  return functions.filter(isObject).find((one) => name === undefined || one.name === name);
}

function forcedFunction(body: JsonObject, { settings }: Simulation): JsonObject | undefined {
  const { tools, tool_choice: choice } = body;
  if (!Array.isArray(tools) || tools.length === 0 || choice === 'none') return undefined;
  if (choice === 'required') return functionNamed(tools);
  if (isObject(choice)) {
    const name = isObject(choice.function) ? choice.function.name : undefined;
    const found = functionNamed(tools, name);
    if (found === undefined)
      throw badRequest('The tool specified in `tool_choice` does not match any of the specified `tools`');
    return found;
  }
  if (!settings.enableAutoToolChoice) {
    throw badRequest('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set');
  }
  return undefined;
}

/** What the answer must be when it is not free text: a forced tool call's arguments, or JSON. */
export function fixedTextFor(body: JsonObject, simulation: Simulation, prompt: string): FixedText {
  const random = seededRandom(hash32(prompt, simulation.settings.simulation.seed));
  const called = forcedFunction(body, simulation);
  if (called !== undefined) {
    return { fixedText: JSON.stringify(valueFor(called.parameters, random) ?? {}), toolName: String(called.name) };
  }
  const format = isObject(body.response_format) ? body.response_format : undefined;
  if (format?.type === 'json_object') return { ...free, fixedText: '{"answer": "simulated", "ok": true}' };
  if (format?.type === 'json_schema') {
    const schema = isObject(format.json_schema) ? format.json_schema.schema : undefined;
    return { ...free, fixedText: JSON.stringify(valueFor(schema, random)) };
  }
  return free;
}
