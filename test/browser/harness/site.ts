import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'

/** A key and its certificate, as PEM. */
export interface Certificate { key: string, cert: string }

export const FRONTENDS = ['prebuilt-email', 'prebuilt-phone', 'prebuilt-mfa', 'custom'] as const
export type Frontend = typeof FRONTENDS[number]

const BUILT = new URL('../frontends/', import.meta.url)
const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Test shop</title></head>
<body><div id="root"></div><script src="/frontend.js"></script></body>
</html>
`

async function bundle (frontend: Frontend): Promise<Buffer> {
  return await readFile(new URL(`${frontend}.js`, BUILT)).catch((error: unknown) => {
    throw new Error('The frontends are not built. Run the tests with `npm run test:browser`.', { cause: error })
  })
}

/** Serves a frontend as a static site: its script, and the same page at every other path. */
export async function serveSite (frontend: Frontend, port: number, certificate?: Certificate): Promise<{ close: () => void }> {
  const script = await bundle(frontend)
  const listener: RequestListener = (request, response) => {
    if (request.url === '/frontend.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else if (request.url === '/favicon.ico') response.writeHead(204).end()
    else response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
  }
  const server = certificate === undefined ? createServer(listener) : createTlsServer(certificate, listener)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    close () {
      server.close()
      server.closeAllConnections()
    }
  }
}
