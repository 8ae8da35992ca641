/** The table at the end of a run. */
import Table from 'cli-table3';
import { formatBytes, formatCount, formatSeconds } from '../core/format.ts';
import type { Manifest } from '../pipeline/manifest.ts';
import { summarizeReport } from './progress.ts';

export function printStageTable({ stages, preset }: Manifest): void {
  const table = new Table({
    head: ['stage', 'result', 'files', 'time', 'peak memory'],
    // The library writes colour codes into pipes, too, unless told not to.
    style: process.stdout.isTTY ? {} : { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    colAligns: ['left', 'left', 'right', 'right', 'right'],
  });
  for (const [name, record] of Object.entries(stages)) {
    if (record.skipped !== undefined) {
      table.push([name, `skipped: ${record.skipped}`, '', '', '']);
      continue;
    }
    const bytes = Object.values(record.outputs).reduce((sum, output) => sum + output.bytes, 0);
    table.push([
      name,
      summarizeReport(record.report),
      formatBytes(bytes),
      formatSeconds(record.seconds),
      formatBytes(record.peakRssBytes),
    ]);
  }
  const seconds = Object.values(stages).reduce((sum, record) => sum + record.seconds, 0);
  const numFiles = Object.values(stages).reduce((sum, record) => sum + Object.keys(record.outputs).length, 0);
  process.stdout.write(
    `${table.toString()}\n${formatCount(numFiles)} artifacts, ${formatSeconds(seconds)}, preset ${preset?.name}\n`,
  );
}
