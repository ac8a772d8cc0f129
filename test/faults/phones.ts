import { createServer, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Test } from 'tap'
import type { SmsOptions } from '../../src/index.js'
import { listen } from '../flows/social-login/listen.js'

export interface Phones {
  /** For the service. */
  sms: SmsOptions
  /** The newest code that came to a number, over the provider's wire even when it never said so. */
  codeOf (phoneNumber: string): string
  received (phoneNumber: string): boolean
  /** From now on messages are taken and never answered, as by a provider that is stuck. */
  hang (): void
  resume (): void
}

/** An SMS provider, and the phones that its messages go to. */
export async function startPhones (t: Test): Promise<Phones> {
  const codes = new Map<string, string>()
  const held = new Set<ServerResponse>()
  let hanging = false
  const server = createServer((request, response) => {
    json(request).then((message) => {
      const { to, code } = message as { to: string, code: string }
      codes.set(to, code)
      if (hanging) held.add(response)
      else response.writeHead(204).end()
    }).catch(() => { response.destroy() })
  })
  const url = await listen(t, server)
  return {
    sms: { provider: 'webhook', url, secret: 'a-secret-of-the-fault-tests' },
    codeOf (phoneNumber) {
      const code = codes.get(phoneNumber)
      if (code === undefined) throw new Error(`nothing was sent to ${phoneNumber}`)
      return code
    },
    received: (phoneNumber) => codes.has(phoneNumber),
    hang: () => { hanging = true },
    resume () {
      hanging = false
      for (const response of held) response.destroy()
    }
  }
}
