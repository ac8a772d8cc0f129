import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { pathTo } from '../root.js'
import { linkPackage } from './start.js'

const run = promisify(execFile)

t.test('the adapters fit the types of their frameworks', async (t) => {
  linkPackage()
  const problems = await run(process.execPath, [pathTo('node_modules/typescript-native/bin/tsc'), '-p', pathTo('examples'), '--pretty', 'false'])
    .then(({ stdout }) => stdout, (err: Error & { stdout: string }) => err.stdout || err.message)
  t.equal(problems, '')
})
