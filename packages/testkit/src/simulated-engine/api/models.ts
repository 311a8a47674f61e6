import type { Exchange } from '../http/exchange.ts';
import { shortId } from '../http/exchange.ts';

export function models(exchange: Exchange): void {
  const { settings, adapters, createdUnix: created } = exchange.simulation;
  const card = (id: string, root: string, parent: string | null, maxModelLen: number | null) => ({
    id,
    object: 'model',
    created,
    owned_by: 'vllm',
    root,
    parent,
    max_model_len: maxModelLen,
    permission: [
      {
        id: `modelperm-${shortId()}`,
        object: 'model_permission',
        created,
        allow_create_engine: false,
        allow_sampling: true,
        allow_logprobs: true,
        allow_search_indices: false,
        allow_view: true,
        allow_fine_tuning: false,
        organization: '*',
        group: null,
        is_blocking: false,
      },
    ],
  });
  const base = settings.servedModelNames[0];
  exchange.json({
    object: 'list',
    data: [
      ...settings.servedModelNames.map((name) => card(name, settings.model, null, settings.maxModelLen)),
      ...[...adapters].map(([name, path]) => card(name, path, base, null)),
    ],
  });
}
