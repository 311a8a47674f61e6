import { Command } from 'commander';
import type { Cli } from '../command.ts';
import { exportLedgerCommand } from './export.ts';
import { listLedgerCommand } from './list.ts';
import { verifyLedgerCommand } from './verify.ts';

export function ledgerCommand(cli: Cli): Command {
  const command = new Command('ledger').summary('the record of decisions');
  for (const verb of [listLedgerCommand(cli), verifyLedgerCommand(cli), exportLedgerCommand(cli)]) {
    command.addCommand(verb);
  }
  return command;
}
