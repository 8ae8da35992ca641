import { Broker, programPath } from './broker.ts';

const command = programPath('redis-server');
export const hasRedis = command !== undefined;

/** Writes every command to disk before it answers, so that it comes back with all it said. */
export function startRedis(...more: string[]): Promise<Broker> {
  return Broker.start({
    command: command!,
    args: (port, folder) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', ...more],
    ],
  });
}
