/** The most memory that this process has had resident. */
import { readFileSync } from 'node:fs';

/**
 * Bytes. On Linux from the kernel's own mark of this program: the resource usage of a process begins with that of the
 * process which started it.
 */
export function peakRssBytes(): number {
  return highWaterMark() ?? process.resourceUsage().maxRSS * 1024;
}

function highWaterMark(): number | undefined {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}
