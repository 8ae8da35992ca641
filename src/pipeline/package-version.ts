import { readFileSync } from 'node:fs';

/** Version of this package, from package.json, which lies two folders up from src/ and dist/ files alike. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
