/** Turns a moving reference into what it means right now. */
export interface SourceResolver {
  resolveHuggingFace(repo: string, revision: string): Promise<Resolution>;
}

export type Resolution = { kind: 'resolved'; commit: string } | { kind: 'failed'; because: string };

export interface HuggingFaceSettings {
  /** `https://huggingface.co`, or a mirror; null where the control plane may not call out. */
  baseUrl: string | null;
  token: { reveal(): string } | null;
}

const timeoutMs = 10_000;

/** Asks the hub's API. Its answer is only believed when it looks like a commit. */
export function huggingFaceResolver({ baseUrl, token }: HuggingFaceSettings): SourceResolver {
  return {
    async resolveHuggingFace(repo, revision) {
      if (baseUrl === null) return failed('this control plane is set up to ask no hub');
      const path = `/api/models/${repo.split('/').map(encodeURIComponent).join('/')}/revision/${encodeURIComponent(revision)}`;
      try {
        const response = await fetch(`${baseUrl.replace(/\/+$/, '')}${path}`, {
          headers: token === null ? {} : { authorization: `Bearer ${token.reveal()}` },
          signal: AbortSignal.timeout(timeoutMs),
        });
        if (!response.ok) {
          await response.body?.cancel();
          return failed(refusal(response.status, repo, revision));
        }
        const { sha } = (await response.json()) as { sha?: unknown };
        if (typeof sha === 'string' && isCommit(sha)) return { kind: 'resolved', commit: sha };
        return failed('the hub answered without a commit');
      } catch (error) {
        return failed(`the hub could not be asked (${error instanceof Error ? error.message : 'unknown error'})`);
      }
    },
  };
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

function refusal(status: number, repo: string, revision: string): string {
  if (status === 404) return `the hub knows no ${repo} at ${revision}`;
  if (status === 401 || status === 403) return `the hub does not let us see ${repo}; give the control plane a token`;
  return `the hub answered ${status}`;
}

function failed(because: string): Resolution {
  return { kind: 'failed', because };
}
