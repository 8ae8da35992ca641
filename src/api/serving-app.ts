/** The app of a whole model: every route, and the explorer. */
import { explorerPage } from '../explorer/page.ts';
import { type App, type AppOptions, answerExample, appOf, textOf } from './app.ts';
import type { Models } from './models.ts';
import { routes } from './routes.ts';
import { subjectsOf } from './subjects.ts';

export type { Answered, AppOptions } from './app.ts';

export function createApp(options: AppOptions): App {
  return appOf({ routes, page: explorerPage }, options);
}

/**
 * Answers every example over and over, so that the first requests find compiled code.
 * @param rounds  V8 compiles what runs often
 */
export function warmUp(models: Models, rounds = 30): void {
  const subjects = subjectsOf(models[0]);
  for (let round = 0; round < rounds; round++)
    for (const entry of routes)
      for (const example of entry.examples(subjects)) textOf(answerExample(entry, example, models));
}
