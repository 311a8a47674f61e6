import type { ModelVersion } from '@signalbox/domain';

/** What one engine can do with one kind of quantization. Says only what is known to fail: the rest is let through. */
export interface QuantizationRule {
  /** Lowest NVIDIA compute capability that has a kernel, native or weight-only. */
  minCapability: number;
  /** Capabilities from this one on have none. */
  belowCapability?: number;
  /** Capabilities where it works on paper only. */
  exceptCapabilities?: readonly number[];
  amd: boolean;
  /** First engine version that has it. */
  since?: string;
  /** From this version on it comes as a plugin that the stock image lacks. */
  plugin?: { since: string; name: string };
  /** Why it can't be had at all, and what to do instead. */
  never?: string;
  /** The engine's own flags. None where the checkpoint itself says how it is quantized. */
  flags(context: FlagContext): readonly string[];
}

export interface FlagContext {
  engineVersion: string;
  modelVersion: ModelVersion;
}

export type QuantizationRules<Name extends string> = Readonly<Record<Name, QuantizationRule>>;

export const noFlags = (): readonly string[] => [];
export const always =
  (...flags: readonly string[]) =>
  (): readonly string[] =>
    flags;
