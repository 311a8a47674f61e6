import { Option } from 'commander';

const DEFAULT_TIMEOUT = '30m';

export const waitOption = (what: string): Option => new Option('--wait', what);
export const timeoutOption = (): Option =>
  new Option('--timeout <duration>', 'with --wait: give up waiting after this long').default(DEFAULT_TIMEOUT);
