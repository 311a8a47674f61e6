export { attachToTestCluster, hasTestCluster, type TestCluster } from './attach.ts';
export { type Binaries, type BinaryName, ensureBinaries } from './build-binaries.ts';
export { type Cluster, type ClusterControls, type ClusterOptions, startCluster } from './cluster.ts';
export type { ClusterNode, NodeSpec } from './cluster-file.ts';
export { type ImageArchive, type WrittenImage, writeImageArchive } from './image.ts';
export { filesUnder, type ImageFile } from './image-files.ts';
export { librariesOf } from './image-libraries.ts';
export { answerImage, answerImageName, pauseImage, pauseImageName } from './pause-image.ts';
export { until } from './until.ts';
