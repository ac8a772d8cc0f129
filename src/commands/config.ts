import { loadConfig } from '../config/load.js'
import { renderExample, renderTable } from '../config/document.js'
import { didYouMean } from '../config/near.js'
import { summary } from '../config/summary.js'
import { readContexts } from '../service/tls.js'
import { type Command, failure, type Io } from './command.js'
import { environment } from './environment.js'

function check (io: Io): void {
  const config = loadConfig(environment(io))
  readContexts(config)
  const lines = Object.entries({ listen: `${config.host}:${config.port}`, ...summary(config) })
  io.out(`${lines.map(([name, text]) => `${name.padEnd(18)}${text}`).join('\n')}\n`)
  for (const warning of config.warnings) io.out(`warning: ${warning}\n`)
  io.out('The configuration is valid.\n')
}

const ACTIONS: Record<string, (io: Io) => void> = {
  check,
  example: (io) => io.out(renderExample()),
  table: (io) => io.out(renderTable())
}

export const config: Command = {
  usage: 'config check | example | table',
  about: 'Checks the settings, prints a sample .env, or prints all settings as a Markdown table.',
  flags: {},
  details: () => '',
  async run (_flags, [word = 'check', ...more], io) {
    const action = Object.hasOwn(ACTIONS, word) && more.length === 0 ? ACTIONS[word] : undefined
    if (action === undefined) throw failure(`Unknown action "${[word, ...more].join(' ')}". Use config check, config example or config table.${didYouMean(word, Object.keys(ACTIONS))}`, 2)
    action(io)
    return 0
  }
}
