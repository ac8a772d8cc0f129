import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/load.js'
import { summary } from '../config/summary.js'
import { requireLocalHost } from '../local-host.js'
import { OPEN_ROUTE } from '../session/open-route.js'

/** Whether the playground is there. It changes while the service starts. */
export interface Served {
  website: string
  /** Why it is not served. */
  reason?: string | undefined
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

function page ({ config, served, prefix }: { config: Config, served: Served, prefix: string }): string {
  const { mode: _mode, ...facts } = summary(config)
  const link = (url: string, text = url): string => `<a href="${escape(url)}">${escape(text)}</a>`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>fastify-2fa</title>
<main>
<h1>fastify-2fa runs here</h1>
<p>This is an authentication service: a password or a social login, then a code by SMS. It has no pages of its own.</p>
<p>${served.reason === undefined ? `Try everything on ${link(served.website)}.` : `The page to try it on is not served: ${escape(served.reason)}.`}</p>
<p>It is not in production, so codes and links are at ${link(`${prefix}/dev/outbox`)} instead of on a phone.</p>
<h2>Settings</h2>
<ul>${Object.entries(facts).map(([name, value]) => `<li>${escape(name)}: ${escape(value)}</li>`).join('')}</ul>
</main>
</html>
`
}

/** Says what runs here to somebody who opens the service's own address. */
export default async function welcomeRoutes (app: FastifyInstance, options: { config: Config, served: Served, prefix: string }): Promise<void> {
  app.addHook('onRequest', requireLocalHost)
  app.get('/', { config: OPEN_ROUTE }, async (_request, reply) => {
    reply.headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': 'default-src \'none\'; base-uri \'none\'; form-action \'none\'; frame-ancestors \'none\'', 'x-content-type-options': 'nosniff' })
    return page(options)
  })
}
