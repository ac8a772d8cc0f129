import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { pathTo } from '../root.js'

const UNIT = pathTo('deploy/systemd/fastify-2fa.service')

t.test('systemd knows every line of the unit', async (t) => {
  // Whatever it does not know it names, and goes on.
  const said = execFileSync('sh', ['-c', `systemd-analyze verify "${UNIT}" 2>&1 || true`], { encoding: 'utf8' })
  t.same(said.split('\n').filter((line) => line.includes('fastify-2fa') && !/Command .* is not executable/.test(line)), [])
})

t.test('the unit is confined: little is left that systemd could take away', async (t) => {
  const said = execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=15', UNIT], { encoding: 'utf8' })
  t.match(said, /Overall exposure level for fastify-2fa\.service: 1\.[0-5] OK/)
})

t.test('it starts what the image starts, and waits longer than the service drains', async (t) => {
  const unit = readFileSync(UNIT, 'utf8')
  const [, entry] = /^ENTRYPOINT \["node", "(\S+)"\]$/m.exec(readFileSync(pathTo('Dockerfile'), 'utf8')) ?? []
  t.match(unit, `ExecStart=/usr/bin/node /opt/fastify-2fa/${entry} serve\n`)
  t.match(unit, '\nTimeoutStopSec=30s\n')
})
