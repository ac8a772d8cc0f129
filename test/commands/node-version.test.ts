import { readFileSync } from 'node:fs'
import t from 'tap'
import ts from 'typescript'
import { nodeProblem } from '../../src/commands/node-version.js'
import { pathTo } from '../root.js'

/** What a file loads before its first line runs. */
function staticImports (path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(pathTo(path), 'utf8'), ts.ScriptTarget.Latest)
  return source.statements.flatMap((one) => {
    if (ts.isImportEqualsDeclaration(one)) return [one.getText(source)]
    if (!ts.isImportDeclaration(one) && !ts.isExportDeclaration(one)) return []
    return one.moduleSpecifier === undefined ? [] : [(one.moduleSpecifier as ts.StringLiteral).text]
  })
}

t.test('an old Node gets one line that names the needed version and its own', async (t) => {
  for (const version of ['8.17.0', '18.20.8', '20.0.0', '20.9.0', '20.18.3']) {
    const problem = nodeProblem(version) ?? ''
    t.ok(problem.startsWith(`fastify-2fa needs Node 20.19 or newer; this is Node ${version}. `), version)
    t.notMatch(problem, /\n/)
  }
})

t.test('a Node that is new enough gets none', async (t) => {
  for (const version of ['20.19.0', '20.20.2', '22.0.0', '24.1.0', '100.0.0', '26.0.0-nightly', process.versions.node]) {
    t.equal(nodeProblem(version), undefined, version)
  }
})

t.test('the version is the one of package.json', async (t) => {
  const { engines } = JSON.parse(readFileSync(pathTo('package.json'), 'utf8')) as { engines: { node: string } }
  t.match(nodeProblem('18.0.0'), `needs Node ${engines.node.replace('>=', '')} or newer`)
})

t.test('the command checks the version before it imports anything that an old Node cannot load', async (t) => {
  t.strictSame(staticImports('src/cli.ts'), ['./commands/node-version.js'])
  t.strictSame(staticImports('src/commands/node-version.ts'), [])
  t.ok(staticImports('src/commands/run.ts').includes('node:util'), 'imports are found')
})
