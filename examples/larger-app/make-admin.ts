import { listUsersByAccountInfo, UserRoles } from 'fastify-2fa/supertokens'
import { buildApp } from './src/app.js'
import { readConfig } from './src/config.js'

const [email] = process.argv.slice(2)
if (email === undefined) throw new Error('Say who: npm run make-admin -- alice@example.com')

const app = await buildApp({ config: readConfig() })
await app.ready()
const [user] = await listUsersByAccountInfo('public', { email })
if (user === undefined) throw new Error(`Nobody has signed up as ${email}`)
await UserRoles.addRoleToUser('public', user.id, 'admin')
await app.close()
console.log(`${email} is an admin from their next sign-in on, or in five minutes`)
