import Fastify from 'fastify'
import { service, type ServiceOptions } from '../../src/app.js'
import './patience.js'

/** One replica of the service, in a process of its own since the SDK is one per process. Ends with its parent. */
const options = JSON.parse(process.argv[2]!) as ServiceOptions
const app = Fastify({ logger: false, trustProxy: true })
await app.register(service, { maxEventLoopDelay: 0, ...options })
process.send!(await app.listen({ host: '127.0.0.1', port: 0 }))
process.on('disconnect', () => { process.exit() })
