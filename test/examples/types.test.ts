import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { pathTo } from '../root.js'

const run = promisify(execFile)

t.test('the adapters fit the types of their frameworks', async (t) => {
  // Says which examples there are, once it has linked the package.
  t.match(await run(process.execPath, [pathTo('scripts/example.js')]).catch((err: unknown) => err), { stderr: /npm run example -- .*verifier-express/ })
  const problems = await run(process.execPath, [pathTo('node_modules/typescript-native/bin/tsc'), '-p', pathTo('examples'), '--pretty', 'false'])
    .then(({ stdout }) => stdout, (err: Error & { stdout: string }) => err.stdout || err.message)
  t.equal(problems, '')
})
