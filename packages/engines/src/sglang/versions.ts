/** The tag whose source was read; of the ones before it, metrics and lasting flags were compared. */
export const sinceRead = '0.5.18';

export const sglangVersions: readonly string[] = [
  sinceRead,
  '0.5.17',
  '0.5.16',
  '0.5.15',
  '0.5.14',
  '0.5.13',
  '0.5.12',
  '0.5.11',
];
