/** A thread of the first process that runs the stream: what it is told and what it says are `IngestMessage`s. Started by `Ingest`. */
import { parentPort, workerData } from 'node:worker_threads';
import { failureOf } from './failure.ts';
import type { FromIngest, ToIngest } from './ingest.ts';
import { openLog } from './log.ts';
import { type IngestOptions, StreamIntake } from './stream-intake.ts';

const say = (message: FromIngest) => parentPort?.postMessage(message);

StreamIntake.open(workerData as IngestOptions, openLog()).then(listen, (error) =>
  say({ type: 'failed', failure: failureOf(error) }),
);

function listen(intake: StreamIntake): void {
  parentPort?.on('message', (message: ToIngest) => {
    if (message.type === 'posts') {
      const { batch, posts } = message;
      intake.take(posts, (outcomes) => say({ type: 'outcomes', batch, outcomes }));
      return;
    }
    answer(intake, message)
      .then(
        (value) => say({ type: 'answer', id: message.id, value }),
        (error) => say({ type: 'answer', id: message.id, failure: failureOf(error) }),
      )
      // With nobody to listen to, the thread ends.
      .finally(() => message.type === 'close' && parentPort?.close());
  });
  say({ type: 'open' });
}

async function answer(intake: StreamIntake, message: Exclude<ToIngest, { type: 'posts' }>): Promise<unknown> {
  switch (message.type) {
    case 'check-model':
      return void intake.interestsOf(message.model);
    case 'take-model':
      return intake.takeInterests(intake.interestsOf(message.model));
    case 'report':
      return intake.report();
    case 'close':
      return intake.close();
  }
}
