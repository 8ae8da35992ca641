import { Broker, programPath } from './broker.ts';

const command = programPath('nats-server');
export const hasNats = command !== undefined;

export function startNats(...more: string[]): Promise<Broker> {
  return Broker.start({
    command: command!,
    args: (port, folder) => [
      ...['--addr', '127.0.0.1', '--port', String(port), '--jetstream', '--store_dir', folder, ...more],
    ],
  });
}
