export const imageNames = ['control-plane', 'gateway', 'simulated-engine'] as const;
export type ImageName = (typeof imageNames)[number];
