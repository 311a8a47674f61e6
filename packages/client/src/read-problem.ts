import { problemSchema } from '@signalbox/contracts';
import { ApiProblem } from './errors.ts';

/** Newer control planes may know more codes: an unknown one is still a problem worth telling. */
const lenient = problemSchema.omit({ code: true, type: true });

/** The problem that an error answer carries, or undefined where it is not one of ours. */
export function readProblem(text: string): ApiProblem | undefined {
  const json = parseJson(text);
  const parsed = lenient.safeParse(json);
  if (!parsed.success || typeof json !== 'object' || json === null || !('code' in json)) return undefined;
  if (typeof json.code !== 'string') return undefined;
  // Absent and undefined differ by type only: what came from JSON has no undefined.
  const problems = parsed.data.problems.map((problem) => JSON.parse(JSON.stringify(problem)));
  return new ApiProblem({ ...parsed.data, code: json.code, problems });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
