import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OptionsInvalid } from '../errors.js'
import type { ResolvedHostedPages } from './options.js'

/**
 * The compiler copies no style sheets and scripts, so they are served from where they are written. Found where pages are
 * on: an app that was bundled into one file has no package to look into.
 */
const folder = (): string => join(dirname(fileURLToPath(import.meta.resolve('fastify-2fa/package.json'))), 'src/hosted-pages/assets')

/** Bytes. All that a page loads is to stay below 60 kB. */
const LARGEST_LOGO = 64 * 1024

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp'
}

export interface Asset {
  /** Below the pages. It changes with the content, so browsers may keep it for good. */
  path: string
  type: string
  content: Buffer
}

function assetOf (name: string, content: Buffer): Asset {
  const extension = extname(name)
  const digest = createHash('sha256').update(content).digest('base64url').slice(0, 12)
  return { path: `/assets/${name.slice(0, -extension.length)}.${digest}${extension}`, type: TYPES[extension]!, content }
}

function logoOf (file: string): Asset {
  const content = readFileSync(file)
  if (content.length > LARGEST_LOGO) throw new OptionsInvalid('hostedPages.logo must have 64 kB at most')
  return assetOf(`logo${extname(file)}`, content)
}

/** The own colours come last, so that they win. */
function styleOf (sheet: Buffer, variables: ResolvedHostedPages['variables']): Buffer {
  const own = Object.entries(variables).map(([name, value]) => `${name}:${value}`).join(';')
  return own === '' ? sheet : Buffer.concat([sheet, Buffer.from(`:root{${own}}\n`)])
}

/** All that pages load, read once. */
export function loadAssets ({ logo, variables }: Pick<ResolvedHostedPages, 'logo' | 'variables'>): Map<string, Asset> {
  const place = folder()
  const files = readdirSync(place).filter((name) => extname(name) in TYPES)
  const assets = files.map((name): [string, Asset] => {
    const content = readFileSync(join(place, name))
    return [name, assetOf(name, name === 'style.css' ? styleOf(content, variables) : content)]
  })
  return new Map([...assets, ...(logo === undefined ? [] : [['logo', logoOf(logo)] as const])])
}
