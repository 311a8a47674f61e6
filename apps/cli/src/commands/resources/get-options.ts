import type { WithFormat } from '../command.ts';

export interface GetOptions extends WithFormat {
  watch?: true;
  selector?: string;
}
