import type { ImageArchive } from './image.ts';

export const pauseImageName = 'signalbox.dev/testkit/pause:1';

/** The image of the container that holds each pod's namespaces; nothing in it but one static program. */
export function pauseImage(pauseBinary: string): ImageArchive {
  return {
    tags: [pauseImageName],
    entrypoint: ['/pause'],
    user: '65535:65535',
    files: [{ path: '/pause', copyOf: pauseBinary, mode: 0o755 }],
  };
}

export const answerImageName = 'signalbox.dev/testkit/answer:1';

/** A web server of a few megabytes on port 8080 that answers with the name of its pod. */
export function answerImage(answerBinary: string): ImageArchive {
  return {
    tags: [answerImageName],
    entrypoint: ['/answer'],
    user: '65535:65535',
    exposedPorts: [8080],
    files: [{ path: '/answer', copyOf: answerBinary, mode: 0o755 }],
  };
}
