/** `simclusters evaluate`: measures a model, or communities. */
import type { CommandModule } from 'yargs';
import { evaluateCommunitiesCommand } from './evaluate-communities-command.ts';
import { evaluateRecommendCommand } from './evaluate-recommend-command.ts';

export const evaluateCommand: CommandModule = {
  command: 'evaluate',
  describe: 'Measure a model, or communities',
  builder: (command) =>
    command
      .command(evaluateRecommendCommand)
      .command(evaluateCommunitiesCommand)
      .demandCommand(1, 'Evaluate what? See `simclusters evaluate --help`.'),
  handler: () => {},
};
