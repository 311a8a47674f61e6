/** Parts that engines tell apart: what a kernel needs, and how much memory sets an engine's defaults. */
export interface Gpu {
  name: string;
  vendor: 'nvidia' | 'amd';
  /** NVIDIA's compute capability; null for AMD, whose parts go by `architecture`. */
  computeCapability: number | null;
  architecture: string;
  memoryGib: number;
  /** Matched against the product label, whose words are parted by dashes. */
  label: RegExp;
}

const nvidia = (
  name: string,
  computeCapability: number,
  architecture: string,
  memoryGib: number,
  label: RegExp,
): Gpu => ({
  name,
  vendor: 'nvidia',
  computeCapability,
  architecture,
  memoryGib,
  label,
});

const amd = (name: string, architecture: string, memoryGib: number, label: RegExp): Gpu => ({
  name,
  vendor: 'amd',
  computeCapability: null,
  architecture,
  memoryGib,
  label,
});

/** More specific labels first: the first match wins. */
export const gpuCatalogue: readonly Gpu[] = [
  nvidia('V100 32 GB', 7.0, 'volta', 32, /\bV100\b.*\b32GB\b/i),
  nvidia('V100', 7.0, 'volta', 16, /\bV100\b/i),
  nvidia('T4', 7.5, 'turing', 16, /\bT4\b/i),
  nvidia('A100 80 GB', 8.0, 'ampere', 80, /\bA100\b.*\b80GB\b/i),
  nvidia('A100', 8.0, 'ampere', 40, /\bA100\b/i),
  nvidia('A30', 8.0, 'ampere', 24, /\bA30\b/i),
  nvidia('A10G', 8.6, 'ampere', 24, /\bA10G\b/i),
  nvidia('A10', 8.6, 'ampere', 24, /\bA10\b/i),
  nvidia('A40', 8.6, 'ampere', 48, /\bA40\b/i),
  nvidia('RTX A6000', 8.6, 'ampere', 48, /\bA6000\b/i),
  nvidia('L4', 8.9, 'ada-lovelace', 24, /\bL4\b/i),
  nvidia('L40S', 8.9, 'ada-lovelace', 45, /\bL40S\b/i),
  nvidia('RTX 4090', 8.9, 'ada-lovelace', 24, /\b4090\b/i),
  nvidia('H100 NVL', 9.0, 'hopper', 94, /\bH100\b.*\bNVL\b/i),
  nvidia('H100', 9.0, 'hopper', 80, /\bH100\b/i),
  nvidia('H200', 9.0, 'hopper', 140, /\bH200\b/i),
  nvidia('H20', 9.0, 'hopper', 96, /\bH20\b/i),
  nvidia('GB200', 10.0, 'blackwell', 185, /\bGB200\b/i),
  nvidia('B200', 10.0, 'blackwell', 180, /\bB200\b/i),
  nvidia('GB300', 10.3, 'blackwell', 277, /\bGB300\b/i),
  nvidia('B300', 10.3, 'blackwell', 268, /\bB300\b/i),
  nvidia('RTX 5090', 12.0, 'blackwell', 32, /\b5090\b/i),
  nvidia('RTX PRO 6000 Blackwell', 12.0, 'blackwell', 95, /\bPRO-6000-Blackwell\b/i),
  amd('MI300X', 'gfx942', 192, /\bMI300X\b/i),
  amd('MI325X', 'gfx942', 256, /\bMI325X\b/i),
  amd('MI350X', 'gfx950', 288, /\bMI350X\b/i),
  amd('MI355X', 'gfx950', 288, /\bMI355X\b/i),
];
