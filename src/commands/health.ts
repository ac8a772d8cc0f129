import { readEnvironment } from '../config/read.js'
import { REASON_NAMES } from '../outage/reasons.js'
import { joinPaths } from '../options/auth-path.js'
import { type Command, failure } from './command.js'
import { environment } from './environment.js'

const ANY: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** Enough for all reasons. */
const LONGEST = 1000

/** Why a service is not ready. It need not be one of ours that answers. */
function reasonsIn (body: string): string {
  try {
    const { reasons } = JSON.parse(body) as { reasons?: unknown }
    return Array.isArray(reasons) && reasons.length > 0 ? `: ${REASON_NAMES.filter((name) => reasons.includes(name)).join(', ')}` : ''
  } catch {
    return ''
  }
}

async function ask (url: string): Promise<{ status: number, reasons: string }> {
  const { get } = url.startsWith('https:') ? await import('node:https') : await import('node:http')
  return await new Promise((resolve, reject) => {
    // The certificate is for the public name, not for this address. Nothing secret is sent, and nothing that comes is believed
    // beyond "alive".
    get(url, { signal: AbortSignal.timeout(3000), rejectUnauthorized: false, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => { body = (body + part).slice(0, LONGEST) }).on('error', reject).on('end', () => {
        resolve({ status: response.statusCode ?? 0, reasons: reasonsIn(body) })
      })
    }).on('error', reject)
  })
}

export const health: Command = {
  usage: 'health [--ready]',
  about: 'Asks the service with the same settings whether it is alive. Exits with 0 or 1.',
  flags: { ready: { type: 'boolean' } },
  details: () => '  --ready  asks whether it can serve, and says why not: its Core, Redis, disk, or overload\n',
  async run ({ ready }, _words, io) {
    // Only the address matters here. Problems in other settings would have stopped the service itself.
    const { values: { HOST = '127.0.0.1', PORT, ROUTES_PATH, TLS_CERT_FILE } } = readEnvironment(environment(io))
    const host = ANY[HOST] ?? HOST
    if (!PORT) throw failure('Set PORT to the port of the service. With PORT=0 it cannot be found.', 1)
    const url = `${TLS_CERT_FILE === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${PORT}${joinPaths(ROUTES_PATH, ready ? 'ready' : 'health')}`
    const { status, reasons } = await ask(url).catch(() => {
      throw failure(`${url} does not answer. Is the service running with these settings?`, 1)
    })
    if (status !== 200) throw failure(`${url} answers ${status}${reasons}.`, 1)
    io.out('ok\n')
    return 0
  }
}
