import t from 'tap'
import { NEW_SESSION, openCore, type SessionJson } from './client.js'

t.test('/config asks for no key and tells nobody where it is configured', async (t) => {
  const { get, put } = await openCore(t)
  await put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' })
  t.strictSame((await get('/config?pid=1', { 'api-key': 'wrong' })).body, { status: 'NOT_ALLOWED' })
  t.equal((await get('/config')).text, 'Field name \'pid\' is missing in GET request')
  t.equal((await get('/t1/config?pid=1')).status, 403)
  t.match((await get('/t2/config?pid=1')).text, /tenantId not found/)
})
