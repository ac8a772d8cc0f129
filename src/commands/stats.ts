import { readStats } from '../admin/stats.js'
import { loadConfig } from '../config/load.js'
import type { Command } from './command.js'
import { environment } from './environment.js'
import { statsLines } from './people-output.js'
import { withCore } from './user-core.js'
import { operationsFor } from './user-operations.js'
import { json } from './user-output.js'

export const stats: Command = {
  usage: 'stats [--everybody]',
  about: 'Shows how many people there are and, by looking at everybody, what is enrolled, locked and being recovered.',
  flags: { everybody: { type: 'boolean' }, sessions: { type: 'boolean' }, json: { type: 'boolean' } },
  details: () => `  --everybody  looks at everybody: two calls to the Core for 500 people. Without it, the Core says numbers that it keeps
  --sessions   counts sessions as well: one more call for each person
  --json       prints the result as JSON
`,
  async run (flags, _words, io) {
    const { options } = loadConfig(environment(io))
    return await withCore(options.core, async (core) => {
      const result = await readStats(operationsFor(core, options, io), { everybody: flags.everybody === true, sessions: flags.sessions === true })
      io.out(flags.json === true ? `${json(result)}\n` : `${statsLines(result).join('\n')}\n`)
      return 0
    })
  }
}
