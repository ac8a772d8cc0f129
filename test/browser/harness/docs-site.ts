import { once } from 'node:events'
import { createServer } from 'node:http'
import { extname } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import type { Test } from 'tap'
import { openPrivate } from './chromium.js'
import { watch, type Allowed } from './watch.js'

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }
const EMPTY = '<!doctype html><meta charset="utf-8"><title>Docs</title><link rel="icon" href="data:,"><div id="root"></div><script src="/bundle.js"></script>'

/** Serves files by path. Every other path is a page with `/bundle.js` in it. */
export async function serveFiles (t: Test, port: number, fileAt: (path: string) => Promise<string | undefined>): Promise<void> {
  const server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://localhost').pathname
    fileAt(path).then((content) => {
      response.writeHead(200, { 'content-type': content === undefined ? 'text/html' : TYPES[extname(path)] ?? 'text/html' }).end(content ?? EMPTY)
    }, () => { response.writeHead(500).end() })
  })
  server.listen(port)
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
}

/** Opens a page, in a context of its own or beside another tab. The test fails if it meets what `allow` does not name. */
export async function openTab (t: Test, url: string, allow: Allowed[], beside?: BrowserContext): Promise<Page> {
  const context = beside ?? await openPrivate({})
  if (beside === undefined) t.teardown(() => context.close())
  const page = await context.newPage()
  const problems = watch(page, allow)
  t.teardown(() => { if (problems.length > 0) throw new Error(`The page met what its test does not allow:\n${problems.join('\n')}`) })
  await page.goto(url)
  return page
}
