import { adaptersInModelList } from '../adapters/model-list.ts';
import type { EngineAdapters } from '../engine.ts';

/** SGLang takes `model:adapter`; which adapters are in use its metrics do not tell. */
export const sglangAdapters: EngineAdapters = {
  listPath: '/v1/models',
  readList: adaptersInModelList,
  modelName: (served, adapter) => `${served}:${adapter}`,
  readActive: () => null,
};
