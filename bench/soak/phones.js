import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

/** Starts an SMS provider on loopback that keeps the newest code of each number until it is taken. */
export async function startPhones () {
  const codes = new Map()
  const server = createServer(async (request, response) => {
    const { to, code } = await json(request)
    codes.set(to, code)
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    sms: { provider: 'webhook', url: `http://127.0.0.1:${server.address().port}`, secret: 'a-secret-of-the-soak' },
    take (phoneNumber) {
      const code = codes.get(phoneNumber)
      codes.delete(phoneNumber)
      return code
    }
  }
}
