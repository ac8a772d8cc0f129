import { loadConfig } from '../config/load.js'
import type { Command } from './command.js'
import { environment } from './environment.js'

export const openapi: Command = {
  usage: 'openapi',
  about: 'Prints what the service answers, with these settings, as an OpenAPI 3.1 document.',
  flags: {},
  details: () => 'Nothing is started or asked for: no Core, no port.\n',
  async run (_flags, _words, io) {
    const config = loadConfig(environment(io))
    const { describeService } = await import('../openapi/describe-service.js')
    io.out(`${JSON.stringify(await describeService(config.options), null, 2)}\n`)
    return 0
  }
}
