import { readEnvironment } from '../config/read.js'
import { joinPaths } from '../options/auth-path.js'
import { type Command, failure } from './command.js'
import { environment } from './environment.js'

const ANY: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

async function statusOf (url: string): Promise<number> {
  const { get } = url.startsWith('https:') ? await import('node:https') : await import('node:http')
  return await new Promise((resolve, reject) => {
    // The certificate is for the public name, not for this address. Nothing secret is sent, and nothing that comes is believed
    // beyond "alive".
    get(url, { signal: AbortSignal.timeout(3000), rejectUnauthorized: false, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('error', reject)
  })
}

export const health: Command = {
  usage: 'health [--ready]',
  about: 'Asks the service with the same settings whether it is alive. Exits with 0 or 1.',
  flags: { ready: { type: 'boolean' } },
  details: () => '  --ready  also asks whether its Core, and Redis if it has one, answer\n',
  async run ({ ready }, _words, io) {
    // Only the address matters here. Problems in other settings would have stopped the service itself.
    const { values: { HOST = '127.0.0.1', PORT, ROUTES_PATH, TLS_CERT_FILE } } = readEnvironment(environment(io))
    const host = ANY[HOST] ?? HOST
    if (!PORT) throw failure('Set PORT to the port of the service. With PORT=0 it cannot be found.', 1)
    const url = `${TLS_CERT_FILE === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${PORT}${joinPaths(ROUTES_PATH, ready ? 'ready' : 'health')}`
    const status = await statusOf(url).catch(() => {
      throw failure(`${url} does not answer. Is the service running with these settings?`, 1)
    })
    if (status !== 200) throw failure(`${url} answers ${status}.`, 1)
    io.out('ok\n')
    return 0
  }
}
