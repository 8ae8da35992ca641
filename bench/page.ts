/** A page of measurements: a program runs the parts that are wanted and renews their sections, the others stay as they are. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';

/** The flags that all benches have; more can be added. */
export function benchFlags(parts: readonly string[]) {
  return yargs(hideBin(process.argv))
    .option('only', { type: 'string', default: parts.join(','), describe: `Parts, of ${parts.join(',')}` })
    .option('rounds', { type: 'number', default: 5, describe: 'Interleaved rounds' })
    .check(({ only }) => {
      const unknown = only.split(',').filter((part) => !parts.includes(part));
      return unknown.length === 0 || `--only ${unknown.join(',')}: give parts of ${parts.join(',')}`;
    })
    .strict();
}

export class Page {
  readonly #file: string;
  readonly #title: string;
  readonly #command: string;
  readonly #caveat: string;
  readonly #sections: string[] = [];

  /**
   * @param name of the file in bench/, such as COMMUNITIES.md  @param command the npm script that writes it
   * @param caveat how to read figures of a machine that others use as well
   */
  constructor(name: string, title: string, command: string, caveat = 'read ratios, not times') {
    this.#file = fileURLToPath(new URL(name, import.meta.url));
    this.#title = title;
    this.#command = command;
    this.#caveat = caveat;
  }

  /** Also shows the section, and keeps the page up to date: parts take minutes each. */
  add(title: string, text: string): void {
    this.#sections.push(`## ${title}\n\n${text}\n`);
    console.log(`\n## ${title}\n\n${text}`);
    writeFileSync(this.#file, this.#renewed(existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : ''));
  }

  /** The page with these sections in place of the old ones of the same titles; sections that were not run stay. */
  #renewed(old: string): string {
    const titleOf = (section: string) => section.slice(0, section.indexOf('\n'));
    const kept = old
      .split(/^(?=## )/m)
      .filter((section) => section.startsWith('## '))
      .map((section) => this.#sections.find((fresh) => titleOf(fresh) === titleOf(section)) ?? section);
    const added = this.#sections.filter(
      (fresh) => !kept.some((section) => titleOf(section) === titleOf(fresh)),
    );
    const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
    const head = `# ${this.#title}, measured\n\n\`npm run ${this.#command}\` writes this page (\`-- --only PART\` renews a part). ${machine}. The machine is\nshared: ${this.#caveat}.\n`;
    return [head, ...[...kept, ...added].map((section) => `${section.trimEnd()}\n`)].join('\n');
  }
}
