import { buildApp } from './app.js'

const app = await buildApp({}, true)
await app.listen({ port: process.env.PORT ?? 3000 })
console.log(`http://localhost:${app.server.address().port}`)
