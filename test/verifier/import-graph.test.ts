import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { pathTo } from '../root.js'

const manifest = JSON.parse(await readFile(pathTo('package.json'), 'utf8')) as { exports: Record<string, { default: string } | string> }
const entries = Object.entries(manifest.exports).flatMap(([name, target]) => name.startsWith('./verifier') && typeof target !== 'string' ? [[name, target.default] as const] : [])

/** What a compiled module imports, statically or not. */
async function importsOf (file: string): Promise<string[]> {
  const found: string[] = []
  function visit (node: ts.Node): void {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) found.push((node.moduleSpecifier as ts.StringLiteral).text)
    if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require')) found.push(node.arguments[0]!.getText())
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, await readFile(file, 'utf8'), ts.ScriptTarget.ESNext, true))
  return found
}

/** Everything that loads with an entry: files of ours, and names of packages and of Node's modules. */
async function reachedFrom (entry: string): Promise<{ files: string[], packages: string[] }> {
  const files = new Set([pathTo(entry)])
  const packages = new Set<string>()
  for (const file of files) {
    for (const name of await importsOf(file)) {
      if (name.startsWith('.')) files.add(join(dirname(file), name))
      else packages.add(name)
    }
  }
  return { files: [...files].map((file) => relative(pathTo('dist'), file)), packages: [...packages].sort() }
}

/** Beside these, an entry may load nothing. Edges have none of Node's modules. */
const NODE: Record<string, string[]> = { './verifier/ws': ['node:http'] }

t.test('no entry of the verifier loads the SDK, Fastify, or anything else that it does not need', async (t) => {
  t.equal(entries.length, 9)
  for (const [name, file] of entries) {
    const { files, packages } = await reachedFrom(file)
    const allowed = ['fastest-levenshtein', 'jose', ...NODE[name] ?? []]
    t.strictSame(packages.filter((one) => !allowed.includes(one)), [], `${name} loads ${packages.join(', ')}`)
    t.strictSame(files.filter((one) => !/^src\/(?:verifier|session|second-factor|account|options|config)\/[\w-]+\.js$|^src\/members\.js$/.test(one)), [], name)
  }
})

t.test('the walk finds what the service itself loads', async (t) => {
  const { packages } = await reachedFrom('dist/src/session/guard.js')
  t.ok(packages.some((name) => name.startsWith('supertokens-node')))
})
