import { readFile } from 'node:fs/promises'
import t from 'tap'
import * as errors from '../src/errors.js'
import { pathTo } from './root.js'

t.test('docs/errors.md lists exactly the codes that exist, with their statuses', async (t) => {
  const page = await readFile(pathTo('docs/errors.md'), 'utf8')
  const documented = [...page.matchAll(/^\| `(AUTH_[A-Z0-9_]+)` \| (\d{3}) \|/gm)].map(([, code, status]) => `${code} ${status}`)
  const existing = Object.values(errors).map((create) => {
    const { code, statusCode } = create()
    return `${code} ${statusCode}`
  })
  t.strictSame(documented.toSorted(), existing.toSorted())
})
