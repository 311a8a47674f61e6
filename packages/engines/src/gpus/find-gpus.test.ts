import { expect, test } from '@jest/globals';
import { findGpus } from './find-gpus.ts';

test.each<[product: string, name: string, capability: number | null, memoryGib: number]>([
  ['NVIDIA-H100-80GB-HBM3', 'H100', 9.0, 80],
  ['NVIDIA-H100-NVL', 'H100 NVL', 9.0, 94],
  ['NVIDIA-H100-SXM5-80GB', 'H100', 9.0, 80],
  ['NVIDIA-H200', 'H200', 9.0, 140],
  ['NVIDIA-H20', 'H20', 9.0, 96],
  ['NVIDIA-A100-SXM4-80GB', 'A100 80 GB', 8.0, 80],
  ['NVIDIA-A100-80GB-PCIe', 'A100 80 GB', 8.0, 80],
  ['A100-SXM4-40GB', 'A100', 8.0, 40],
  ['A100-SXM4-40GB-MIG-1g.5gb-SHARED', 'A100', 8.0, 5],
  ['NVIDIA-A10', 'A10', 8.6, 24],
  ['NVIDIA-A10G', 'A10G', 8.6, 24],
  ['NVIDIA-L4', 'L4', 8.9, 24],
  ['NVIDIA-L40S', 'L40S', 8.9, 45],
  ['Tesla-T4-SHARED', 'T4', 7.5, 16],
  ['Tesla-V100-SXM2-32GB', 'V100 32 GB', 7.0, 32],
  ['NVIDIA-B200', 'B200', 10.0, 180],
  ['NVIDIA-GB200', 'GB200', 10.0, 185],
  ['NVIDIA-GB300', 'GB300', 10.3, 277],
  ['NVIDIA GeForce RTX 4090', 'RTX 4090', 8.9, 24],
  ['NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition', 'RTX PRO 6000 Blackwell', 12.0, 95],
  ['AMD_Instinct_MI300X_OAM', 'MI300X', null, 192],
])('%s is an %s', (product, name, computeCapability, memoryGib) => {
  expect(findGpus([product])).toMatchObject([{ product, name, computeCapability, memoryGib }]);
});

test('a product that the catalogue does not know is left out, not guessed', () => {
  expect(findGpus(['NVIDIA-L40', 'NVIDIA-X9000', ''])).toEqual([]);
});
