import { readFile } from 'node:fs/promises'
import t from 'tap'
import { ATTACKS } from '../../../src/testing/attack-suite/attacks/index.js'
import { pathTo } from '../../root.js'

t.test('docs/attacks.md lists the attacks of the suite for hosts, in their words', async (t) => {
  const page = await readFile(pathTo('docs/attacks.md'), 'utf8')
  const section = page.split(/^## /m).find((text) => text.startsWith('Your app\n')) ?? ''
  const rows = [...section.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, id, threat]) => ({ id, threat }))
  t.strictSame(rows, ATTACKS.map(({ id, threat }) => ({ id, threat })))
})
