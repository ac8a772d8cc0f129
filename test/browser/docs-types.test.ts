import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import ts from 'typescript'
import { pathTo } from '../root.js'
import { blocksOf, writeFiles, type Edit } from './harness/docs-code.js'

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  jsx: ts.JsxEmit.ReactJSX,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: []
}

/** What Next.js has of these, in short: its package is too large to install for them. */
const NEXT = `
declare module 'next/dynamic' {
  import type { ComponentType } from 'react'
  export default function dynamic<P> (load: () => Promise<ComponentType<P>>, options?: { ssr?: boolean }): ComponentType<P>
}
declare module 'next/headers' {
  export function cookies (): Promise<{ get (name: string): { value: string } | undefined }>
}
`

async function faults (folder: string): Promise<string[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => /\.tsx?$/.test(file)).map((file) => join(folder, file))
  return ts.getPreEmitDiagnostics(ts.createProgram(files, OPTIONS))
    .map(({ file, messageText }) => `${file?.fileName.slice(folder.length)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
}

async function faultsOf (t: Test, page: string, edit?: Edit): Promise<string[]> {
  return await faults(await writeFiles(t, page, edit))
}

const pages = ['frontend', ...(await readdir(pathTo('docs/frontend'))).map((file) => `frontend/${file.replace(/\.md$/, '')}`)]

const factors = ['second-factor', ...(await readdir(pathTo('docs/second-factor'))).map((file) => `second-factor/${file.replace(/\.md$/, '')}`)]

/** The name that GitHub gives a heading in links. */
const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')

/** Links of a text that lead nowhere. */
async function brokenLinks (folder: string, text: string): Promise<string[]> {
  const links = [...text.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link = '']) => link)
  const broken = await Promise.all(links.map(async (link) => {
    const [path = '', anchor] = link.split('#')
    const page = path === '' ? text : await readFile(join(folder, path), 'utf8').catch(() => undefined)
    const leads = page !== undefined && (anchor === undefined || [...page.matchAll(/^#+ (.*)$/gm)].some(([, heading = '']) => anchorOf(heading) === anchor))
    return leads ? [] : [link]
  }))
  return broken.flat()
}

t.test('every link leads to a page and a heading', async (t) => {
  for (const page of [...pages, ...factors]) {
    const file = pathTo(`docs/${page}.md`)
    t.strictSame(await brokenLinks(dirname(file), await readFile(file, 'utf8')), [], page)
  }
  t.strictSame(await brokenLinks(pathTo('docs'), '## Here\n[a](#here) [b](#there) [c](gone.md) [d](errors.md#gone)'), ['#there', 'gone.md', 'errors.md#gone'])
})

t.test('every block of code has a name, by which a test finds it', async (t) => {
  const blocks = (await Promise.all(pages.map(async (page) => (await blocksOf(page)).map((block) => ({ page, ...block }))))).flat()
  t.ok(blocks.length > 12)
  t.strictSame(blocks.filter(({ file }) => file === ''), [])
})

t.test('the code for supertokens-web-js and React Native fits their types', async (t) => {
  for (const page of ['frontend/custom-ui', 'frontend/mobile']) t.strictSame(await faultsOf(t, page), [], page)
})

t.test('the code for React fits its types, in both systems', async (t) => {
  t.strictSame(await faultsOf(t, 'frontend/react', (code, file) => file === 'phone/init.ts' ? code.replace("'./second", "'../second") : code), [])
})

t.test('the code for SuperTokens\' MFA screens fits its types', async (t) => {
  t.strictSame(await faultsOf(t, 'frontend/mfa-screens'), [])
})

t.test('the code for Next.js fits the types of everything but Next.js', async (t) => {
  const folder = await writeFiles(t, 'frontend/react')
  const next = await writeFiles(t, 'frontend/nextjs')
  await ts.sys.writeFile(join(next, 'next.d.ts'), NEXT)
  for (const file of ['init.ts', 'second-factor.tsx', 'second-factor-claim.ts']) ts.sys.writeFile(join(next, file), ts.sys.readFile(join(folder, file))!)
  t.strictSame(await faults(next), [])
})

t.test('a mistake is noticed', async (t) => {
  const [fault] = await faultsOf(t, 'frontend/custom-ui', (code) => code.replace('validators.isTrue', 'validators.isTru'))
  t.match(fault, /init\.ts: Property 'isTru' does not exist/)
})
