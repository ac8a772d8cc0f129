import { readFileSync } from 'node:fs'

/** The version of this package; `unknown` in an app that was bundled into one file. */
export function version (): string {
  try {
    const file = new URL(import.meta.resolve('fastify-2fa/package.json'))
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  } catch {
    return 'unknown'
  }
}
