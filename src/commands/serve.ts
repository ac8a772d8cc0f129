import { loadConfig } from '../config/load.js'
import { renderHelp } from '../config/document.js'
import type { Command } from './command.js'
import { environment } from './environment.js'

export const serve: Command = {
  usage: '[serve]',
  about: 'Runs the service.',
  flags: {},
  details: () => `Settings come from the environment and from .env in the working directory:\n\n${renderHelp()}\n`,
  async run (_flags, _words, io) {
    const settings = { environment: environment(io), read: () => environment(io) }
    const config = loadConfig(settings.environment)
    // Loaded after the settings are checked. The SDK is slow to load, and health checks run this program too.
    const { start } = await import('../server.js')
    await start(config, { settings })
    return 0
  }
}
