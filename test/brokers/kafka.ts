/** Apache Kafka in KRaft mode, broker and controller in one process, from the jars that kafka/pom.xml brings. */
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Broker, freePorts, programPath } from './broker.ts';

const jars = fileURLToPath(new URL('./kafka/target/jars', import.meta.url));
const java = programPath('java');
const LEAST_JAVA = 17;
export const hasKafka =
  jarNames().some((name) => name.startsWith('kafka-server')) && javaVersion() >= LEAST_JAVA;

function javaVersion(): number {
  if (java === undefined) return 0;
  const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
}

function jarNames(): string[] {
  try {
    return readdirSync(jars);
  } catch {
    return [];
  }
}

const JAVA = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', `${jars}/*`];
const properties = (folder: string) => join(folder, 'server.properties');

export interface KafkaBroker {
  readonly broker: Broker;
  /** Port of a listener that asks for a user: me, secret. */
  readonly saslPort: number;
}

export async function startKafka(): Promise<KafkaBroker> {
  const [controllerPort, saslPort] = await freePorts(2);
  const broker = await Broker.start({
    command: java!,
    args: (_port, folder) => [...JAVA, 'kafka.Kafka', properties(folder)],
    prepare: (port, folder) => {
      writeFileSync(properties(folder), propertiesOf(port, controllerPort, saslPort, folder));
      const format = [
        'kafka.tools.StorageTool',
        'format',
        '-t',
        'AAAAAAAAAAAAAAAAAAAAAQ',
        '-c',
        properties(folder),
      ];
      const { status, stdout, stderr } = spawnSync(java!, [...JAVA, ...format], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`Kafka cannot format its storage:\n${stdout}${stderr}`);
    },
  });
  return { broker, saslPort };
}

const propertiesOf = (port: number, controllerPort: number, saslPort: number, folder: string) => `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://127.0.0.1:${saslPort},CONTROLLER://127.0.0.1:${controllerPort}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_me="secret";
log.dirs=${folder}/logs
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
`;
