import t from 'tap'
import { clientOf } from './client.js'
import { startNginx } from './nginx.js'
import { startService, startShop } from './stage.js'
import { proxyStory } from './story.js'

const [{ app, port: auth }, { port: shop, arrived }] = [await startService(t), await startShop(t)]
const port = await startNginx(t.testdir(), { auth, shop })

await proxyStory({ name: 'nginx', app, arrived, client: clientOf(port) })
