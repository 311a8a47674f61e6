import { memberOf } from '../json/walk-json.ts';
import type { Frame } from './frame.ts';

/** What the frame is: its `event` line, else the `type` in its data. */
export function eventName(bytes: Buffer, frame: Frame): string {
  if (frame.eventEnd > frame.eventStart) return bytes.toString('latin1', frame.eventStart, frame.eventEnd);
  const type = memberOf(bytes, frame.dataStart, frame.dataEnd, 'type');
  return type === undefined ? '' : bytes.toString('latin1', type.valueStart + 1, type.valueEnd - 1);
}
